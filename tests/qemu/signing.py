"""signing: keys, a loader that knows some of them, and files they have signed; all by `pilot`.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import shutil
import subprocess

from machine import built

UNSIGNED = "it is not signed, and this loader starts only what is"


def pilot(*arguments):
    """Returns what it printed."""
    return subprocess.run([built("pilot"), *arguments], check=True, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, timeout=30).stdout


class Signing:
    """For a case with a folder."""

    def make_keys(self, *names, known):
        """Sets self.numbers, {name: the key's number}, and self.loader, a loader with the known
        ones."""
        self.keys = os.path.join(self.folder, "keys")
        os.mkdir(self.keys)
        self.numbers = {name: pilot("keygen", self.key(name), "-n").split()[1].rstrip(":") for name in names}
        self.loader = os.path.join(self.keys, "kernel8.img")
        shutil.copy(built("kernel8.img"), self.loader)
        for name in known:
            pilot("key", self.loader, "--add", self.key(name) + ".pub")

    def key(self, name):
        return os.path.join(self.keys, name)

    def sign(self, content, key):
        """(content with the signature behind it, the text of the .sig beside it)"""
        path = os.path.join(self.keys, "file")
        with open(path, "wb") as out:
            out.write(content)
        pilot("sign", path, "--key", self.key(key) + ".sec", "-o", path + ".signed")
        pilot("sign", path, "--key", self.key(key) + ".sec")
        with open(path + ".signed", "rb") as signed, open(path + ".sig", "rb") as text:
            return signed.read(), text.read()
