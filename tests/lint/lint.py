"""lint: what the checkers share.

A checker is a function from a tree - a dict of path to text - to a list of complaints
"path:line: what". So it runs on the repository and, in its self-test, on small trees
with a planted violation that it must find, and on a clean one where it must be silent.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read_tree(*endings):
    """All files git knows of or would add, whose name ends so."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
                            cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout.decode()
    tree = {}
    for path in sorted(set(listed.split("\0"))):
        if path.endswith(endings) and os.path.isfile(os.path.join(ROOT, path)):
            with open(os.path.join(ROOT, path), encoding="utf-8") as source:
                tree[path] = source.read()
    return tree


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def without_comments(text):
    """Comments as blanks; lines and columns stay. Strings are left alone."""
    pattern = r'("(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')|/\*.*?\*/|//[^\n]*'
    return re.sub(pattern, lambda m: m.group() if m.group(1) else blank(m), text, flags=re.S)


def code_only(text):
    """Comments and the insides of strings as blanks."""
    text = without_comments(text)
    return re.sub(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def main(check, tree, violations, clean):
    """violations: {name: (tree, a part of the complaint it must cause)}."""
    if sys.argv[1:] == ["--self-test"]:
        failures = [f"finds {complaint!r} in the clean example" for complaint in check(clean)]
        for name, (planted, expected) in violations.items():
            complaints = check({**clean, **planted})
            if not any(expected in complaint for complaint in complaints):
                failures.append(f"does not find {name}: {expected!r} is not among {complaints}")
        print("\n".join(failures) or f"{len(violations)} planted violations found")
        return 1 if failures else 0
    complaints = check(tree())
    failed = [complaint for complaint in complaints if not complaint.startswith("warning: ")]
    print("\n".join(complaints))
    return 1 if failed else 0
