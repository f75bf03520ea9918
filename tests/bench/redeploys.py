"""redeploys: figures of what happens when one service gives way to the next, and of the guard
that makes it possible.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import select
import socket
import statistics
import subprocess
import time

import by_function as profiles
from measure import CountedMachine, exchange, first_reply, queries, udp_client

from cases import READY, built_bytes, free_udp_port
from dns_client import make_query
from machine import BUILD, Machine, built, wait_until
from redeploy import DNS, FAULTS, TFTP, DnsLoad, phases, read_words
from tftp_peer import Peer

TIMES = 20              # redeploys of a figure
REDEPLOYS_UNDER_LOAD = 100
QUERIES_PER_SECOND = 1000
FAULT_TIMES = 5
QUERIES = 2000          # the guard's cost is a small difference

# From the hand-back to the new service's first instruction.
LOADER_PHASES = ("loader start", "verify", "place", "entry")


def network(folder, file, ports):
    forwards = "".join(f",hostfwd=udp:127.0.0.1:{here}-:{there}" for there, here in ports.items())
    return f"user,id=net,tftp={folder},bootfile={file}{forwards}"


def free_ports():
    return {port: free_udp_port() for port in (DNS, TFTP, FAULTS)}


def push(ports, image):
    """Returns the moments before the first packet and after the last ACK."""
    with Peer(ports[TFTP], wait_s=1) as peer:
        begin = time.perf_counter()
        peer.push(image, "dns.elf")
        return begin, time.perf_counter()


def first_answer(port, query):
    """When somebody answers one that is asked from now on, every half millisecond."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", port))
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            client.send(query)
            if select.select([client], [], [], 0.0005)[0]:
                try:
                    client.recv(2048)
                    return time.perf_counter()
                except ConnectionRefusedError:
                    pass
    raise AssertionError("nobody answers")


def read_phases(ports):
    with Peer(ports[TFTP]) as peer:
        return phases(read_words(peer.fetch("status").decode("ascii"))["phases"])


def middle(values):
    return statistics.median(values)


def time_redeploys(folder, arguments=""):
    """[(seconds from the push to the first reply, {phase: ms})] of TIMES redeploys."""
    ports, image, results = free_ports(), built_bytes("dns.elf"), []
    with Machine(network=network(folder, "dns.elf", ports), arguments=arguments) as machine:
        machine.wait_for(READY, 60)
        for _ in range(TIMES):
            begin, _ = push(ports, image)
            took = first_answer(ports[DNS], make_query(7, "host0042.example")) - begin
            results.append((took, read_phases(ports)))
    return results


def show_redeploys(row, folder):
    warm, cold = time_redeploys(folder), time_redeploys(folder, "pilot.warm=off")
    row("redeploy, start of push to first reply, warm", f"{middle([t for t, _ in warm]) * 1e3:.0f} ms",
        "50 ms")
    print("    in ms:", ", ".join(f"{name} {middle([told[name] for _, told in warm]):.1f}"
                                  for name in warm[0][1]))
    row("... cold (warm = off)", f"{middle([t for t, _ in cold]) * 1e3:.0f} ms", "")
    row("hand-back to the new service's first instruction",
        f"{middle([sum(told[name] for name in LOADER_PHASES) for _, told in warm]):.1f} ms", "")


def count_hand_back(row, folder):
    """Instructions from the old service's last guard call to the new one's entry."""
    ports, image = free_ports(), built_bytes("dns.elf")
    loader = profiles.Symbols(os.path.join(BUILD, "loader.elf"))
    service = profiles.Symbols(os.path.join(BUILD, "dns.elf.debug"))
    guard_enter = profiles.LOADER_HOME + loader.address("guard_enter")
    entry = service.address("service_entry")
    with CountedMachine(folder, network=network(folder, "dns.elf", ports),
                        marks=[guard_enter, entry]) as machine:
        machine.wait_for(READY, 60)
        counts = []
        for _ in range(TIMES):
            before = machine.instructions()
            push(ports, image)
            first_answer(ports[DNS], make_query(7, "host0042.example"))
            marks = machine.instructions_at_marks()
            at = max(i for i, (address, _) in enumerate(marks) if address == entry)
            counts.append((marks[at][1] - marks[at - 1][1], machine.instructions() - before))
    row("... in guest instructions", f"{middle([n for n, _ in counts]) / 1e6:.2f} M", "")
    row("... the whole redeploy", f"{middle([n for _, n in counts]) / 1e6:.2f} M", "")


