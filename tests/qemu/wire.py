"""wire: a network of the tests' own, in a namespace, with a bad cable in it.

    QEMU -netdev dgram <-> Wire (this process) <-> TAP device <-> real servers

The namespace belongs to this process alone and vanishes with it: nothing outside can be
reached or disturbed, and the servers' privileged ports are free. Between QEMU and the
TAP device stands a Wire that loses, doubles and delays frames from a seeded generator:
netem is not in every kernel, and a failure should come back with its seed.

SPDX-License-Identifier: BSD-2-Clause
"""
import ctypes
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import threading
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000

HOST = "192.168.77.1"
GUEST_FIRST, GUEST_LAST = "192.168.77.10", "192.168.77.50"

_namespace_error = None
_namespace_tried = False


def enter_namespace():
    """Moves this process into a network namespace of its own, once. Returns why not, or
    None. Must come before the first thread."""
    global _namespace_error, _namespace_tried
    if not _namespace_tried:
        _namespace_tried = True
        _namespace_error = _enter_namespace()
    return _namespace_error


def _enter_namespace():
    if os.geteuid() != 0:
        return "needs root for a network namespace and a TAP device"
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        return f"no network namespace: {os.strerror(ctypes.get_errno())}"
    try:
        # A burst to QEMU must fit: the namespace's own default is 10 datagrams.
        with open("/proc/sys/net/unix/max_dgram_qlen", "w", encoding="ascii") as limit:
            limit.write("1000")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True, timeout=10)
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except (OSError, subprocess.SubprocessError) as error:
        return f"no TAP device: {error}"
    return None


def open_tap():
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", b"tap0", IFF_TAP | IFF_NO_PI))
    # No IPv6: its own chatter would only make runs differ.
    with open("/proc/sys/net/ipv6/conf/tap0/disable_ipv6", "w", encoding="ascii") as switch:
        switch.write("1")
    for command in (["ip", "address", "add", f"{HOST}/24", "dev", "tap0"],
                    ["ip", "link", "set", "tap0", "up"]):
        subprocess.run(command, check=True, timeout=10)
    return descriptor


def udp_of(frame):
    """(source port, destination port, payload) of an IPv4 UDP frame, or None."""
    if len(frame) < 42 or frame[12:14] != b"\x08\x00" or frame[23] != 17:
        return None
    at = 14 + (frame[14] & 15) * 4
    source, destination, length = struct.unpack_from(">HHH", frame, at)
    return source, destination, frame[at + 8:at + length]


def make_udp(frame, *, source=None, source_port=None, payload=b"", length=None, total=None,
             fragment=0, protocol=17, header=0x45):
    """A frame like another one, from the same sender unless told, with fields that need not
    fit each other. No UDP checksum; that of IP is right."""
    udp = struct.pack(">HHHH", source_port or struct.unpack_from(">H", frame, 34)[0],
                      struct.unpack_from(">H", frame, 36)[0],
                      8 + len(payload) if length is None else length, 0) + payload
    ip = bytearray(struct.pack(">BBHHHBBH", header, 0, 20 + len(udp) if total is None else total, 1,
                               fragment, 64, protocol, 0) + (source or frame[26:30]) + frame[30:34])
    checksum = sum(struct.unpack(">10H", ip))
    checksum = (checksum & 0xFFFF) + (checksum >> 16)
    struct.pack_into(">H", ip, 10, ~((checksum & 0xFFFF) + (checksum >> 16)) & 0xFFFF)
    return frame[:14] + bytes(ip) + udp


class Wire:
    """The cable, good until impair() is called."""

    DELAY_S = 0.005     # a delayed frame comes behind those of the next 5 ms

    def __init__(self):
        self.impair()
        self.on_frame = None        # called (to_guest, frame); False loses the frame
        self.frames = {True: 0, False: 0}
        self.lost = self.doubled = self.delayed = 0
        self.later = []
        self.stopping = False

    def __enter__(self):
        self.tap = open_tap()
        self.ours, self.qemus = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ours.setblocking(False)
        self.wake_read, self.wake_write = os.pipe()
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        os.write(self.wake_write, b"x")
        self.thread.join()
        self.ours.close()
        for descriptor in (self.tap, self.wake_read, self.wake_write):
            os.close(descriptor)

    def impair(self, *, loss_in=0.0, loss_out=0.0, double=0.0, delay=0.0, seed=1):
        """The chance per frame to be lost on its way to the guest (what netem on the TAP
        device does) and from it, and to be doubled and delayed on either."""
        self.loss = {True: loss_in, False: loss_out}
        self.double, self.delay = double, delay
        self.random = random.Random(seed)

    @property
    def netdev(self):
        return f"dgram,id=net,local.type=fd,local.str={self.qemus.fileno()}"

    def carry(self):
        while not self.stopping:
            timeout = max(0, self.later[0][0] - time.monotonic()) if self.later else None
            ready = select.select([self.tap, self.ours, self.wake_read], [], [], timeout)[0]
            try:
                if self.tap in ready:
                    self.pass_on(True, os.read(self.tap, 2048))
                if self.ours in ready:
                    self.pass_on(False, self.ours.recv(2048))
            except (BlockingIOError, ConnectionError):
                pass
            while self.later and self.later[0][0] <= time.monotonic():
                _, _, to_guest, frame = heapq.heappop(self.later)
                self.deliver(to_guest, frame)

    def pass_on(self, to_guest, frame):
        self.frames[to_guest] += 1
        if self.on_frame and self.on_frame(to_guest, frame) is False:
            return
        if self.random.random() < self.loss[to_guest]:
            self.lost += 1
            return
        copies = 1 + (self.random.random() < self.double)
        self.doubled += copies - 1
        for _ in range(copies):
            if self.random.random() < self.delay:
                self.delayed += 1
                heapq.heappush(self.later, (time.monotonic() + self.DELAY_S * (1 + self.random.random()),
                                            self.frames[True] + self.frames[False] + len(self.later),
                                            to_guest, frame))
            else:
                self.deliver(to_guest, frame)

    def deliver(self, to_guest, frame):
        try:
            if to_guest:
                self.ours.send(frame)
            else:
                os.write(self.tap, frame)
        except (BlockingIOError, ConnectionError):
            self.lost += 1      # the other end is full or gone, as a cable's can be
