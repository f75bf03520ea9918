#!/usr/bin/env python3
"""check_conditionals: no conditional compilation in .c and .S files.

Variation is another file, another board, or an ordinary `if` on a constant. Where a
conditional cannot be avoided, the comment that ends on the line above it says why and
holds the word `lint:`. In a header the include guard is the one conditional allowed
without such a comment; files that configure third-party code are theirs to shape.

SPDX-License-Identifier: BSD-2-Clause
"""
import re
import sys

import lint

CONFIGURATION = ("net/lwip/", "loader/fatfs/", "loader/sodium/")


def is_argued(lines, number):
    """Does the comment right above the line say why?"""
    above = number - 1
    if above < 0 or not lines[above].rstrip().endswith("*/"):
        return False
    while above > 0 and "/*" not in lines[above]:
        above -= 1
    return "lint:" in "\n".join(lines[above:number])


def is_guard(lines, number):
    opened = re.match(r"\s*#\s*ifndef\s+(\w+_H)\s*$", lines[number])
    return bool(opened) and re.match(rf"\s*#\s*define\s+{opened[1]}\s*$", lines[number + 1])


def check(tree):
    complaints = []
    for path, text in tree.items():
        if path.startswith(CONFIGURATION):
            continue
        lines = text.split("\n")
        code = lint.without_comments(text).split("\n")
        guards = 0
        for number, line in enumerate(code):
            if not re.match(r"\s*#\s*(if|ifdef|ifndef|elif|elifdef|else)\b", line):
                continue
            if path.endswith(".h") and not guards and is_guard(code, number):
                guards += 1
            elif not is_argued(lines, number):
                complaints.append(f"{path}:{number + 1}: {line.strip()}: conditional compilation "
                                  "without an argument (a comment above with `lint:`)")
        if path.endswith(".h") and not guards:
            complaints.append(f"{path}:1: the header has no include guard NAME_H")
    return complaints


CLEAN = {
    "lib/a.c": "int a;\n/* lint: the compiler has no other way\n   to tell. */\n#ifdef __OPTIMIZE__\n"
               "#endif\n/* #if 0 */\n",
    "lib/a.h": "/* a */\n#ifndef A_H\n#define A_H\nint a;\n#endif\n",
    "net/lwip/lwipopts.h": "#if X\n#endif\n",
}
VIOLATIONS = {
    "#if": ({"lib/b.c": "\n#if 0\n#endif\n"}, "lib/b.c:2: #if 0"),
    "#ifdef with spaces": ({"lib/b.c": "  #  ifdef X\n# endif\n"}, "lib/b.c:1"),
    "an #else of an argued #if": ({"lib/b.c": "/* lint: why */\n#if X\n#else\n#endif\n"}, "lib/b.c:3"),
    "a comment that argues nothing": ({"lib/b.c": "/* why not */\n#if X\n#endif\n"}, "lib/b.c:2"),
    "a second conditional in a header": (
        {"lib/b.h": "#ifndef B_H\n#define B_H\n#ifdef X\n#endif\n#endif\n"}, "lib/b.h:3"),
    "no guard": ({"lib/b.h": "int a;\n"}, "no include guard"),
    "assembly": ({"board/a.S": "#ifdef X\n#endif\n"}, "board/a.S:1"),
}

if __name__ == "__main__":
    sys.exit(lint.main(check, lambda: lint.read_tree(".c", ".h", ".S"), VIOLATIONS, CLEAN))
