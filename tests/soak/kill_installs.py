#!/usr/bin/env python3
"""kill_installs: QEMU is killed (SIGKILL) at random moments of an install loop, again and again,
with one card image file: what was confirmed must always be there, and be started.

    tests/soak/kill_installs.py [N [SEED]]      N kills, 200 unless told

The moments are drawn by a generator with a seed that is printed: half of them anywhere in a
round, half while the card is being written. What QEMU does until then depends on the host, so a
seed brings the moments back, not the writes; `make powerloss` has each write. When something is
wrong the card stays as build/killed-card.img. Exit status 1 then.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import random
import shutil
import sys
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "qemu"))

from install_loop import InstallLoop
from machine import BUILD
from slots_case import SlotsCase

KILLS = 200
REPORT_EVERY = 20


class KillInstalls(SlotsCase):
    kills, seed = KILLS, None

    def test_kills_at_random_moments(self):
        generator = random.Random(self.seed)
        loop = InstallLoop(self)
        round_s, install_s = self.measure(loop)
        print(f"seed {self.seed}; a round takes {round_s:.1f} s, the card's part {install_s:.2f} s",
              flush=True)
        begin, done = time.monotonic(), 0
        try:
            while done < self.kills:
                if generator.random() < 0.5:
                    moment, delay_s = "power-on", generator.uniform(0, 1.2 * round_s)
                else:
                    moment, delay_s = "install", generator.uniform(0, 1.5 * install_s)
                what = f"kill {done + 1}, {delay_s:.3f} s after {moment}"
                loop.round(moment, delay_s)
                done += 1
                if done % REPORT_EVERY == 0:
                    print(f"{done} kills, {loop.installs} installs begun, in "
                          f"{time.monotonic() - begin:.0f} s", flush=True)
            what = "the last start"
            loop.start()
            print("states of slots that were found: " + ", ".join(
                f"{number} {state}" for state, number in sorted(loop.found.items())), flush=True)
        except BaseException:
            kept = os.path.join(BUILD, "killed-card.img")
            shutil.copy(self.card.path, kept)
            print(f"seed {self.seed}, {what}: the card is {kept}", flush=True)
            raise

    @staticmethod
    def measure(loop):
        """Seconds of a whole round, and of it from the last of a transfer to the confirmation."""
        times = {}
        begin = time.monotonic()
        at = loop.at

        def note(moment):
            times.setdefault(moment, time.monotonic() - begin)
            at(moment)

        loop.at = note
        loop.round("confirmed", 0)
        loop.at = at
        return times["confirmed"] - times["power-on"], times["confirmed"] - times["install"]


def main(arguments):
    KillInstalls.kills = int(arguments[0]) if arguments else KILLS
    KillInstalls.seed = int(arguments[1]) if len(arguments) > 1 else random.SystemRandom().getrandbits(32)
    result = unittest.TextTestRunner(verbosity=0).run(KillInstalls("test_kills_at_random_moments"))
    if result.wasSuccessful():
        print(f"{KillInstalls.kills} kills, 0 failed")
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(sys.argv[1:]))
