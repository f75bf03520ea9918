#!/usr/bin/env python3
"""check_sizes: files and functions stay short enough to be read at a sitting.

A file warns from 400 lines on and fails from 800, a function from 60 and from 100. In C
a function's body is what stands between braces in the first column: the project's
format guarantees it (check_format.py).

SPDX-License-Identifier: BSD-2-Clause
"""
import ast
import re
import sys

import lint

FILE_WARN, FILE_FAIL = 400, 800
FUNCTION_WARN, FUNCTION_FAIL = 60, 100


def c_functions(text):
    """(name, first line, lines), from the line with the name to the closing brace."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line != "{":
            continue
        first = number
        while first > 0 and lines[first - 1].strip() and not re.match(r"[}#]|.*\*/$", lines[first - 1]):
            first -= 1
        end = number
        while end < len(lines) - 1 and lines[end] != "}":
            end += 1
        name = re.search(r"(\w+)\(", "\n".join(lines[first:number]))
        yield name[1] if name else "(function)", first + 1, end - first + 1


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def judge(place, what, lines, warn, fail):
    if lines > fail:
        return [f"{place}: {what} has {lines} lines, more than {fail}"]
    if lines > warn:
        return [f"warning: {place}: {what} has {lines} lines, more than {warn}"]
    return []


def check(tree):
    complaints = []
    for path, text in tree.items():
        complaints += judge(path, "the file", text.count("\n"), FILE_WARN, FILE_FAIL)
        functions = python_functions if path.endswith(".py") else c_functions
        if path.endswith(".S"):
            continue
        for name, first, lines in functions(text):
            complaints += judge(f"{path}:{first}", name, lines, FUNCTION_WARN, FUNCTION_FAIL)
    return complaints


def function(lines):
    return "int first(int a,\n          int b)\n{\n" + "    a++;\n" * (lines - 4) + "}\n"


CLEAN = {"lib/a.c": function(60) + "\n" + function(60), "tests/a.py": "def f():\n    pass\n",
         "lib/a.h": "x\n" * 400}
VIOLATIONS = {
    "a long file": ({"lib/b.h": "x\n" * 801}, "lib/b.h: the file has 801 lines"),
    "a longish file": ({"lib/b.h": "x\n" * 401}, "warning: lib/b.h"),
    "a long function": ({"lib/b.c": function(20) + "\n" + function(101)},
                        "lib/b.c:22: first has 101 lines"),
    "a longish function": ({"lib/b.c": function(61)}, "warning: lib/b.c:1: first has 61 lines"),
    "a long Python function": ({"tests/b.py": "def f():\n" + "    pass\n" * 100}, "f has 101 lines"),
}

if __name__ == "__main__":
    sys.exit(lint.main(check, lambda: lint.read_tree(".c", ".h", ".S", ".py"), VIOLATIONS, CLEAN))
