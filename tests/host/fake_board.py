"""fake_board: plays a board for the pilot command: TFTP on a port of the loopback.

It answers from the port it was asked at, as the board does, serves status, log, live, core
and slots, and takes pushes and selections. It is on its own thread and knows how to misbehave:
`lose` says of each datagram, by direction and running number, whether it is lost; `hostile` may
answer a datagram instead of the board.

SPDX-License-Identifier: BSD-2-Clause
"""
import select
import socket
import struct
import threading
import time

RRQ, WRQ, DATA, ACK, ERROR, OACK = range(1, 7)
REPEAT_S = 0.05


def data(number, content=b""):
    return struct.pack("!HH", DATA, number & 0xFFFF) + content


def ack(number):
    return struct.pack("!HH", ACK, number & 0xFFFF)


def error(code, text):
    return struct.pack("!HH", ERROR, code) + text.encode("latin-1") + b"\0"


def oack(options):
    return struct.pack("!H", OACK) + b"".join(b"%s\0%d\0" % (name.encode(), value)
                                             for name, value in options.items())


def syslog(sequence, centiseconds, text):
    return (f'<134>1 - 00000000c0ffee01 dns - - [meta sequenceId="{sequence}" '
            f'sysUpTime="{centiseconds}"] {text}').encode("latin-1")


class Transfer:
    """One client's read or write."""

    def __init__(self, name, options, content=None):
        self.name, self.content = name, content      # content: of a read
        self.block = options.get("blksize", 512)
        self.window = options.get("windowsize", 1)
        self.acked = 0              # blocks, either way
        self.received = bytearray()
        self.in_window = 0
        self.answer = []            # what is repeated when nothing comes
        self.repeat_at = time.monotonic() + REPEAT_S
        self.ended = False

    def blocks(self):
        return len(self.content) // self.block + 1


