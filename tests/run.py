#!/usr/bin/env python3
"""run: runs groups of tests and ends with one line, `N passed, N failed`.

    tests/run.py lint unit qemu         whole groups
    tests/run.py unit/test_elf          one program: GROUP/part of its name
    tests/run.py -v ...                 every test by name, how long each program took, output of
                                        failed programs

Every program speaks TAP to this one: cmocka does by itself, Python tests through
--unittest below. A program that crashes, takes too long, ends before its plan is
fulfilled or runs no test at all counts as one more failure, and so does a test that is
skipped: what was not tried does not hold. Exit status 1 if anything failed. What a program
says in lines `# figure: ...` is shown whether its tests pass or not.

Tests with a network namespace need root. Without it this program starts itself again
through sudo, once, and gives the user's rights back to every program but those.

SPDX-License-Identifier: BSD-2-Clause
"""
import concurrent.futures
import glob
import os
import re
import signal
import subprocess
import sys
import time
import traceback
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
AT_ONCE = 2
FIGURE = "# figure:"        # what a test measured, to be seen
LIMIT_S = {"lint": 300, "unit": 300, "qemu": 600}


class Program:
    """One process with tests in it."""

    def __init__(self, group, name, command, missing=None, status_only=False, needs_root=False):
        self.group, self.name, self.command = group, name, command
        self.missing = missing          # why it cannot be run, if so
        self.status_only = status_only  # the exit status is its one test
        self.needs_root = needs_root
        self.passed, self.failed = [], []
        self.seconds = 0

    @property
    def title(self):
        return f"{self.group}/{self.name}"


def lint_programs():
    for path in sorted(glob.glob("tests/lint/check_*.py")):
        name = os.path.basename(path)[:-3]
        yield Program("lint", name, [sys.executable, path], status_only=True)
        yield Program("lint", name + " --self-test", [sys.executable, path, "--self-test"],
                      status_only=True)


def unit_programs():
    for path in sorted(glob.glob("tests/unit/test_*.c") + glob.glob("tests/contract/test_*.c")):
        binary = "build/" + path[:-2]
        yield Program("unit", os.path.basename(binary), [binary],
                      missing=None if os.path.exists(binary) else f"{binary} is not built")
    for path in sorted(glob.glob("tests/fuzz/fuzz_*.c")):
        name = os.path.basename(path)[5:-2]
        binary, corpus = f"build/tests/fuzz/replay_{name}", f"tests/fuzz/corpus/{name}"
        missing = None
        if not os.path.exists(binary):
            missing = f"{binary} is not built"
        elif not os.path.isdir(corpus) or not os.listdir(corpus):
            missing = f"{corpus} holds no inputs"
        yield Program("unit", f"replay_{name}", [binary, corpus], missing, status_only=True)
    yield from python_programs("unit", "tests/host")


def load_tests(path):
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    return unittest.defaultTestLoader.loadTestsFromName(os.path.basename(path)[:-3])


def needs_root(path, name):
    """Whether that class of tests says so. A module that cannot be imported will tell why
    when it is run."""
    load_tests(path)
    module = sys.modules.get(os.path.basename(path)[:-3])
    return getattr(getattr(module, name, None), "needs_root", False)


def python_programs(group, folder):
    """One program per class: what is slow can then run beside what is short."""
    for path in sorted(glob.glob(f"{folder}/test_*.py")):
        file = os.path.basename(path)[:-3]
        with open(path, encoding="utf-8") as source:
            classes = re.findall(r"^class (Test\w*)\(", source.read(), re.M)
        for name in classes:
            yield Program(group, f"{file}.{name}",
                          [sys.executable, os.path.abspath(__file__), "--unittest", path, name],
                          needs_root=needs_root(path, name))
        if not classes:
            yield Program(group, file, [], f"{path} has no class Test...")


def qemu_programs():
    # Slow ones first, so that they do not stand alone at the end.
    return sorted(python_programs("qemu", "tests/qemu"),
                  key=lambda program: "Loss" not in program.name)


GROUPS = {"lint": lint_programs, "unit": unit_programs, "qemu": qemu_programs}


def stop(process):
    """Ends a program of ours and whatever it started in its own session."""
    for signum in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, signum)
            process.wait(5)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


