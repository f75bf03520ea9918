"""Two hundred hand-backs in a row leave the board as they found it; `make soak` has ten
thousand.

SPDX-License-Identifier: BSD-2-Clause
"""
from hand_back_loop import HandBackLoop
from redeploy import ADOPTED, BoardCase


class TestHandBacks(BoardCase):
    hand_backs = 200

    def test_nothing_runs_out(self):
        self.boot_service("ends", arguments="-- confirm")
        HandBackLoop(self).run(self.hand_backs)
        self.check_log(ADOPTED)
