"""QEMU is killed at each stage of an install, and the board then starts what it should. The same
two hundred times at random moments is part of `make soak` (tests/soak/kill_installs.py), and at
each single write `make powerloss`.

SPDX-License-Identifier: BSD-2-Clause
"""
from install_loop import MOMENTS, InstallLoop
from slots_case import SlotsCase


class TestKilledInstalls(SlotsCase):
    def test_a_board_killed_at_each_stage_of_an_install_starts_what_was_confirmed(self):
        loop = InstallLoop(self)
        for moment in MOMENTS:
            with self.subTest(moment):
                loop.round(moment, 0)
        loop.start()

    def test_a_board_killed_while_it_writes_to_the_card_starts_what_was_confirmed(self):
        loop = InstallLoop(self)
        for delay_ms in (5, 20, 60):
            with self.subTest(delay_ms):
                loop.round("install", delay_ms / 1000)
        loop.start()
