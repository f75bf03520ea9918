"""traffic: asks a machine with payloads/traffic, or Linux with tests/bench/peer/traffic.c on
the same emulated machine, for what a network figure is made of. Both are asked alike.

Rates are medians over batches: so many datagrams at once as the buffers on the way hold, then
the question how many have arrived, or for the next so many. Nothing need be lost then, no pace has to
be found, and a moment in which the host had other work spoils one batch and not the figure.
Each question has a number: an answer that comes late, or a second one, is nobody else's.

SPDX-License-Identifier: BSD-2-Clause
"""
import itertools
import os
import socket
import statistics
import struct
import time

ECHO_PORT, COUNT_PORT, SEND_PORT = 7, 9, 19

BATCH = 64              # datagrams: a socket's default buffer here holds 90 full ones
BATCHES, WARM_UP = 30, 10
TRIES = 5               # of a question whose datagram, or whose answer, was lost
ANSWER_S = 2


class Traffic:
    """The machine's three ports, as they are reached from here."""

    def __init__(self, ports, address="127.0.0.1"):
        """ports: {the machine's port: the port here}."""
        self.sockets = {port: self.connect(address, ports[port])
                        for port in (ECHO_PORT, COUNT_PORT, SEND_PORT)}
        self.numbers, self.counted = itertools.count(1), None

    @staticmethod
    def connect(address, port):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.connect((address, port))
        client.settimeout(ANSWER_S)
        return client

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.sockets.values():
            client.close()

    # ---- one after the other's answer ----

    def echo(self, size):
        """Seconds of one round trip."""
        client, content = self.sockets[ECHO_PORT], os.urandom(size)
        for _ in range(TRIES):
            start = time.perf_counter()
            try:
                client.send(content)
                while client.recv(2048) != content:
                    pass
                return time.perf_counter() - start
            except (socket.timeout, ConnectionRefusedError):
                continue
        raise AssertionError("the machine does not echo")

    def latency(self, size, count, warm_up=20):
        """The median of the round trip, in seconds."""
        return statistics.median([self.echo(size) for _ in range(warm_up + count)][warm_up:])

    # ---- into the machine ----

    def report(self, what=b"report"):
        """[datagrams, bytes] that have arrived since the start. The question goes the way that they
        go, so it comes behind them. Of our service also b"errors": [those of its device]."""
        client, number = self.sockets[COUNT_PORT], next(self.numbers)
        for _ in range(TRIES):
            try:
                client.send(b"%s %d" % (what, number))
                while True:
                    asked, *counts = map(int, client.recv(100).split())
                    if asked == number:
                        return counts
            except (socket.timeout, ConnectionRefusedError):
                continue
        raise AssertionError("the machine does not report")

    def push(self, size):
        """One batch; returns (how many arrived, seconds until that was told)."""
        client, content = self.sockets[COUNT_PORT], bytes(size)
        if self.counted is None:
            self.counted = self.report()[0]
        before, start = self.counted, time.perf_counter()
        for _ in range(BATCH):
            client.send(content)
        self.counted = self.report()[0]
        return self.counted - before, time.perf_counter() - start

    def rate_in(self, size, batches=BATCHES):
        """Bytes of UDP content per second that arrive in the machine, and the share that is lost."""
        results = [self.push(size) for _ in range(WARM_UP + batches)][WARM_UP:]
        return self.summary(results, size, batches)

    # ---- out of the machine ----

    def pull(self, size):
        """Asks for a batch; returns (how many arrived, seconds from the request to the last)."""
        client, request, numbers = self.sockets[SEND_PORT], next(self.numbers), set()
        start = last = time.perf_counter()
        client.send(b"send %d %d %d" % (request, BATCH, size))
        while len(numbers) < BATCH:
            try:
                content = client.recv(2048)
            except socket.timeout:
                break
            asked, number = struct.unpack_from(">II", content)
            if asked != request:
                continue        # of a batch that was given up
            last = time.perf_counter()
            if len(content) != size:
                raise AssertionError(f"a datagram of {len(content)} bytes where {size} were asked for")
            numbers.add(number)
            if number == BATCH - 1:
                break
        return len(numbers), last - start

    def rate_out(self, size, batches=BATCHES):
        """Bytes of UDP content per second that arrive from the machine, and the share that is lost."""
        results = [self.pull(size) for _ in range(WARM_UP + batches)][WARM_UP:]
        return self.summary(results, size, batches)

    @staticmethod
    def summary(results, size, batches):
        lost = 1 - sum(arrived for arrived, _ in results) / (BATCH * batches)
        rates = [arrived * size / took for arrived, took in results if arrived]
        if not rates:
            raise AssertionError(f"nothing of {batches} batches has arrived")
        return statistics.median(rates), lost
