#!/usr/bin/env python3
"""check_format: our C files are as clang-format and .clang-format have it.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import subprocess
import sys
import tempfile

import lint

# One version: another one has other opinions.
PROGRAM = "clang-format-14"


def check(tree):
    with tempfile.TemporaryDirectory() as root:
        with open(os.path.join(lint.ROOT, ".clang-format"), encoding="utf-8") as style:
            tree = {".clang-format": style.read(), **tree}
        for path, text in tree.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as out:
                out.write(text)
        complaints = []
        for path in tree:
            if path == ".clang-format":
                continue
            result = subprocess.run([PROGRAM, "--dry-run", "-Werror", path], cwd=root, text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            if result.returncode != 0:
                complaints.append(result.stdout.split("\n")[0] + " (make format)")
        return complaints


CLEAN = {"lib/a.c": "int f(int a)\n{\n    return a + 1;\n}\n"}
VIOLATIONS = {
    "a wrong indentation": ({"lib/b.c": "int f(int a)\n{\n  return a;\n}\n"}, "lib/b.c:"),
    "a brace on the line": ({"lib/b.h": "static inline int f(int a) {\n    return a;\n}\n"}, "lib/b.h:"),
}

if __name__ == "__main__":
    sys.exit(lint.main(check, lambda: lint.read_tree(".c", ".h"), VIOLATIONS, CLEAN))
