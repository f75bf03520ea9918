"""ethernet_linux: what Debian's Linux makes of the same chip's model on the same emulated
machine, for our own figures to stand beside.

SPDX-License-Identifier: BSD-2-Clause
"""
import mmap
import os
import struct
import time

from traffic import COUNT_PORT, ECHO_PORT, SEND_PORT, Traffic

from cases import free_udp_port
from linux_guest import LinuxGuest
from machine import BUILD, built

SMALL, LARGE = 64, 1400     # bytes of UDP content
PROGRAM = "traffic.linux"


def user_network(ports):
    forwards = "".join(f",hostfwd=udp:127.0.0.1:{here}-:{there}" for there, here in ports.items())
    return "user,id=net" + forwards


class TrafficLinux:
    """Linux with the traffic program, and the ports that lead to it."""

    def __init__(self, folder, *, options=(), arguments="", **machine_options):
        with open(built(PROGRAM), "rb") as source:
            programs = {"traffic": source.read()}
        self.ports = {port: free_udp_port() for port in (ECHO_PORT, COUNT_PORT, SEND_PORT)}
        self.guest = LinuxGuest(folder, programs=programs, network=user_network(self.ports),
                                options=options, arguments=arguments, **machine_options)

    def __enter__(self):
        self.guest.__enter__()
        try:
            self.guest.get_lease(self.guest.find_interface())
            self.guest.ask("traffic")
        except BaseException:
            self.guest.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.guest.__exit__()


def times(folder, **machine_options):
    """{figure: seconds, or bytes per second}."""
    with TrafficLinux(folder, **machine_options) as linux, Traffic(linux.ports) as traffic:
        return {
            "latency 64": traffic.latency(SMALL, 200),
            "latency 1400": traffic.latency(LARGE, 200),
            "rate in": traffic.rate_in(LARGE),
            "rate out": traffic.rate_out(LARGE, 1000),
        }


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


def per_frame(counter, moved):
    """Instructions for each frame that moved() says it moved, without what idling takes."""
    before, start = counter.now(), time.perf_counter()
    time.sleep(2)
    idle = (counter.now() - before) / (time.perf_counter() - start)
    before, start = counter.now(), time.perf_counter()
    frames = moved()
    took = time.perf_counter() - start
    return (counter.now() - before - idle * took) / frames


def instructions(folder, *, pace=100, **machine_options):
    """{figure: guest instructions}. One core: the counter sees no other."""
    counter = Counter(folder)
    with TrafficLinux(folder, options=counter.options, arguments="maxcpus=1", **machine_options) as linux, \
            Traffic(linux.ports) as traffic, counter:
        traffic.latency(LARGE, 20)
        traffic.report()
        return {
            "per frame in": per_frame(counter, lambda: traffic.push(LARGE, 400, pace)[0]),
            "per frame out": per_frame(counter, lambda: traffic.pull(LARGE, 400)[0]),
        }
