#!/usr/bin/env python3
"""check_runner: tests/run.py counts as failed what must not pass for a success.

It is given programs that fail in every way it knows, and must find each. (This checker
looks at no sources; its self-test is the same run with a runner that has been spoilt.)

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import re
import subprocess
import sys
import tempfile

import lint

# name: (what the program does, part of the line the runner must print about it)
PROGRAMS = {
    "test_good": ("echo 1..2; echo ok 1 - a; echo ok 2 - b", "unit/test_good: 2 passed\n"),
    "test_figure": ("echo 1..1; echo '# figure: 7 of 9'; echo ok 1 - a",
                    "unit/test_figure: 1 passed\n  7 of 9\n"),
    "test_bad": ("echo 1..1; echo not ok 1 - a; echo '# why'; exit 1", "FAILED unit/test_bad: a: why"),
    "test_crash": ("echo 1..2; echo ok 1 - a; kill -SEGV $$", "FAILED unit/test_crash: (program): ended by SIGSEGV"),
    "test_short": ("echo 1..3; echo ok 1 - a", "test_short: (program): ended after 1 of 3 tests"),
    "test_empty": ("echo 1..0", "test_empty: (program): ran no tests"),
    "test_silent": ("exit 0", "test_silent: (program): printed no test plan"),
    "test_status": ("echo 1..1; echo ok 1 - a; exit 3", "test_status: (program): no test failed, yet"),
    "test_slow": ("echo 1..1; echo ok 1 - a; exec sleep 60", "test_slow: (program): did not end within 1 s"),
    "test_skip": ("echo 1..1; echo 'ok 1 - a # SKIP no root'", "FAILED unit/test_skip: a: skipped: no root"),
}
UNBUILT = "FAILED unit/test_unbuilt: (start): build/tests/unit/test_unbuilt is not built"
LAST = "7 passed, 9 failed\n"


def run_with(runner):
    with tempfile.TemporaryDirectory() as root:
        for folder in ("tests/unit", "build/tests/unit"):
            os.makedirs(os.path.join(root, folder))
        for name in list(PROGRAMS) + ["test_unbuilt"]:
            with open(os.path.join(root, f"tests/unit/{name}.c"), "w", encoding="utf-8"):
                pass
        for name, (script, _) in PROGRAMS.items():
            path = os.path.join(root, f"build/tests/unit/{name}")
            with open(path, "w", encoding="utf-8") as out:
                out.write(f"#!/bin/sh\n{script}\n")
            os.chmod(path, 0o755)
        with open(os.path.join(root, "tests/run.py"), "w", encoding="utf-8") as out:
            out.write(re.sub(r'"unit": \d+', '"unit": 1', runner))
        return subprocess.run([sys.executable, os.path.join(root, "tests/run.py"), "unit"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
                              check=False)


def check(tree):
    result = run_with(tree["tests/run.py"])
    expected = [line for _, line in PROGRAMS.values()] + [UNBUILT]
    complaints = [f"tests/run.py: does not print {line!r}" for line in expected
                  if line not in result.stdout]
    if not result.stdout.endswith("\n" + LAST):
        complaints.append(f"tests/run.py: ends with {result.stdout.splitlines()[-1:]}, not {LAST!r}")
    if result.returncode != 1:
        complaints.append(f"tests/run.py: exit status {result.returncode} although tests failed")
    return complaints


def read_runner():
    return lint.read_tree("tests/run.py")


def spoilt(old, new):
    text = read_runner()["tests/run.py"]
    return {"tests/run.py": text.replace(old, new) if old in text else "raise SystemExit"}


VIOLATIONS = {
    "a runner that ignores the plan": (spoilt("test_numbers != planned", "False"), "ended after 1 of 3"),
    "a runner that ignores crashes": (spoilt("process.returncode < 0", "False"), "ended by SIGSEGV"),
    "a runner that forgives what is skipped": (spoilt('"skipped: "', '"passed: "'), "a: skipped: no root"),
    "a runner that keeps figures to itself": (spoilt('FIGURE = "# figure:"', 'FIGURE = "# no figure:"'),
                                              "7 of 9"),
    "a runner that always succeeds": (spoilt("return 1 if failed or not passed", "return 0 if failed"),
                                      "exit status 0"),
}

if __name__ == "__main__":
    sys.exit(lint.main(check, read_runner, VIOLATIONS, read_runner()))
