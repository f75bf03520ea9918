"""The loader's own memory, changed by nobody it could know: noticed before it takes the machine
back.

SPDX-License-Identifier: BSD-2-Clause
"""
import subprocess

from cases import READY, STARTING, built_bytes
from guard_case import LOADER, GuardCase
from machine import built

CHANGED = "guard: the loader's own memory has changed: the machine resets now"
FUNCTION = "fat_volume_mount"           # not needed before the next boot
CONSTANT = b"built without keys"        # said at a boot only
WORD_BYTES = 4


def function_offset(name):
    """In the loader's image, which is linked at 0."""
    listed = subprocess.run(["aarch64-linux-gnu-nm", built("loader.elf")], stdout=subprocess.PIPE,
                            text=True, timeout=30, check=True).stdout
    return next(int(line.split()[0], 16) for line in listed.splitlines()
                if line.split()[-1] == name)


class TestLoaderMemory(GuardCase):
    def change(self, offset):
        """One bit of a word of the loader's image becomes another. Returns where it is, and what
        it was."""
        address = LOADER + offset
        word = int.from_bytes(built_bytes("kernel8.img")[offset:offset + WORD_BYTES], "little")
        self.assertEqual(self.machine.read_word(address), word, "that is not the loader's word")
        self.machine.write_word(address, word ^ 1 << 20)
        return address, word

    def check_reset(self, service, since, address, word):
        """A boot with the loader as it should be, which tells of the end before."""
        since = self.machine.wait_for(f"{CHANGED}$", since=since).after
        since = self.machine.wait_for(rf"before: .*{CHANGED}$", since=since).after
        found = self.machine.wait_for(STARTING, since=since)
        self.assertEqual(found[1], service)
        self.assertIn("tftp://", found[3])
        self.machine.wait_for(READY, since=found.after)
        self.assertEqual(self.machine.read_word(address), word)
        status = self.status()
        self.assertEqual((status["service"], status["hand_backs"]), (service, "0"))

    def check_push(self, offset):
        self.boot_dns(memory_access=True)
        place = self.change(offset)
        self.check_names()      # nobody needs that word now
        since = self.log_length()
        self.push_bytes(built_bytes("echo.elf"))
        self.check_reset("dns", since, *place)
        self.check_names()

    def test_a_changed_instruction_is_noticed_when_the_service_hands_back(self):
        self.check_push(function_offset(FUNCTION))

    def test_a_changed_constant_is_noticed_too(self):
        self.check_push(built_bytes("kernel8.img").index(CONSTANT) // WORD_BYTES * WORD_BYTES)

    def test_it_is_noticed_when_the_service_crashes(self):
        self.boot_faults(memory_access=True)
        place = self.change(function_offset(FUNCTION))
        since = self.tell("trap")
        crash = r"guard: faults 1\.0\.0 crashed: BRK 0x3e8; pc 0x\w+ lr 0x\w+$"
        since = self.machine.wait_for(crash, since=since).after
        self.check_reset("faults", since, *place)
        # More of it than that boot shows.
        self.assertRegex(self.fetch("log").decode("ascii"), f"(?m){crash}")
