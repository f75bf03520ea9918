#!/usr/bin/env python3
"""run: the figures of docs/performance.md. Nothing is judged here: they are printed
beside their goals, with the machine they were taken on.

    tests/bench/run.py              all figures
    tests/bench/run.py --redeploys  those of redeploys and of the guard alone
    tests/bench/run.py --slots      those of the card's slots and of signatures
    tests/bench/run.py --ethernet   those of the board's Ethernet chips, on their models
    tests/bench/run.py --profile    instructions by function instead: start to first reply,
                                    then per DNS query

Instructions are the guest's, on core 0, counted by tests/bench/count.c; they vary little.
Times are of an emulator on this machine and say something only beside others from it.

SPDX-License-Identifier: BSD-2-Clause
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import by_function as profiles
import redeploys
import signatures
import slots
from by_function import LOADER_HOME
from measure import (CountedMachine, exchange, first_reply, machine_name, percentile, queries,
                     udp_client)

from cases import ADDRESS, READY, free_udp_port
from machine import BUILD, Machine, built
from servers import dnsmasq
from wire import HOST, enter_namespace

import ethernet     # after measure, which knows where tests/qemu is

CONFIRMED = "kernel: the service confirmed itself"
SERVICE_BASE = 0x200000     # where the loader puts a service: nothing else is in this machine


def row(figure, value, goal, beside=""):
    """beside: what Linux 6.1 or U-Boot 2023.01 needed in the same emulated machine."""
    goal = f"goal {goal}" if goal else ""
    print(f"  {figure:52} {value:>22}   {goal:17} {beside}".rstrip(), flush=True)


def user_network(folder, file, ports):
    forwards = "".join(f",hostfwd=udp:127.0.0.1:{here}-:{there}" for there, here in ports.items())
    return f"user,id=net,tftp={folder},bootfile={file}{forwards}"


def offer(folder, service, size=None):
    with open(built(service), "rb") as source:
        content = source.read()
    if size:
        content = content.ljust(size, b"\0")
    with open(os.path.join(folder, service), "wb") as out:
        out.write(content)


def loadable_bytes(path):
    listed = subprocess.run(["readelf", "-lW", path], stdout=subprocess.PIPE, check=True,
                            text=True).stdout
    segments = [line.split() for line in listed.splitlines() if line.strip().startswith("LOAD")]
    return sum(int(s[4], 16) for s in segments), sum(int(s[5], 16) for s in segments)


def sizes():
    loader = os.path.getsize(built("kernel8.img"))
    service, _ = loadable_bytes(built("dns.elf"))
    row("loader, kernel8.img", f"{loader:,} B", "65,536 B", "U-Boot 573,160 B")
    row("loader and dns.elf's loadable bytes", f"{loader + service:,} B", "122,880 B",
        "Linux 34.7 MB, 13.0 gzipped")


LOADER_PHASES = ("entry", "start-up", "card", "USB", "DHCP", "TFTP", "ELF: check", "ELF: place")


def phases(machine, first_reply_count):
    """Splits the instructions of a boot: the loader's at its calls of phases_end, which are
    in this order when it meets with no hindrance, the service's at the lines that end a
    phase. Returns [(name, instructions)]."""
    marks = [count for _, count in machine.instructions_at_marks()]
    if len(marks) != len(LOADER_PHASES):
        return [(f"loader ({len(marks)} phases, not {len(LOADER_PHASES)})", first_reply_count)]
    ends = list(zip(LOADER_PHASES, marks))
    lines = [line for line in machine.instructions_at_lines() if line[0] >= marks[-1]]
    for name, pattern in (("boot info, stopping devices, service start", r"kernel: \S+ \S+ from"),
                          ("service USB", r"usb: device"), ("service set-up", READY)):
        ends.append((name, next(count for count, line in lines if re.search(pattern, line))))
    ends.append(("first reply", first_reply_count))
    return [(name, count - before) for (name, count), before in zip(ends, [0] + [c for _, c in ends])]


def hashing(machine):
    """Instructions of SHA-256 since the start."""
    sums = profiles.by_function(machine.profile_path, os.path.join(BUILD, "loader.elf"),
                                os.path.join(BUILD, "dns.elf.debug"), LOADER_HOME, SERVICE_BASE)
    return sum(count for (_, name), count in sums.items() if "sha256" in name.lower())


def phase_row(machine, first_reply_count):
    parts = [f"{name} {count / 1e6:.2f}" + (f" ({hashing(machine) / 1e6:.2f} of it SHA-256)"
                                            if name == "TFTP" else "")
             for name, count in phases(machine, first_reply_count)]
    return ", ".join(parts)


def count_boot_and_queries(folder):
    ports = {53: free_udp_port()}
    phases_end = profiles.Symbols(os.path.join(BUILD, "loader.elf")).address("phases_end")
    with CountedMachine(folder, network=user_network(folder, "dns.elf", ports), profile=True,
                        marks=[LOADER_HOME + phases_end]) as machine:
        machine.wait_for(READY, 60)
        client = udp_client(ports[53])
        first_reply(client)
        total = machine.instructions()
        row("instructions, start to first DNS reply", f"{total / 1e6:.2f} M", "10 M",
            f"Linux 1,240 M: 1/{1240e6 / total:.0f}")
        print("    in M:", phase_row(machine, total))
        exchange(client, queries(200))
        machine.wait_for(CONFIRMED)     # once, not idle's
        idle = idle_per_second(machine)
        count = 2000
        per_query = per_exchange(machine, client, queries(count), idle)
        row("instructions per DNS query, one in flight", f"{per_query:,.0f}", "2,000",
            f"Linux 66,000: 1/{66000 / per_query:.0f}")
        row("instructions per second, idle", f"{idle:,.0f}", "5,000", f"Linux 23 M: 1/{23e6 / max(idle, 1):,.0f}")
        records = machine.wait_for(r"(\d+) records in (\d+) KB")
        _, image = loadable_bytes(built("dns.elf"))
        row("RAM to answer: image with stack, and records",
            f"{(image + int(records[2]) * 1024) / 2**20:.2f} MiB", "2 MiB", "Linux 64 MiB")


def idle_per_second(machine, seconds=4):
    before, start = machine.instructions(), time.perf_counter()
    time.sleep(seconds)
    return (machine.instructions() - before) / (time.perf_counter() - start)


def per_exchange(machine, client, packets, idle):
    before, start = machine.instructions(), time.perf_counter()
    exchange(client, packets)
    return (machine.instructions() - before - idle * (time.perf_counter() - start)) / len(packets)


def count_echo(folder):
    ports = {7: free_udp_port()}
    with CountedMachine(folder, network=user_network(folder, "echo.elf", ports)) as machine:
        machine.wait_for(READY, 60)
        client = udp_client(ports[7])
        exchange(client, [b"x" * 40] * 50)
        machine.wait_for(CONFIRMED)
        idle = idle_per_second(machine, 2)
        for size, goal in ((40, "-"), (1400, "8,000")):
            each = per_exchange(machine, client, [os.urandom(size) for _ in range(1000)], idle)
            row(f"instructions per {size}-byte UDP echo", f"{each:,.0f}", goal)


def time_boot(folder):
    times = []
    for _ in range(5):
        ports = {53: free_udp_port()}
        client = udp_client(ports[53])
        start = time.perf_counter()
        with Machine(network=user_network(folder, "dns.elf", ports)) as machine:
            machine.wait_for(READY, 60)
            times.append(first_reply(client) - start)
    best = statistics.median(times)
    row("wall, start of QEMU to first DNS reply", f"{best:.3f} s", "0.35 s", f"Linux 3.15 s: 1/{3.15 / best:.1f}")


def time_queries(name, address, port):
    client = udp_client(port, address)
    first_reply(client)
    exchange(client, queries(500))
    times = exchange(client, queries(5000))
    middle, slow = percentile(times, 0.5) * 1e3, percentile(times, 0.99) * 1e3
    row(f"DNS, one in flight, p50 / p99, {name}", f"{middle:.3f} / {slow:.3f} ms", "0.075 / 0.15",
        "Linux 1.00 / 2.0 ms")


def time_queries_over_user_network(folder):
    ports = {53: free_udp_port()}
    with Machine(network=user_network(folder, "dns.elf", ports)) as machine:
        machine.wait_for(READY, 60)
        time_queries("user-mode network", "127.0.0.1", ports[53])


def time_queries_over_tap(folder):
    """Without the emulator's own address translation in between. Comes last: this
    process does not return from its namespace."""
    reason = enter_namespace()
    if reason:
        print(f"  (no figure over a TAP device: {reason})")
        return
    for command in ("ip tuntap add dev tap0 mode tap", f"ip address add {HOST}/24 dev tap0",
                    "ip link set tap0 up"):
        subprocess.run(command.split(), check=True, timeout=10)
    with dnsmasq(folder, tftp_root=folder), \
            Machine(network="tap,id=net,ifname=tap0,script=no,downscript=no") as machine:
        machine.wait_for(READY, 60)
        time_queries("TAP device", machine.wait_for(ADDRESS)[1], 53)


def time_transfer(folder):
    """The loader hashes while it receives: on the board the network's pace hides that, here
    it is most of the time, so the transfer is printed without it as well."""
    whole, transfer = [], []
    for _ in range(5):
        with Machine(network=user_network(folder, "hello.elf", {})) as machine:
            found = machine.wait_for(r"hello\.elf: (\d+) bytes in (\d+) ms", 60)
            size, took_us = int(found[1]), int(found[2]) * 1000
            hash_us = int(machine.wait_for(r"loader: sha256 .* hashed in (\d+) us", 60)[1])
            whole.append(size / max(took_us, 1000))
            transfer.append(size / max(took_us - hash_us, 1000))
    row("TFTP, 1 MiB from the emulator's server", f"{statistics.median(transfer):.0f} MB/s", "60 MB/s")
    row("... with the SHA-256 made on the way", f"{statistics.median(whole):.0f} MB/s", "")


def show_profile(folder):
    ports = {53: free_udp_port()}
    with CountedMachine(folder, profile=True, network=user_network(folder, "dns.elf", ports)) as machine:
        machine.wait_for(READY, 60)
        client = udp_client(ports[53])
        first_reply(client)
        arguments = (machine.profile_path, os.path.join(BUILD, "loader.elf"),
                     os.path.join(BUILD, "dns.elf.debug"), LOADER_HOME, SERVICE_BASE)
        boot = profiles.by_function(*arguments)
        print("start to first DNS reply:")
        profiles.show(boot, 60)
        exchange(client, queries(2000))
        after = profiles.by_function(*arguments)
    after.subtract(boot)
    print("2000 DNS queries:")
    profiles.show(after)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--redeploys", action="store_true")
    parser.add_argument("--slots", action="store_true")
    parser.add_argument("--ethernet", action="store_true")
    options = parser.parse_args()
    version = subprocess.run(["qemu-system-aarch64", "--version"], stdout=subprocess.PIPE, check=True,
                             text=True).stdout.splitlines()[0]
    print(f"{version}, raspi3b, -accel tcg,thread=single, on {machine_name()}")
    with tempfile.TemporaryDirectory(prefix="pilotlight-") as folder:
        offer(folder, "dns.elf")
        offer(folder, "echo.elf")
        if options.profile:
            return show_profile(folder)
        if options.slots:
            signatures.show(row, folder)
            return slots.show(row, folder)
        if options.ethernet:
            return ethernet.show(row, folder)
        if options.redeploys:
            return redeploys.show(row, folder, idle_per_second, per_exchange)
        sizes()
        count_boot_and_queries(folder)
        count_echo(folder)
        signatures.show(row, folder)
        slots.show(row, folder)
        time_boot(folder)
        redeploys.show(row, folder, idle_per_second, per_exchange)
        offer(folder, "hello.elf", 1 << 20)
        time_transfer(folder)
        time_queries_over_user_network(folder)
        ethernet.show(row, folder)
        time_queries_over_tap(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
