"""hand_back_loop: a board that is handed back again and again, in every way a service can ask
for, with an eye on whatever could run out.

SPDX-License-Identifier: BSD-2-Clause
"""
import re

from cases import READY, built_bytes
from redeploy import ENUMERATED

KINDS = ("push", "reboot", "next")

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

    def once(self, kind):
        """Hands the board back and looks at the service that follows."""
        since = self.board.log_length()
        if kind == "push":
            self.board.push_bytes(self.image, "ends.elf")
        elif kind == "next":
            self.board.tell_ends("next ends.elf", answers=False)
        else:
            self.board.tell_ends("reboot")
        self.board.wait_for_service("ends", since)
        self.done += 1
        self.check_state(kind, self.board.tell_ends("state"))

    def check_state(self, kind, state):
        board = self.board
        board.assertNotIn(state["boot"], self.boots, "that boot id was there before")
        self.boots.add(state["boot"])
        constant = {key: state[key] for key in CONSTANT}
        board.assertEqual(constant, self.constant.setdefault(kind, constant),
                          f"hand-back {self.done}, {kind}")
        board.assertEqual((state["errors"], state["dropped"]), ("0", "0"))
        board.assertLess(int(state["stack"]), STACK_MAX)

    def check_status(self):
        """The loader's own numbers: every hand-back is counted, nothing went wrong."""
        status = self.board.status()
        pushes = self.done // len(KINDS) + (self.done % len(KINDS) > 0)
        self.board.assertEqual((status["hand_backs"], status["redeploys"], status["crashes"]),
                               (str(self.done), str(pushes), "0"))
        self.board.assertEqual({key: status[key] for key in ("deploy", "loader", "fallback")},
                               {key: self.first[key] for key in ("deploy", "loader", "fallback")})
        log = self.board.fetch("log")
        self.board.assertIn(b"ends: commands are taken", log[-2000:])

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
        for number in range(times):
            kind = KINDS[number % len(KINDS)]
            self.once(kind)
            after_each(number, kind)
        self.check_status()
        self.check_hand_over(since)
