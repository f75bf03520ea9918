"""by_function: where the instructions went, by function.

Blocks of the counting plugin's profile are joined with the symbols of the loader - as
the firmware put it, and at its home at the top of RAM - and of the service.

SPDX-License-Identifier: BSD-2-Clause
"""
import bisect
import collections
import struct
import subprocess

LOADER_AT_START = 0x80000
LOADER_HOME = 0x3BE00000    # where it works: the top of the RAM that the device tree names
BLOCK = 0x200000


class Symbols:
    def __init__(self, elf):
        listed = subprocess.run(["aarch64-linux-gnu-nm", "-n", "--defined-only", elf], check=True,
                                stdout=subprocess.PIPE, text=True).stdout
        rows = [line.split() for line in listed.splitlines()]
        self.entries = [(int(row[0], 16), row[2]) for row in rows
                        if len(row) == 3 and row[1] in "TtWw"]
        self.addresses = [address for address, _ in self.entries]

    def name(self, address):
        at = bisect.bisect_right(self.addresses, address) - 1
        return self.entries[at][1] if at >= 0 else f"{address:#x}"


    def address(self, name):
        return next(address for address, known in self.entries if known == name)


def read_slots(path):
    with open(path, "rb") as source:
        return [slot for slot in struct.iter_unpack("<QQ", source.read()) if slot[0]]


def by_function(path, loader_elf, service_elf, home, service_base, linked_at=BLOCK):
    """{(program, function): instructions}."""
    loader, service = Symbols(loader_elf), Symbols(service_elf)
    sums = collections.Counter()
    for address, instructions in read_slots(path):
        if home <= address < home + BLOCK:
            key = ("loader", loader.name(address - home))
        elif LOADER_AT_START <= address < BLOCK:
            key = ("loader, first", loader.name(address - LOADER_AT_START))
        elif service_base <= address < service_base + 4 * BLOCK:
            key = ("service", service.name(address - service_base + linked_at))
        else:
            key = ("elsewhere", f"{address:#x}")
        sums[key] += instructions
    return sums


def show(sums, limit=30):
    total = sum(sums.values()) or 1
    for (program, name), instructions in sums.most_common(limit):
        print(f"  {instructions:12,}  {100 * instructions / total:5.1f} %  {program:14} {name}")