class User:
    """Who asked for root: the programs that can do without are run as this user."""

    def __init__(self, text):
        identity, *groups = map(int, text.split(","))
        self.rights = {"user": identity, "group": groups[0], "extra_groups": groups}

    @staticmethod
    def text():
        return ",".join(map(str, [os.getuid(), os.getgid(), *os.getgroups()]))


def become_root(arguments):
    """Starts this program again with root's rights. Returns, with the reason, only if
    that cannot be; the tests that need them then fail with theirs."""
    may_ask = [] if sys.stdin.isatty() else ["-n"]
    try:
        # First to see whether it will do: what replaces this process cannot come back.
        result = subprocess.run(["sudo", *may_ask, "true"], stdout=subprocess.DEVNULL, check=False,
                                stderr=None if not may_ask else subprocess.PIPE, text=True)
    except OSError as error:
        return f"cannot run sudo: {error.strerror}"
    if result.returncode != 0:
        return (result.stderr or "sudo refuses").strip()
    sys.stdout.flush()
    os.execvp("sudo", ["sudo", *may_ask, sys.executable, os.path.abspath(__file__), "--for-user",
                       User.text(), *arguments])


def run(program, user):
    if program.missing:
        program.failed.append(("(start)", program.missing))
        return ""
    began = time.monotonic()
    environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", PYTHONDONTWRITEBYTECODE="1",
                       ASAN_OPTIONS="abort_on_error=0:detect_leaks=1")
    try:
        process = subprocess.Popen(program.command, stdin=subprocess.DEVNULL, cwd=ROOT,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   env=environment, start_new_session=True,
                                   **(user.rights if user and not program.needs_root else {}))
    except (OSError, subprocess.SubprocessError) as error:
        program.failed.append(("(start)", str(error)))
        return ""
    try:
        output = process.communicate(timeout=LIMIT_S[program.group])[0]
        reason = None
    except subprocess.TimeoutExpired:
        stop(process)
        output = process.communicate()[0]
        reason = f"did not end within {LIMIT_S[program.group]} s"
    program.seconds = time.monotonic() - began
    output = output.decode("utf-8", "replace")
    if reason is None and process.returncode < 0:
        reason = "ended by " + signal.Signals(-process.returncode).name
    if program.status_only:
        judge_status(program, process.returncode, reason, output)
    else:
        judge_tap(program, process.returncode, reason, output)
    return output


def judge_status(program, status, reason, output):
    if status == 0 and reason is None:
        program.passed.append(program.name)
        return
    lines = [line for line in output.splitlines() if line.strip()]
    if program.group == "lint":     # warnings are reported apart
        lines = [line for line in lines if not line.startswith("warning: ")]
    if program.group == "lint" and reason is None:
        program.failed.append((program.name, "\n    ".join(lines) or f"exit status {status}"))
    else:
        program.failed.append((program.name, reason or first_report(lines, status)))


def first_report(lines, status):
    """The line of a sanitizer or an assertion, else the last one."""
    for line in lines:
        if re.search(r"ERROR: \w+Sanitizer|runtime error:|Assert", line):
            return line.strip()
    return f"exit status {status}: {lines[-1] if lines else 'no output'}"


def judge_tap(program, status, reason, output):
    planned, test_numbers, notes = None, 0, []
    for line in output.splitlines():
        plan = re.fullmatch(r"1\.\.(\d+)\s*", line)
        result = re.match(r"(not )?ok\b\s*\d*\s*(?:-\s*)?(.*)", line)
        if plan:
            planned = (planned or 0) + int(plan[1])
        elif result:
            test_numbers += 1
            name, _, skip = result[2].partition("# SKIP")
            if skip or "# SKIP" in line:
                program.failed.append((name.strip() or skip.strip(),
                                       "skipped: " + (skip.strip() or "no reason")))
            elif result[1]:
                program.failed.append([name.strip(), "; ".join(notes[-3:])])
            else:
                program.passed.append(name.strip())
            notes = []
        elif line.startswith("#") and not line.startswith(("#!", FIGURE)):
            # cmocka explains a failure behind its line, others may do so before it.
            text = line.lstrip("# ").strip()
            if program.failed and not notes and text and not program.failed[-1][1]:
                program.failed[-1][1] = text
            elif text:
                notes.append(text)
    if reason is None and planned is None:
        reason = "printed no test plan"
    elif reason is None and test_numbers == 0:
        reason = "ran no tests"
    elif reason is None and test_numbers != planned:
        reason = f"ended after {test_numbers} of {planned} tests"
    elif reason is None and status != 0 and not program.failed:
        reason = "no test failed, yet the exit status says so"
    if reason:
        report = first_report([line for line in output.splitlines() if line.strip()], status)
        program.failed.append(("(program)", f"{reason}: {report}"))


