"""traffic: asks a machine with payloads/traffic, or Linux with tests/bench/peer/traffic.c on
the same emulated machine, for what a network figure is made of. Both are asked alike.

What goes into the machine is paced, and the figure is the highest rate of which at most 1 %
is lost (as RFC 2544, section 26.1, with that allowance: an emulator on a busy host stumbles).
What comes out of it sets its own pace; it is what arrives here that counts.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import socket
import struct
import time

from measure import exchange, percentile

ECHO_PORT, COUNT_PORT, SEND_PORT = 7, 9, 19

LOSS = 0.01
TRIAL_S = 0.5           # how long a rate must hold
TRIAL_DATAGRAMS = 400   # and for at least so many: 0.5 MB, more than buffers on the way hold
STEPS = 5               # between a rate that held and its double: to 3 %
REPORT_S, REPORTS, REQUESTS = 2, 10, 3
RECEIVE_BUFFER = 4 << 20
SO_RCVBUFFORCE = 33


class Traffic:
    """The machine's three ports, as they are reached from here."""

    def __init__(self, ports, address="127.0.0.1"):
        """ports: {the machine's port: the port here}."""
        self.sockets = {port: self.connect(address, ports[port])
                        for port in (ECHO_PORT, COUNT_PORT, SEND_PORT)}

    @staticmethod
    def connect(address, port):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            client.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
        except PermissionError:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        client.connect((address, port))
        client.settimeout(2)
        return client

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.sockets.values():
            client.close()

    # ---- one after the other's answer ----

    def latency(self, size, count, warm_up=20):
        """The median of the round trip, in seconds."""
        client = self.sockets[ECHO_PORT]
        exchange(client, [os.urandom(size)] * warm_up)
        return percentile(exchange(client, [os.urandom(size) for _ in range(count)]), 0.5)

    # ---- into the machine ----

    def report(self):
        """How many datagrams have arrived there since the last report, waiting until no more
        do: one that was sent before a report may come after it. A report can be lost where a
        datagram can: what it would have told is missing then, as if lost."""
        client, total = self.sockets[COUNT_PORT], 0
        client.settimeout(REPORT_S)
        for _ in range(REPORTS):
            client.send(b"report")
            try:
                datagrams = int(client.recv(100).split()[0])
            except socket.timeout:
                continue
            if datagrams == 0:
                return total
            total += datagrams
        raise AssertionError(f"after {REPORTS} reports the machine still tells of datagrams, or nothing")

    def push(self, size, count, per_second):
        """Sends so many at that pace; returns (how many arrived, seconds of sending)."""
        client, content = self.sockets[COUNT_PORT], bytes(size)
        start = time.perf_counter()
        for number in range(count):
            early = start + number / per_second - time.perf_counter()
            if early > 0:
                time.sleep(early)
            client.send(content)
        took = time.perf_counter() - start
        return self.report(), took

    def holds(self, size, per_second):
        """Datagrams per second that arrived, if all but 1 % did at this pace; else None."""
        sent = max(TRIAL_DATAGRAMS, int(per_second * TRIAL_S))
        arrived, took = self.push(size, sent, per_second)
        return arrived / took if arrived >= sent * (1 - LOSS) else None

    def rate_in(self, size):
        """The highest rate into the machine, in bytes of UDP content per second."""
        self.report()
        good = 0.5 / self.latency(size, 50)     # what goes in and comes out can go in
        best = self.holds(size, good)
        if best is None:
            raise AssertionError(f"{good:.0f} datagrams of {size} bytes per second are echoed, and not counted")
        while (arrived := self.holds(size, good * 2)) is not None:
            if arrived < good * 1.2:
                break           # it is this side that sends no faster
            good, best = good * 2, arrived
        step = 2 ** (1 / 2)
        for _ in range(STEPS):
            arrived = self.holds(size, good * step)
            if arrived is not None:
                good, best = good * step, arrived
            step = step ** (1 / 2)
        return best * size

    # ---- out of the machine ----

    def pull(self, size, count):
        """Has so many sent; returns (how many arrived, seconds from first to last)."""
        client = self.sockets[SEND_PORT]
        client.settimeout(REPORT_S)
        arrived, first, last, asked = 0, None, None, 0
        while arrived < count:
            if not arrived:
                client.send(b"send %d %d" % (count, size))
                asked += 1
            try:
                content = client.recv(2048)
            except socket.timeout:
                if arrived or asked == REQUESTS:
                    break
                continue
            last = time.perf_counter()
            first = first or last
            arrived += 1
            if len(content) != size:
                raise AssertionError(f"a datagram of {len(content)} bytes where {size} were asked for")
            if struct.unpack(">I", content[:4])[0] == count - 1:
                break
        if arrived < 2:
            raise AssertionError(f"of {count} datagrams that were asked for {arrived} came")
        return arrived, last - first

    def rate_out(self, size, count):
        """The rate out of the machine, in bytes of UDP content per second."""
        arrived, took = self.pull(size, count)
        return (arrived - 1) * size / took
