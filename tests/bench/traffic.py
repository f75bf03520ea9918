"""traffic: asks a machine with payloads/traffic, or Linux with tests/bench/peer/traffic.c on
the same emulated machine, for what a network figure is made of. Both are asked alike.

Rates are medians over batches: so many datagrams at once as the buffers on the way hold, then
the question how many have arrived, or for the next so many. Nothing need be lost then, no pace has to
be found, and a moment in which the host had other work spoils one batch and not the figure.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import socket
import statistics
import struct
import time

from measure import exchange

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

    def begin(self):
        """Waits until the machine answers at all."""
        for _ in range(TRIES):
            try:
                return exchange(self.sockets[ECHO_PORT], [b"begin"])
            except (socket.timeout, ConnectionRefusedError):
                continue
        raise AssertionError("the machine does not echo")

    def latency(self, size, count, warm_up=20):
        """The median of the round trip, in seconds."""
        self.begin()
        client = self.sockets[ECHO_PORT]
        exchange(client, [os.urandom(size)] * warm_up)
        return statistics.median(exchange(client, [os.urandom(size) for _ in range(count)]))

    # ---- into the machine ----

    def report(self):
        """How many datagrams have arrived since the last report. It goes the way that they go, so
        it comes behind them."""
        client = self.sockets[COUNT_PORT]
        for _ in range(TRIES):
            client.send(b"report")
            try:
                return int(client.recv(100).split()[0])
            except socket.timeout:
                continue
        raise AssertionError("the machine does not report")

    def push(self, size):
        """One batch; returns (how many arrived, seconds until that was told)."""
        client, content = self.sockets[COUNT_PORT], bytes(size)
        start = time.perf_counter()
        for _ in range(BATCH):
            client.send(content)
        arrived = self.report()
        return arrived, time.perf_counter() - start

    def rate_in(self, size, batches=BATCHES):
        """Bytes of UDP content per second that arrive in the machine, and the share that is lost."""
        self.begin()
        self.report()
        results = [self.push(size) for _ in range(WARM_UP + batches)][WARM_UP:]
        return self.summary(results, size, batches)

    # ---- out of the machine ----

    def pull(self, size):
        """Asks for a batch; returns (how many arrived, seconds from the request to the last)."""
        client, arrived = self.sockets[SEND_PORT], 0
        start = last = time.perf_counter()
        client.send(b"send %d %d" % (BATCH, size))
        while arrived < BATCH:
            try:
                content = client.recv(2048)
            except socket.timeout:
                break
            last = time.perf_counter()
            if len(content) != size:
                raise AssertionError(f"a datagram of {len(content)} bytes where {size} were asked for")
            arrived += 1
            if struct.unpack(">I", content[:4])[0] == BATCH - 1:
                break
        return arrived, last - start

    def rate_out(self, size, batches=BATCHES):
        """Bytes of UDP content per second that arrive from the machine, and the share that is lost."""
        self.begin()
        results = [self.pull(size) for _ in range(WARM_UP + batches)][WARM_UP:]
        return self.summary(results, size, batches)

    @staticmethod
    def summary(results, size, batches):
        lost = 1 - sum(arrived for arrived, _ in results) / (BATCH * batches)
        rates = [arrived * size / took for arrived, took in results if arrived]
        if not rates:
            raise AssertionError(f"nothing of {batches} batches has arrived")
        return statistics.median(rates), lost