class TapResult(unittest.TestResult):
    """Prints unittest's results as TAP, each at once."""

    number = 0

    def say(self, verdict, test, note=""):
        self.number += 1
        print(f"{verdict} {self.number} - {getattr(test, '_testMethodName', test)}{note}", flush=True)

    def explain(self, error):
        for line in traceback.format_exception(*error):
            print("#!", line.rstrip().replace("\n", "\n#! "))
        print("#", str(error[1]).strip().replace("\n", " | ") or error[0].__name__, flush=True)

    def addSuccess(self, test):
        self.say("ok", test)

    def addError(self, test, err):
        super().addError(test, err)
        self.say("not ok", test)
        self.explain(err)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.say("not ok", test)
        self.explain(err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.failed_parts.append((subtest, err))

    def startTest(self, test):
        super().startTest(test)
        self.failed_parts = []

    def stopTest(self, test):
        # A test counts once, however many of its parts failed.
        super().stopTest(test)
        if self.failed_parts:
            self.say("not ok", test)
        for subtest, error in self.failed_parts:
            print("#! in", subtest._subDescription())
            self.explain(error)

    def addSkip(self, test, reason):
        self.say("ok", test, f" # SKIP {reason}")

    def addExpectedFailure(self, test, err):
        self.say("not ok", test, " expected to fail, which is no result")


def run_unittest(path, name):
    suite = load_tests(path)
    tests = []

    def collect(items):
        for item in items:
            if isinstance(item, unittest.TestSuite):
                collect(item)
            elif type(item).__name__ in (name, "_FailedTest"):
                tests.append(item)

    collect(suite)
    print(f"1..{len(tests)}", flush=True)
    result = TapResult()
    unittest.TestSuite(tests).run(result)
    return 0 if result.wasSuccessful() else 1


def report(program, output, verbose):
    counts = f"{len(program.passed)} passed"
    if program.failed:
        counts += f", {len(program.failed)} failed"
    if verbose:
        counts += f", {program.seconds:.1f} s"
    print(f"{program.title}: {counts}")
    if verbose:
        for name in program.passed:
            print(f"  passed {name}")
    for line in output.splitlines():
        if program.group == "lint" and line.startswith("warning: "):
            print(" ", line)
        elif program.group != "lint" and line.startswith(FIGURE):
            print(" ", line[len(FIGURE):].strip())
    for name, reason in program.failed:
        print(f"  FAILED {program.title}: {name}: {reason}")
    if verbose and program.failed:
        print(output)
    sys.stdout.flush()


def main(arguments):
    os.chdir(ROOT)
    if arguments[:1] == ["--unittest"]:
        return run_unittest(arguments[1], arguments[2])
    user = None
    if arguments[:1] == ["--for-user"]:
        user = User(arguments[1])
        arguments = arguments[2:]
    verbose = "-v" in arguments
    wanted = [argument for argument in arguments if argument != "-v"] or list(GROUPS)
    programs = []
    for argument in wanted:
        group, _, part = argument.partition("/")
        if group not in GROUPS:
            print(f"run: {group} is no group; there are {', '.join(GROUPS)}", file=sys.stderr)
            return 2
        chosen = [program for program in GROUPS[group]() if part in program.name]
        if not chosen:
            chosen = [Program(group, part or "(all)", [], f"there are no tests {argument}")]
        programs += chosen
    if os.geteuid() != 0 and any(program.needs_root for program in programs):
        print("run: without root, tests with a network namespace will fail:", become_root(arguments))
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        futures = {pool.submit(run, program, user): program for program in programs}
        for future in concurrent.futures.as_completed(futures):
            report(futures[future], future.result(), verbose)
    passed = sum(len(program.passed) for program in programs)
    failed = sum(len(program.failed) for program in programs)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(sys.argv[1:]))
