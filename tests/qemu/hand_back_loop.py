"""hand_back_loop: a board that is handed back again and again, in every way a service can ask
for, and taken back when it crashes, with an eye on whatever could run out.

SPDX-License-Identifier: BSD-2-Clause
"""
import re

from cases import READY, built_bytes
from redeploy import ENUMERATED

# By kind, how much further the loader's counts are then: hand-backs, redeploys, crashes. In this
# order: a third failure in a row would mean a pause (loader/policy.h), and a push ends the row.
KINDS = {
    "push": (1, 1, 0),
    "reboot": (1, 0, 0),
    "next": (1, 0, 0),
    "crash": (0, 0, 1),
    "exit": (1, 0, 0),
}
COUNTS = ("hand_backs", "redeploys", "crashes")
WITHOUT_ANSWER = {"next": "next ends.elf", "crash": "crash", "exit": "exit 3"}

# Each so many: what the loader kept of the log is compared with what the console had.
LOG_EVERY = 100

# Of payloads/ends' account of itself: what must be the same for every service after the same
# kind of hand-back. What is sent and received depends on time.
CONSTANT = ("argc", "heap", "used", "peak", "errors", "dropped")

# A host that is busy may let the machine stand still for longer than a device has to answer
# whoever takes it over; it is enumerated then. So many hand-backs to one of those.
PER_REFUSAL = 50
REFUSED = r"not taken over.*: timeout"

# A service's stack is deeper when an interrupt's work falls into a deep place.
STACK_MAX = 8192


class HandBackLoop:
    """board: a Board of redeploy.py that was booted with the service ends, told to confirm
    itself (its argument)."""

    def __init__(self, board):
        self.board = board
        self.image = built_bytes("ends.elf")
        self.constant = {}      # by kind
        self.boots = set()
        self.done = 0
        board.machine.wait_for(READY)
        self.first = board.status()
        self.counts = [int(self.first[name]) for name in COUNTS]
        self.cores = 0

    def once(self, kind):
        """Hands the board back and looks at the service that follows."""
        since = self.board.log_length()
        # Nobody but one that crashes leaves reception on.
        self.board.forgive_reception(self.board.machine, kind == "crash")
        if kind == "push":
            self.board.push_bytes(self.image, "ends.elf")
        elif kind in WITHOUT_ANSWER:
            self.board.tell_ends(WITHOUT_ANSWER[kind], answers=False)
        else:
            self.board.tell_ends("reboot")
        self.board.wait_for_service("ends", since)
        self.done += 1
        self.check_state(kind, self.board.tell_ends("state"))
        self.check_status(kind)
        if self.done % LOG_EVERY == 0:
            self.check_log()

    def check_state(self, kind, state):
        board = self.board
        board.assertNotIn(state["boot"], self.boots, "that boot id was there before")
        self.boots.add(state["boot"])
        constant = {key: state[key] for key in CONSTANT}
        board.assertEqual(constant, self.constant.setdefault(kind, constant),
                          f"hand-back {self.done}, {kind}")
        board.assertEqual((state["errors"], state["dropped"]), ("0", "0"))
        board.assertLess(int(state["stack"]), STACK_MAX)

    def check_status(self, kind):
        """The loader's own numbers: that one is counted, and nothing else is new."""
        board, status = self.board, self.board.status()
        self.counts = [count + more for count, more in zip(self.counts, KINDS[kind])]
        board.assertEqual([int(status[name]) for name in COUNTS], self.counts,
                          f"hand-back {self.done}, {kind}")
        same = ("deploy", "loader", "service", "state")
        board.assertEqual({key: status[key] for key in same}, {key: self.first[key] for key in same})
        board.assertEqual(status["fallback"], "ends 1.0.0")
        self.cores += kind == "crash"
        board.assertEqual(status.get("core_number", "0"), str(self.cores))

    def check_core(self):
        """The last one, whole."""
        core = self.board.fetch("core")
        self.board.assertEqual(len(core), int(self.board.status()["core_bytes"]))
        self.board.assertEqual(core[:4], b"\x7fELF")

    def check_log(self):
        """What is kept is what the console had: the same lines up to the last, none left out."""
        kept = self.board.fetch("log").decode("ascii").splitlines()
        machine = self.board.machine
        last = machine.wait_for(re.escape(kept[-1]) + "$").number
        with machine.changed:
            printed = machine.lines[max(0, last + 1 - len(kept)):last + 1]
        self.board.assertEqual(kept, printed)

    def check_hand_over(self, since):
        """Devices were taken over, and anew only when that was refused."""
        with self.board.machine.changed:
            lines = self.board.machine.lines[since:]
        refused = sum(1 for line in lines if re.search(REFUSED, line))
        self.board.assertEqual(sum(1 for line in lines if re.search(ENUMERATED, line)), refused)
        self.board.assertLessEqual(refused, self.done / PER_REFUSAL)
        self.board.check_log("fault: ", since, has=False)

    def run(self, times, after_each=lambda number, kind: None):
        since = self.board.log_length()
        kinds = list(KINDS)
        for number in range(times):
            kind = kinds[number % len(kinds)]
            self.once(kind)
            after_each(number, kind)
        self.check_log()
        self.check_core()
        self.check_hand_over(since)
