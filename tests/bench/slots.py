"""slots: what a boot from the card's slots costs, in guest instructions and beside one from the
network.

A card with one service is booted, the service as it is and padded by a MiB: the difference is
what reading and verifying a MiB costs, by part. The scan is all between the opening of the store
and the first look at an image: partition table, both rings.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import re
import statistics
import subprocess
import time

import by_function as profiles
from by_function import LOADER_HOME
from measure import CountedMachine, first_reply, udp_client
from signatures import make_keys, pilot

from cases import READY, free_udp_port
from machine import BUILD, Machine, built

SERVICE_BASE = 0x200000
MIB = 1 << 20
PARTS = (("SHA-256", r"sha256"), ("SHA-512 and signature", r"sha512|25519|signature|verify_32"),
         ("CRC-32C", r"crc32c"))


def make_card(folder, padding, key=None):
    """A card with dns, padded by so much; returns image and loader."""
    service = os.path.join(folder, "dns.elf")
    with open(built("dns.elf"), "rb") as source:
        content = source.read() + bytes(padding)
    with open(service, "wb") as out:
        out.write(content)
    if os.path.exists(service + ".sig"):
        os.remove(service + ".sig")
    card = os.path.join(folder, "slots.img")
    options = ["--service", f"dns={service}", "--default", "dns", "--force"]
    if key:
        pilot("sign", service, "--key", key + ".sec")
        options += ["--key", key + ".pub"]
    pilot("sdcard", card, *options)
    return card


def address_of(name):
    """Of a function of the loader, under whatever name the linker made of it."""
    symbols = profiles.Symbols(os.path.join(BUILD, "loader.elf"))
    return next(address for address, known in symbols.entries
                if re.fullmatch(rf"{name}(\..*)?", known))


def boot(folder, card, loader):
    """Returns (instructions to the first reply, the loader's by function, of the scan)."""
    marks = [LOADER_HOME + address_of(name) for name in ("slot_store_open", "slot_image_header")]
    ports = {53: free_udp_port()}
    network = f"user,id=net,hostfwd=udp:127.0.0.1:{ports[53]}-:53"
    with CountedMachine(folder, network=network, card=card, kernel=loader, profile=True,
                        marks=marks) as machine:
        machine.wait_for(READY, 60)
        first_reply(udp_client(ports[53]))
        total = machine.instructions()
        sums = profiles.by_function(machine.profile_path, os.path.join(BUILD, "loader.elf"),
                                    os.path.join(BUILD, "dns.elf.debug"), LOADER_HOME, SERVICE_BASE)
        calls = machine.instructions_at_marks()
    loader_sums = {name: count for (program, name), count in sums.items()
                   if program.startswith("loader")}
    opened = next(count for address, count in calls if address == marks[0])
    looked = next(count for address, count in calls if address == marks[1] and count > opened)
    return total, loader_sums, looked - opened


def per_mib(small, large):
    """{part: instructions}, of what grew with the image."""
    grown = {name: count - small.get(name, 0) for name, count in large.items()}
    parts = {part: sum(count for name, count in grown.items() if re.search(pattern, name, re.I))
             for part, pattern in PARTS}
    parts["reading, copying, the rest"] = sum(grown.values()) - sum(parts.values())
    return parts


def wall(card, loader):
    times = []
    for _ in range(5):
        ports = {53: free_udp_port()}
        client = udp_client(ports[53])
        start = time.perf_counter()
        network = f"user,id=net,hostfwd=udp:127.0.0.1:{ports[53]}-:53"
        with Machine(network=network, card=card, kernel=loader) as machine:
            machine.wait_for(READY, 60)
            times.append(first_reply(client) - start)
    return statistics.median(times)


def show_one(row, folder, name, loader, key):
    total, small, scan = boot(folder, make_card(folder, 0, key), loader)
    seconds = wall(os.path.join(folder, "slots.img"), loader)
    _, large, _ = boot(folder, make_card(folder, MIB, key), loader)
    parts = per_mib(small, large)
    if not key:
        row("slots: scan of both rings, instructions", f"{scan:,}", "")
    row(f"slots: read and verify, per MiB, {name}", f"{sum(parts.values()) / 1e6:.1f} M", "")
    print("    in M:", ", ".join(f"{part} {count / 1e6:.1f}" for part, count in parts.items()))
    row(f"slots: start to first DNS reply, {name}", f"{total / 1e6:.2f} M, {seconds:.3f} s", "")


def show(row, folder):
    show_one(row, folder, "without keys", built("kernel8.img"), None)
    show_one(row, folder, "signed", make_keys(folder), os.path.join(folder, "bench"))