class FakeBoard:
    def __init__(self, **status):
        self.status = {"service": "dns", "version": "1.4.1", "boot_id": "0x11", "state": "confirmed",
                       "loader": "0.2.0", "deploy": "any", "redeploys": "3"}
        self.status.update(status)
        self.log, self.core = "", None
        self.slots = None                # the table, as text; None: a board of before there were any
        self.pushed = []                 # (name, content)
        self.refusal = None              # the sentence that a push is answered with
        self.after_push = None           # called with the content when a push is complete
        self.silent_until = 0.0          # nothing is received before
        self.with_options, self.options_error = True, False
        self.window_max, self.block_max = 16, 1468
        self.lose = lambda direction, number: False
        self.hostile = None              # (datagram) -> list of answers, or None: as usual
        self.reads = []                  # names, as they were asked for
        self.listeners = {}
        self.sequence = 0
        self.counts = {"in": 0, "out": 0}
        self.transfers = {}
        self.lock = threading.RLock()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.name = f"127.0.0.1:{self.port}"
        self.failure = None
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        if self.stopping:
            return
        self.stopping = True
        self.thread.join()
        self.socket.close()
        if self.failure:
            raise self.failure

    def becomes(self, **status):
        """A new service runs: what is known of clients is forgotten."""
        with self.lock:
            self.status.update({key: value for key, value in status.items() if value is not None})
            for key, value in status.items():
                if value is None:
                    self.status.pop(key, None)
            self.listeners, self.sequence = {}, 0

    def say(self, seconds, text, live=True, number=None):
        """A line of the log: into the ring, and to who listens."""
        with self.lock:
            self.log += f"[{seconds:11.6f}] {text}\n"
            self.sequence += 1
            if live:
                for to in self.listeners:
                    self.send(syslog(number or self.sequence, int(seconds * 100), text), to)

    # ---- the wire ----

    def send(self, datagram, to):
        self.counts["out"] += 1
        if not self.lose("out", self.counts["out"]):
            self.socket.sendto(datagram, to)

    def run(self):
        try:
            while not self.stopping:
                ready, _, _ = select.select([self.socket], [], [], REPEAT_S / 5)
                with self.lock:
                    if ready:
                        self.take(*self.socket.recvfrom(2048))
                    self.repeat()
        except Exception as problem:    # told to the test, on its thread
            self.failure = problem

    def take(self, datagram, client):
        self.counts["in"] += 1
        if time.monotonic() < self.silent_until or self.lose("in", self.counts["in"]):
            return
        if self.hostile:
            answers = self.hostile(datagram)
            if answers is not None:
                for answer in answers:
                    self.send(answer, client)
                return
        kind = struct.unpack("!H", datagram[:2])[0]
        if kind in (RRQ, WRQ):
            self.begin(kind, datagram[2:], client)
        elif client in self.transfers and kind in (DATA, ACK):
            number = struct.unpack("!H", datagram[2:4])[0]
            transfer = self.transfers[client]
            if kind == DATA and transfer.content is None:
                self.take_data(transfer, client, number, datagram[4:])
            elif kind == ACK and transfer.content is not None:
                self.take_ack(transfer, client, number)
        elif kind == ERROR:
            self.transfers.pop(client, None)

    def repeat(self):
        now = time.monotonic()
        for client, transfer in list(self.transfers.items()):
            if not transfer.ended and now >= transfer.repeat_at:
                self.answer(transfer, client, transfer.answer)

    def answer(self, transfer, client, packets):
        transfer.answer = packets
        transfer.repeat_at = time.monotonic() + REPEAT_S
        for packet in packets:
            self.send(packet, client)

    # ---- requests ----

    def options(self, words, kind):
        known = {"blksize": self.block_max, "windowsize": self.window_max}
        asked = dict(zip(words[0::2], words[1::2]))
        granted = {name: min(int(asked[name]), most) for name, most in known.items() if name in asked}
        if kind == WRQ and "tsize" in asked:
            granted["tsize"] = int(asked["tsize"])
        return granted if self.with_options else {}

    def begin(self, kind, rest, client):
        name, mode, *words = [word.decode("latin-1") for word in rest.split(b"\0")[:-1]]
        assert mode == "octet", mode
        if words and self.options_error:
            self.send(error(8, "no options"), client)
            return
        granted = self.options(words, kind)
        if kind == WRQ:
            if self.refusal and self.refusal[0] == "at once":
                self.send(error(0, self.refusal[1]), client)
                return
            transfer = Transfer(name, granted)
            first = [oack(granted) if granted else ack(0)]
        else:
            self.reads.append(name)
            content = self.file(name)
            if content is None:
                self.send(error(1, f"there is no file {name}"), client)
                return
            if name == "live":
                self.listeners[client] = True
            transfer = Transfer(name, granted, content)
            first = [oack(granted)] if granted else self.window_of(transfer)
        self.transfers[client] = transfer
        self.answer(transfer, client, first)

    def file(self, name):
        if name == "status":
            return "".join(f"{key} = {value}\n" for key, value in self.status.items()).encode("latin-1")
        if name == "slots" and self.slots is not None:
            return self.slots.encode("latin-1")
        return {"log": self.log.encode("latin-1"), "live": b"", "core": self.core}.get(name)

    # ---- reads ----

    @staticmethod
    def window_of(transfer):
        first = transfer.acked
        return [data(i + 1, transfer.content[i * transfer.block:(i + 1) * transfer.block])
                for i in range(first, min(first + transfer.window, transfer.blocks()))]

    def take_ack(self, transfer, client, number):
        ahead = (number - transfer.acked) & 0xFFFF
        if ahead > transfer.window:
            return
        transfer.acked += ahead
        if transfer.acked == transfer.blocks():
            transfer.ended = True
        elif ahead or number == 0:
            self.answer(transfer, client, self.window_of(transfer))

    # ---- writes ----

    def take_data(self, transfer, client, number, content):
        ahead = (number - transfer.acked - 1) & 0xFFFF
        if transfer.ended or ahead != 0:
            # What was lost, or an ACK of ours was: say how far we are.
            self.answer(transfer, client, transfer.answer if transfer.ended else [ack(transfer.acked)])
            transfer.in_window = 0
            return
        transfer.acked += 1
        transfer.received += content
        transfer.in_window += 1
        if len(content) < transfer.block:
            transfer.ended = True
            if self.refusal:
                self.answer(transfer, client, [error(0, self.refusal[1])])
                return
            self.answer(transfer, client, [ack(transfer.acked)])
            self.pushed.append((transfer.name, bytes(transfer.received)))
            if self.after_push:
                self.after_push(transfer.received)
        elif transfer.in_window == transfer.window:
            transfer.in_window = 0
            self.answer(transfer, client, [ack(transfer.acked)])
