"""install_loop: a board with a slot store that installs one image after the other, and is killed
in the middle of it, with a real card image file.

Each image is the service `ends` with a footer of its own behind it (include/signature_format.h;
a loader without keys does not verify it), so that the bytes in a slot tell which install they
are of. After each kill the card is read without the loader's code, and the board must start what
stands there.

SPDX-License-Identifier: BSD-2-Clause
"""
import collections
import contextlib
import socket
import struct
import threading

from cases import built_bytes
from machine import DEADLINE_S

# Where a kill is counted from, in the order in which they come.
MOMENTS = ("power-on", "boot", "transfer", "install", "installed", "trial", "confirm", "confirmed")

WINDOW = 16
FOOTER = struct.Struct("<QI2s2s8s64s8s")
STARTABLE = ("pending", "trial")


class Killed(Exception):
    """QEMU is dead, as it was to be."""


class InstallLoop:
    def __init__(self, case):
        """case: a SlotsCase. Makes its card, with one image confirmed."""
        self.case = case
        self.service = built_bytes("ends.elf")
        self.installs = 0
        self.confirmed = self.next_image()      # that surely is, as the board said
        self.perhaps = None                     # that may be: the board was asked and not heard
        self.moment, self.delay_s = None, 0
        self.timer = self.peer = None
        self.happened = threading.Event()
        self.found = collections.Counter()      # states of slots after a kill
        case.make_card({})
        case.card.fill({"ends": {"A": (self.confirmed, "confirmed")}}, "ends", {})

    def next_image(self):
        self.installs += 1
        return self.service + FOOTER.pack(len(self.service), 1, b"\0\0", b"Ed", b"killed\0\0",
                                          self.installs.to_bytes(64, "little"), b"PLsigned")

    # ---- killing ----

    def at(self, moment):
        """Here it is; the kill is that long after it."""
        if moment != self.moment:
            return
        if self.delay_s == 0:
            self.kill()
            raise Killed
        self.timer = threading.Timer(self.delay_s, self.kill)
        self.timer.start()

    def kill(self):
        self.happened.set()         # first: who reads QEMU's log is told of its end at once
        self.case.machine.process.kill()
        self.case.machine.process.wait()
        peer = self.peer
        if peer is not None:        # it would wait for an answer: a stranger's ends that
            with (contextlib.suppress(OSError),     # it may be done just now
                  socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger):
                stranger.sendto(b"\0\5\0\0gone\0", ("127.0.0.1", peer.socket.getsockname()[1]))

    def round(self, moment, delay_s):
        """Boots what the last round left, and installs until it is killed, delay_s seconds after
        that moment."""
        self.moment, self.delay_s = moment, delay_s
        self.happened.clear()
        try:
            self.work()
        except (Killed, AssertionError, OSError):
            if not self.happened.is_set():
                raise
        finally:
            if self.timer is not None:
                self.timer.cancel()
                self.timer.join()
                self.timer = None
        self.case.cut_power()
        self.check_card()

    # ---- the board's work ----

    def work(self):
        self.start()
        self.at("boot")
        while True:
            self.install(self.next_image())
            self.confirm()

    def start(self):
        """Power comes on: what is started is what the card says, whatever was killed before."""
        where = self.expected_start()
        self.case.boot_card()
        self.at("power-on")
        self.case.check_started(where)
        self.running = self.case.card.image(where)

    def install(self, image):
        case = self.case
        since = case.log_length()
        with case.peer(wait_s=DEADLINE_S) as self.peer:
            self.peer.begin("slot/ends.elf", blksize=1468, windowsize=WINDOW, tsize=len(image))
            blocks = self.peer.blocks(image)
            half = len(blocks) // 2 // WINDOW * WINDOW
            most = (len(blocks) - 1) // WINDOW * WINDOW
            done = self.peer.put_blocks(blocks[:half])
            self.at("transfer")
            done += self.peer.put_blocks(blocks[done:most], done + 1)
            self.at("install")
            self.peer.put_blocks(blocks[done:], done + 1)
        self.peer = None
        case.machine.wait_for(r"slots: ends .* installed as", since=since)
        self.at("installed")
        case.machine.wait_for(r"slots: ends . is started on trial", since=since)
        self.at("trial")
        case.wait_for_ends(since)
        self.running = image

    def confirm(self):
        self.perhaps = self.running
        self.at("confirm")
        answer = self.case.tell_ends("confirm")
        if "error" in answer:
            raise AssertionError(f"the board does not confirm: {answer}")
        self.confirmed, self.perhaps = self.running, None
        self.at("confirmed")

    # ---- what must be on the card ----

    def expected_start(self):
        """The later install that may be started: docs/storage.md."""
        slots = self.case.card.slots()
        may = [(slot.install, where) for where, slot in slots.items()
               if slot.state == "confirmed" or (slot.state in STARTABLE and slot.tries > 0)]
        return max(may)[1]

    def check_card(self):
        """The image that was confirmed last still is, whole; a trial's image is whole as well."""
        card, case = self.case.card, self.case
        slots = card.slots()
        self.found.update(slot.state for slot in slots.values())
        confirmed = [card.image(where) for where, slot in slots.items() if slot.state == "confirmed"]
        if self.perhaps in confirmed:
            self.confirmed = self.perhaps
        self.perhaps = None
        case.assertIn(self.confirmed, confirmed, f"what was confirmed is not any more: {slots}")
        for where, slot in slots.items():
            if slot.state in STARTABLE + ("confirmed",):
                image = card.image(where)
                case.assertEqual(image[:len(self.service)], self.service, f"{where}: {slots}")
                case.assertEqual(len(image), len(self.service) + FOOTER.size, f"{where}: {slots}")