def show_gaps(row, folder):
    ports, image = free_ports(), built_bytes("dns.elf")
    switches = []
    with Machine(network=network(folder, "dns.elf", ports)) as machine:
        machine.wait_for(READY, 60)
        with DnsLoad(ports[DNS], QUERIES_PER_SECOND) as load:
            for _ in range(REDEPLOYS_UNDER_LOAD):
                since = len(machine.lines)
                begin = time.monotonic()
                push(ports, image)
                machine.wait_for(READY, since=since)
                end = time.monotonic()
                switches.append((begin, end))
                wait_until(lambda end=end: load.has_answered_since(end), "an answer to the load")
                time.sleep(0.05)
            load.stop()
    gaps = [load.gaps(begin, end + 0.05)[0] * 1e3 for begin, end in switches]
    row(f"longest gap at {QUERIES_PER_SECOND:,}/s, {REDEPLOYS_UNDER_LOAD} redeploys: p50 / worst",
        f"{middle(gaps):.0f} / {max(gaps):.0f} ms", "")
    row(f"... lost of {len(load.sent_at):,} queries; p50 of the answered",
        f"{len(load.lost())}; {load.latency(0.5) * 1e3:.2f} ms", "")


def show_fault(row, folder):
    """From the fault to an answer of the same service, started again: its core is written
    meanwhile."""
    ports, image, times = free_ports(), built_bytes("faults.elf"), []
    with Machine(network=network(folder, "dns.elf", ports)) as machine:
        machine.wait_for(READY, 60)
        commands = udp_client(ports[FAULTS])
        for _ in range(FAULT_TIMES):
            push(ports, image)      # what was pushed has no failures behind it
            first_answer(ports[FAULTS], b"hello")
            exchange(commands, [b"confirm"])
            begin = time.perf_counter()
            commands.send(b"trap")
            times.append(first_answer(ports[FAULTS], b"hello") - begin)
    row("fault to answering again, with a core file", f"{middle(times) * 1e3:.0f} ms", "1,000 ms")


def show_guard(row, folder, idle_per_second, per_exchange):
    """Instructions of a DNS query: with the loader as guard, and the same file started as a
    firmware starts a kernel."""
    flat = os.path.join(folder, "dns.bin")
    subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", built("dns.elf"), flat], check=True)
    results = []
    for kernel in (None, flat):
        ports = {DNS: free_udp_port()}
        with CountedMachine(folder, network=network(folder, "dns.elf", ports), kernel=kernel) as machine:
            machine.wait_for(READY, 60)
            client = udp_client(ports[DNS])
            first_reply(client)
            time.sleep(3)           # with a loader it confirms itself meanwhile
            exchange(client, queries(200))
            idle = idle_per_second(machine, 2)
            results.append(per_exchange(machine, client, queries(QUERIES), idle))
    guarded, alone = results
    row("instructions per DNS query, guarded / without loader", f"{guarded:,.0f} / {alone:,.0f}", "")
    row("... the guard's share", f"{100 * (guarded - alone) / alone:+.2f} %", "1 %")


def show(row, folder, idle_per_second, per_exchange):
    show_redeploys(row, folder)
    count_hand_back(row, folder)
    show_gaps(row, folder)
    show_fault(row, folder)
    show_guard(row, folder, idle_per_second, per_exchange)
