"""card_case: for tests of commands that make and change card images.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import struct
import subprocess

from card_image import Card, crc32c
from pilot_case import PilotCase, sample_elf

KEYS_MAX = 4


def key_table(count=0, keys=b""):
    """As include/signature_format.h says."""
    rest = struct.pack("<I", count) + keys.ljust(KEYS_MAX * 40, b"\0")
    return b"PLkeys1\0" + struct.pack("<I", crc32c(rest)) + rest


def sample_loader(table=None):
    return b"loader".ljust(4096, b"\xaa") + (key_table() if table is None else table) + bytes(range(200))


class CardCase(PilotCase):
    """A project with a loader that has room for keys, and two services."""

    def setUp(self):
        super().setUp()
        self.project()
        self.loader = sample_loader()
        self.write("build/kernel8.img", self.loader)
        self.dns, self.echo = sample_elf("dns", "1.4.2", 3000), sample_elf("echo", "0.9", 700, counter=7)
        self.write("dns.elf", self.dns)
        self.write("echo.elf", self.echo)

    def make(self, *arguments, image="card.img"):
        self.output = self.pilot("sdcard", image, *arguments)
        return Card(self.path(image))

    def two(self, *arguments):
        return self.make("--service", "dns=dns.elf", "--service", "echo=echo.elf", *arguments)

    def refused(self, *arguments, image="new.img"):
        """The sentence; and nothing is left behind."""
        before = sorted(os.listdir(self.folder))
        sentence = self.pilot("sdcard", image, *arguments, status=1)
        self.assertEqual(sorted(os.listdir(self.folder)), before)
        return sentence

    # ---- keys, by the program that makes them in use ----

    def key(self, name):
        subprocess.run(["signify-openbsd", "-G", "-n", "-p", self.path(name + ".pub"), "-s",
                        self.path(name + ".sec")], check=True, timeout=60, stdin=subprocess.DEVNULL)
        return name + ".pub"

    def sign(self, file, key):
        subprocess.run(["signify-openbsd", "-S", "-s", self.path(key + ".sec"), "-m", self.path(file)],
                       check=True, timeout=60, stdin=subprocess.DEVNULL)
