"""Two hundred hand-backs in a row leave the board as they found it; `make soak` has ten
thousand.

SPDX-License-Identifier: BSD-2-Clause
"""
from hand_back_loop import HandBackLoop
from redeploy import ADOPTED, ENUMERATED, BoardCase

HAND_BACKS = 200


class TestHandBacks(BoardCase):
    def test_nothing_runs_out(self):
        self.boot_service("ends", arguments="-- confirm")
        loop = HandBackLoop(self)
        since = self.log_length()
        loop.run(HAND_BACKS)
        self.assertFalse(self.machine.has_line(ENUMERATED, since), self.machine.log())
        self.assertTrue(self.machine.has_line(ADOPTED, since), self.machine.log())
        self.assertFalse(self.machine.has_line("fault: ", since), self.machine.log())
