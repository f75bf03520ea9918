"""signatures: what verifying one costs the loader, in guest instructions.

Two files are booted, a service as it is and the same one padded to 1 MiB: the difference is
SHA-512's, the rest is the one signature's.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import re
import shutil
import subprocess

import by_function as profiles
from by_function import LOADER_HOME
from measure import CountedMachine

from machine import BUILD, built

SERVICE_BASE = 0x200000
# Functions of signature.c and of libsodium's files, whatever the linker has inlined where.
NAMES = r"sha512|25519|signature_check|verify_32"


def pilot(*arguments):
    subprocess.run([built("pilot"), *arguments], check=True, stdout=subprocess.DEVNULL)


def make_keys(folder):
    """A loader with a key; returns its path."""
    key = os.path.join(folder, "bench")
    if not os.path.exists(key + ".sec"):
        pilot("keygen", key, "-n")
    loader = os.path.join(folder, "signed-kernel8.img")
    shutil.copy(built("kernel8.img"), loader)
    pilot("key", loader, "--add", key + ".pub")
    return loader


def offer(folder, size):
    with open(built("hello.elf"), "rb") as source:
        content = source.read()
    path = os.path.join(folder, "signed.elf")
    with open(path, "wb") as out:
        out.write(content.ljust(size, b"\0"))
    pilot("sign", path, "--append", "--key", os.path.join(folder, "bench.sec"))
    return max(size, len(content))


def verify(folder, loader):
    """Instructions of one verification."""
    network = f"user,id=net,tftp={folder},bootfile=signed.elf"
    with CountedMachine(folder, network=network, profile=True, kernel=loader) as machine:
        machine.wait_for(r"kernel: hello \S+ from", 60)
        sums = profiles.by_function(machine.profile_path, os.path.join(BUILD, "loader.elf"),
                                    os.path.join(BUILD, "hello.elf.debug"), LOADER_HOME, SERVICE_BASE)
    return sum(count for (program, name), count in sums.items()
               if program.startswith("loader") and re.search(NAMES, name, re.I))


def show(row, folder):
    loader = make_keys(folder)
    small, large = offer(folder, 0), 1 << 20
    of_small = verify(folder, loader)
    offer(folder, large)
    of_large = verify(folder, loader)
    per_byte = (of_large - of_small) / (large - small)
    row("instructions per MB of a signed file, SHA-512", f"{per_byte:.1f} M", "")
    row("instructions per Ed25519 signature", f"{(of_small - per_byte * small) / 1e6:.2f} M", "")
