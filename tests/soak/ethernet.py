#!/usr/bin/env python3
"""ethernet: a gigabyte through each of the board's Ethernet chips, in each direction.

    tests/soak/ethernet.py [MEGABYTES]      1000 unless told

An echo service gets datagrams of all sizes, sixteen at a time, over a wire of its own; what comes
back is compared byte by byte. The chip's model watches the driver's every step, and counts what
it had to drop. Exit status 1 if anything is wrong.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import sys
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "qemu"))

import servers
from cases import ADDRESS, READY, WireCase
from echo_window import EchoWindow

MEGABYTES = 1000
SIZES = [1472, 1472, 1472, 1471, 4, 470, 1472, 982, 512, 1472]     # bytes of UDP payload
REPORT_EVERY = 50000


class Soak(WireCase):
    megabytes = MEGABYTES

    def carry(self, adapter):
        self.offer("echo.elf")
        self.open(servers.dnsmasq(self.folder, file="echo.elf", tftp_root=self.offered))
        machine = self.boot(adapter=adapter)
        machine.wait_for(READY)
        address = machine.wait_for(ADDRESS)[1]
        count = self.megabytes * 10**6 * len(SIZES) // sum(SIZES)
        begin = time.monotonic()

        def note(number):
            if number % REPORT_EVERY == 0:
                print(f"{adapter}: {number} of {count} datagrams in {time.monotonic() - begin:.0f} s",
                      flush=True)

        with EchoWindow(address, 7) as echo:
            echo.run(count, SIZES, note)
            print(f"{adapter}: {echo.sent_bytes / 1e6:.0f} MB each way in {time.monotonic() - begin:.0f} s, "
                  f"{echo.again} of {count} datagrams sent again; the chip: {machine.chip.statistics()}",
                  flush=True)
        machine.chip.check()
        self.assertFalse(machine.has_line("crash|starting echo .*, after"))

    def test_a_gigabyte_through_a_lan9514(self):
        self.carry("lan9514")

    def test_a_gigabyte_through_a_lan7515(self):
        self.carry("lan7515")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Soak.megabytes = int(sys.argv[1])
    unittest.main(argv=sys.argv[:1])
