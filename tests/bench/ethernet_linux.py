"""ethernet_linux: what Debian's Linux makes of the same chip's model on the same emulated
machine, for our own figures to stand beside.

SPDX-License-Identifier: BSD-2-Clause
"""
import mmap
import os
import statistics
import struct
import time

from traffic import COUNT_PORT, ECHO_PORT, SEND_PORT, Traffic

from cases import free_udp_port
from linux_guest import LinuxGuest
from machine import BUILD, built

SMALL, LARGE = 64, 1400     # bytes of UDP content
PROGRAM = "traffic.linux"
PER_FRAME_BATCHES, IDLE_S = 15, 0.1


def user_network(ports):
    forwards = "".join(f",hostfwd=udp:127.0.0.1:{here}-:{there}" for there, here in ports.items())
    return "user,id=net" + forwards


class TrafficLinux:
    """Linux with the traffic program, and the ports that lead to it."""

    def __init__(self, folder, *, command="traffic", **machine_options):
        with open(built(PROGRAM), "rb") as source:
            programs = {"traffic": source.read()}
        self.ports = {port: free_udp_port() for port in (ECHO_PORT, COUNT_PORT, SEND_PORT)}
        self.command = command
        self.guest = LinuxGuest(folder, programs=programs, network=user_network(self.ports),
                                **machine_options)

    def __enter__(self):
        self.guest.__enter__()
        try:
            self.guest.get_lease(self.guest.find_interface())
            self.guest.ask(self.command)
        except BaseException:
            self.guest.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.guest.__exit__()


def times(folder, **machine_options):
    """{figure: seconds, or bytes per second}, and {direction: share of datagrams lost}."""
    with TrafficLinux(folder, **machine_options) as linux, Traffic(linux.ports) as traffic:
        figures = {"latency 64": traffic.latency(SMALL, 200), "latency 1400": traffic.latency(LARGE, 200)}
        lost = {}
        figures["rate in"], lost["in"] = traffic.rate_in(LARGE)
        figures["rate out"], lost["out"] = traffic.rate_out(LARGE)
        return figures, lost


class Counter:
    """Guest instructions of core 0, while QEMU runs (tests/bench/count.c)."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "count")
        self.options = ("-plugin", f"{BUILD}/count.so,count={self.path}")

    def __enter__(self):
        with open(self.path, "rb") as source:
            self.shared = mmap.mmap(source.fileno(), 8, prot=mmap.PROT_READ)
        return self

    def __exit__(self, *_):
        self.shared.close()

    def now(self):
        return struct.unpack("<Q", self.shared[:8])[0]

    def spent(self, work):
        """(instructions, seconds, what work() returned)."""
        before, start = self.now(), time.perf_counter()
        result = work()
        return self.now() - before, time.perf_counter() - start, result


def per_frame(counter, batch):
    """Instructions for each frame that a batch() moves: the median over batches, each without
    what as long a time of idling took beside it. batch() returns (frames, seconds)."""
    results = []
    for _ in range(PER_FRAME_BATCHES):
        idle, idle_s, _ = counter.spent(lambda: time.sleep(IDLE_S))
        busy, busy_s, (frames, _) = counter.spent(batch)
        if frames:
            results.append((busy - idle / idle_s * busy_s) / frames)
    if not results:
        raise AssertionError(f"not a frame of {PER_FRAME_BATCHES} batches has arrived")
    return statistics.median(results)


def instructions(folder, **machine_options):
    """{figure: guest instructions}. The counter sees core 0 alone, so the program stays there,
    with the controller's interrupt; the others only idle."""
    counter = Counter(folder)
    with TrafficLinux(folder, options=counter.options, command="taskset 1 traffic",
                      **machine_options) as linux, Traffic(linux.ports) as traffic, counter:
        traffic.rate_in(LARGE, 1)
        traffic.rate_out(LARGE, 1)
        return {
            "per frame in": per_frame(counter, lambda: traffic.push(LARGE)),
            "per frame out": per_frame(counter, lambda: traffic.pull(LARGE)),
        }
