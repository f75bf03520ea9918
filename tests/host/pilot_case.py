"""pilot_case: the pilot command against a fake board, for the tests of its commands.

The command is built here with sanitizers, once: what a board sends is not to be trusted.

SPDX-License-Identifier: BSD-2-Clause
"""
import contextlib
import fcntl
import os
import re
import select
import shutil
import struct
import subprocess
import tempfile
import time
import unittest

from fake_board import FakeBoard

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILT = os.path.join(ROOT, "build", "tests", "pilot")
DEADLINE_S = 30


def build():
    """The checked pilot command; programs of tests that run at once build it one after the
    other, and the second finds it built."""
    os.makedirs(os.path.dirname(BUILT), exist_ok=True)
    with open(BUILT + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Of a make that runs these tests nothing is to be inherited.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        result = subprocess.run(["make", "-s", "-C", ROOT, "-j2", "build/tests/pilot"], text=True, check=False,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env=environment, timeout=170)
        if result.returncode != 0:
            raise AssertionError("the pilot command does not compile: " + result.stdout[:800])
    return BUILT


class Running:
    """A pilot command that goes on; its output as it comes."""

    def __init__(self, command, environment, folder):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env=environment, cwd=folder)
        self.output = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.output += self.process.communicate()[0].decode("latin-1")
        if "Sanitizer" in self.output or "runtime error" in self.output:
            raise AssertionError(self.output)

    def wait_for(self, pattern, times=1):
        deadline = time.monotonic() + DEADLINE_S
        while len(re.findall(pattern, self.output)) < times:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise AssertionError(f"no {pattern!r} (times {times}) from pilot: {self.output[-1500:]!r}")
            part = os.read(self.process.stdout.fileno(), 65536)
            if not part:
                raise AssertionError(f"pilot ended without {pattern!r}: {self.output[-1500:]!r}")
            self.output += part.decode("latin-1")
        return re.search(pattern, self.output)


class PilotCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        build()

    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.folder = self.stack.enter_context(tempfile.TemporaryDirectory(prefix="pilotlight-"))
        self.temporary = self.path("temporary")
        os.mkdir(self.temporary)
        self.pilot_path = BUILT

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, content):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(content if isinstance(content, bytes) else content.encode())
        return path

    def board(self, **status):
        return self.stack.enter_context(FakeBoard(**status))

    def environment(self):
        return dict(os.environ, TMPDIR=self.temporary, LC_ALL="C")

    def pilot(self, *arguments, status=0):
        result = subprocess.run([self.pilot_path, *arguments], stdin=subprocess.DEVNULL, cwd=self.folder,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                                timeout=DEADLINE_S, env=self.environment())
        output, errors = result.stdout.decode("latin-1"), result.stderr.decode("latin-1")
        self.assertEqual(result.returncode, status, output + errors)
        if status == 0:
            self.assertEqual(errors, "")
        else:
            self.assertRegex(errors, r"\Apilot: [\x20-\x7e]*\n\Z", "one clean sentence")
        self.assertNotRegex(output, r"[^\x20-\x7e\n]")
        return output if status == 0 else errors

    def start(self, *arguments):
        return self.stack.enter_context(
            Running([self.pilot_path, *arguments], self.environment(), self.folder))

    def project(self, makefile="all:\n"):
        """A folder laid out like the project, with a pilot in its build/."""
        os.mkdir(self.path("build"))
        shutil.copy(BUILT, self.path("build", "pilot"))
        self.pilot_path = self.path("build", "pilot")
        self.write("Makefile", makefile)


def sample_elf(name="dns", version="1.4.2", size=3000, fill=b"\x1f\x20\x03\xd5", counter=0):
    """The smallest ELF file that passes for a service."""
    note = struct.pack("<IIIIQII32s16sII", 1, 0, counter, 4096, 0, 0, 0, name.encode(), version.encode(), 0, 0)
    note = struct.pack("<III12s", 11, len(note), 1, b"pilotlight\0") + note
    code = (fill * size)[:size]
    code_at = 4096
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 183, 1, 0x200000, 64, 0, 0, 64, 56, 2,
                         0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 5, code_at, 0x200000, 0x200000, size, size, 4096)
    notes = struct.pack("<IIQQQQQQ", 4, 4, 176, 0, 0, len(note), len(note), 4)
    return (header + load + notes + note).ljust(code_at, b"\0") + code


def sample_version(content):
    """Of one made by the above."""
    return bytes(content[264:280]).split(b"\0")[0].decode()
