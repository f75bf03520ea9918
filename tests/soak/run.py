#!/usr/bin/env python3
"""run: hands one board back many times and looks for whatever runs out, grows or gets slower.

    tests/soak/run.py [N]       N hand-backs, crashes among them, 10,000 unless told

The checks of each hand-back are tests/qemu/hand_back_loop.py's. Beside them the instructions
that each kind of hand-back takes are compared between the first of them and the last: what
grows shows there, wherever it is. Needs build/count.so. Exit status 1 if anything is wrong.

SPDX-License-Identifier: BSD-2-Clause
"""
import mmap
import os
import statistics
import struct
import sys
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "qemu"))

from hand_back_loop import KINDS, HandBackLoop
from machine import BUILD
from redeploy import BoardCase

HAND_BACKS = 10000
COMPARED = 100          # of each kind, at either end
# Until then the log that outlives the services fills up: each new start of the loader checks
# what is in it, and takes longer for more.
LEFT_OUT = 35           # of each kind
REPORT_EVERY = 500

# Of the lower quartile: packets that come twice and idle instructions are among those counted.
GROWTH_MAX = 0.01


class Soak(BoardCase):
    hand_backs = HAND_BACKS

    def test_many_hand_backs(self):
        count_path = os.path.join(self.folder, "count")
        self.boot_service("ends", arguments="-- confirm",
                          options=("-plugin", f"{BUILD}/count.so,count={count_path}"))
        loop = HandBackLoop(self)
        with open(count_path, "rb") as source:
            count = self.open(mmap.mmap(source.fileno(), 8, prot=mmap.PROT_READ))
        instructions = {kind: [] for kind in KINDS}
        before, begin = self.read(count), time.monotonic()

        def note(number, kind):
            nonlocal before
            now = self.read(count)
            instructions[kind].append(now - before)
            before = now
            if (number + 1) % REPORT_EVERY == 0:
                print(f"{number + 1} hand-backs in {time.monotonic() - begin:.0f} s", flush=True)

        loop.run(self.hand_backs, note)
        for kind, counts in instructions.items():
            self.compare(kind, counts)

    @staticmethod
    def read(count):
        return struct.unpack("<Q", count[:8])[0]

    def compare(self, kind, counts):
        counts = counts[LEFT_OUT:]
        share = min(COMPARED, len(counts) // 2)
        self.assertGreaterEqual(share, 5, f"{kind}: too few hand-backs to compare any")
        first = statistics.quantiles(counts[:share], n=4)[0]
        last = statistics.quantiles(counts[-share:], n=4)[0]
        print(f"{kind}: {first / 1e6:.3f} M instructions at the beginning, {last / 1e6:.3f} M at the "
              f"end, from one service's answer to the next one's")
        self.assertLess(abs(last - first), GROWTH_MAX * first, f"{kind}: the instructions changed")


def main(arguments):
    if arguments:
        Soak.hand_backs = int(arguments[0])
    result = unittest.TextTestRunner(verbosity=0).run(Soak("test_many_hand_backs"))
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(sys.argv[1:]))
