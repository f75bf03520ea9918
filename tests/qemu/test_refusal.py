"""Every kind of bad ELF is refused with its sentence, and the loader goes on.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import re
import subprocess

from bad_elf import MISPLACED, SPOILT, fixed_at, spoil
from cases import STARTING, Case, built_bytes
from machine import BUILD


def test_name(text):
    return "test_" + re.sub(r"[^a-z0-9]+", "_", text.lower())


class TestRefusal(Case):
    """One test per kind, made below from the lists: refused, then a good one starts."""

    def check(self, how, sentence):
        good = built_bytes("hello.elf")
        bad = spoil(good, how)
        self.assertNotEqual(bad, good, "nothing was spoilt")
        self.offer("hello.elf", bad)
        machine = self.boot_with_user_network("hello.elf", arguments="pilot.exit=off")
        refused = machine.wait_for(r"(loader|network): tftp://\S+: (refused|the file is)")
        self.assertRegex(machine.lines[refused.number], sentence)
        self.assertFalse(machine.has_line(STARTING), machine.log())
        self.offer("hello.elf", good)
        machine.wait_for(STARTING, 60, since=refused.after)
        self.assertEqual(machine.wait_for_end(), 0)

    def test_one_that_is_fixed_where_it_was_linked_starts(self):
        """Else those that are fixed elsewhere could be refused for the wrong reason."""
        self.offer("hello.elf", spoil(built_bytes("hello.elf"), fixed_at(0x200000)))
        machine = self.boot_with_user_network("hello.elf", arguments="pilot.exit=off")
        machine.wait_for(STARTING)
        machine.wait_for("the service ended with status 0")


for _name, _how, _sentence in SPOILT + MISPLACED:
    def _test(self, how=_how, sentence=_sentence):
        self.check(how, sentence)

    setattr(TestRefusal, test_name(f"{_name} is refused"), _test)


class TestInfo(Case):
    """`pilot info` says the same without a machine."""

    def info(self, content):
        path = os.path.join(self.folder, "some.elf")
        with open(path, "wb") as out:
            out.write(content)
        return subprocess.run([os.path.join(BUILD, "pilot"), "info", path], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=30, check=False)

    def test_a_good_one_is_accepted_with_its_note(self):
        result = self.info(built_bytes("dns.elf"))
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertRegex(result.stdout, r"(?m)^service +dns \d+\.\d+\.\d+$")
        self.assertRegex(result.stdout, r"(?m)^sealed +\d+ bytes")
        self.assertRegex(result.stdout, r"(?m)^accepted$")

    def test_a_bad_one_is_refused_in_the_same_words(self):
        good = built_bytes("hello.elf")
        for name, how, sentence in SPOILT:
            with self.subTest(name):
                result = self.info(spoil(good, how))
                self.assertEqual(result.returncode, 1, result.stdout)
                self.assertRegex(result.stdout, r"(?m)^refused .*" + f"({sentence})")
