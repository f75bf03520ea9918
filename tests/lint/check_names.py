#!/usr/bin/env python3
"""check_names: words that may not stand where they stand.

 - macros with TEST or SIM in them: the simulator is a board, the product knows no test
 - volatile outside the one file that touches registers (asm volatile is another thing)
 - allocation in loader, drivers and net: their memory is laid out when they are built
 - work left to do: it goes into an issue, with a name
 - a file without its licence line

SPDX-License-Identifier: BSD-2-Clause
"""
import re
import sys

import lint

REGISTER_FILES = {"board/aarch64/mmio.c"}
# Words split so that this file does not find itself.
UNFINISHED = r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b"
LICENCE = "SPDX-License-" "Identifier: BSD-2-Clause"


def find(path, text, pattern, what):
    return [f"{path}:{lint.line_of(text, match.start())}: {match.group().strip()}: {what}"
            for match in re.finditer(pattern, text, re.M)]


def check_product(path, text):
    """Rules for C and assembly outside tests/."""
    code = lint.code_only(text)
    complaints = find(path, code,
                      r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|define)\b.*\b([A-Z0-9]+_)*_*(TEST|SIM)(_\w*)?\b.*",
                      "the product knows nothing of tests and simulators")
    if path not in REGISTER_FILES:
        complaints += find(path, code, r"(?<!asm )(?<!asm__ )\bvolatile\b",
                           "registers are touched in " + ", ".join(REGISTER_FILES) + " only")
    if path.startswith(("loader/", "drivers/", "net/")):
        complaints += find(path, code, r"\b(malloc|calloc|realloc|free|alloca|strdup)\s*\(",
                           "no allocation in loader, drivers and net")
    return complaints


def check(tree):
    complaints = []
    for path, text in tree.items():
        complaints += find(path, text, UNFINISHED, "work left to do belongs into an issue")
        if LICENCE not in text:
            complaints.append(f"{path}:1: no line {LICENCE}")
        if path.endswith((".c", ".h", ".S")) and not path.startswith(("tests/", "host/")):
            complaints += check_product(path, text)
    return complaints


HEAD = f"/* {LICENCE} */\n"
CLEAN = {
    "lib/a.c": HEAD + '/* volatile */\n#define LATEST_SIMPLE 1\nasm volatile("nop");\n',
    "board/aarch64/mmio.c": HEAD + "*(volatile int *)address = 1;\n",
    "tests/sim/a.c": HEAD + "#ifdef SIM_TRACE\nvolatile int x = malloc(1);\n",
    "kernel/heap.c": HEAD + "free(x);\n",
    "loader/a.c": HEAD + 'log_line("loader", "free (%d)", memory_free(x));\n',
}
VIOLATIONS = {
    "a test macro": ({"lib/b.c": HEAD + "#ifdef UNIT_TEST\n"}, "lib/b.c:2: #ifdef UNIT_TEST"),
    "a simulator macro": ({"drivers/b.c": HEAD + "#if defined(SIM_BOARD)\n"}, "drivers/b.c:2"),
    "volatile": ({"drivers/b.c": HEAD + "static volatile int x;\n"}, "drivers/b.c:2: volatile"),
    "malloc": ({"net/b.c": HEAD + "x = malloc(4);\n"}, "net/b.c:2: malloc("),
    "free": ({"loader/b.c": HEAD + "free(x);\n"}, "loader/b.c:2: free("),
    "unfinished work": ({"lib/b.c": HEAD + "/* TO" "DO: later */\n"}, "lib/b.c:2"),
    "no licence": ({"lib/b.c": "int x;\n"}, "lib/b.c:1: no line"),
}

if __name__ == "__main__":
    sys.exit(lint.main(check, lambda: lint.read_tree(".c", ".h", ".S", ".py", ".sh", ".ld", ".dts"),
                       VIOLATIONS, CLEAN))
