"""echo_window: many datagrams to an echo service, several on their way at any time, each
compared with what comes back.

SPDX-License-Identifier: BSD-2-Clause
"""
import random
import select
import socket
import struct
import time

LOST_AFTER_S = 1.0      # a datagram unanswered for so long is sent again, and counted
TRIES_MAX = 10


class EchoWindow:
    """Sends count datagrams of the sizes given in turn to an echo service."""

    def __init__(self, address, port, *, window=16, seed=1):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((address, port))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.window = window
        # Any part of it is a datagram's content, by its number.
        self.pool = random.Random(seed).randbytes(1 << 16)
        self.sent_bytes = self.again = self.late = 0
        self.under_way = {}     # the longest under way first

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def content(self, number, size):
        at = number * 7919 % (len(self.pool) - size)
        return struct.pack(">I", number) + self.pool[at:at + size - 4]

    def send(self, number, size, tries):
        self.under_way[number] = (time.monotonic(), size, tries)
        self.socket.send(self.content(number, size))

    def take(self):
        answer = self.socket.recv(2048)
        number, = struct.unpack_from(">I", answer)
        if number not in self.under_way:
            self.late += 1      # the first of two answers has been here
            return
        _, size, _ = self.under_way.pop(number)
        if answer != self.content(number, size):
            raise AssertionError(f"datagram {number} of {size} bytes came back changed")
        self.sent_bytes += size

    def send_again(self):
        """What has been under way for too long. Returns when to look again, in seconds."""
        while self.under_way:
            number, (since, size, tries) = next(iter(self.under_way.items()))
            left = since + LOST_AFTER_S - time.monotonic()
            if left > 0:
                return left
            if tries == TRIES_MAX:
                raise AssertionError(f"datagram {number} of {size} bytes was lost {tries} times")
            self.again += 1
            del self.under_way[number]
            self.send(number, size, tries + 1)
        return LOST_AFTER_S

    def run(self, count, sizes, note=None):
        number = 0
        while number < count or self.under_way:
            while number < count and len(self.under_way) < self.window:
                self.send(number, sizes[number % len(sizes)], 1)
                number += 1
                if note:
                    note(number)
            left = self.send_again()
            if self.again > count // 100 + 10:
                raise AssertionError(f"{self.again} of {number} datagrams had to be sent again")
            if select.select([self.socket], [], [], left)[0]:
                self.take()
        self.take_late()

    def take_late(self):
        """Of two answers to what was sent again, the second may still come."""
        deadline = time.monotonic() + LOST_AFTER_S
        while self.late < self.again and time.monotonic() < deadline:
            if select.select([self.socket], [], [], LOST_AFTER_S)[0]:
                self.take()
