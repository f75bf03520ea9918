#!/usr/bin/env python3
"""ethernet: a gigabyte through each of the board's Ethernet chips, in each direction.

    tests/soak/ethernet.py [MEGABYTES]      1000 unless told

A service echoes datagrams of all sizes, sixteen at a time, over a wire of its own; what comes
back is compared byte by byte. The chip's model watches the driver's every step. Nothing may be
lost but on the wire outside of the machine, so the chip must not have overrun, nor the driver
have counted an error; a datagram that had to be sent again was lost there, or its answer came
after all. Needs root, for the wire. Exit status 1 if anything is wrong, or could not be tried.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import sys
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", "qemu"), os.path.join(ROOT, "tests", "bench")]

import servers
from cases import ADDRESS, READY, WireCase
from echo_window import EchoWindow
from traffic import COUNT_PORT, ECHO_PORT, SEND_PORT, Traffic

MEGABYTES = 1000
SIZES = [1472, 1472, 1472, 1471, 4, 470, 1472, 982, 512, 1472]     # bytes of UDP payload
REPORT_EVERY = 50000


class Soak(WireCase):
    megabytes = MEGABYTES

    def carry(self, adapter):
        self.offer("traffic.elf")
        self.open(servers.dnsmasq(self.folder, file="traffic.elf", tftp_root=self.offered))
        machine = self.boot(adapter=adapter)
        machine.wait_for(READY)
        address = machine.wait_for(ADDRESS)[1]
        count = self.megabytes * 10**6 * len(SIZES) // sum(SIZES)
        begin = time.monotonic()

        def note(number):
            if number % REPORT_EVERY == 0:
                print(f"{adapter}: {number} of {count} datagrams in {time.monotonic() - begin:.0f} s",
                      flush=True)

        with EchoWindow(address, ECHO_PORT) as echo:
            echo.run(count, SIZES, note)
        chip = machine.chip.statistics()
        with Traffic({port: port for port in (ECHO_PORT, COUNT_PORT, SEND_PORT)}, address) as traffic:
            errors, = traffic.report(b"errors")
        print(f"{adapter}: {echo.sent_bytes / 1e6:.0f} MB each way in {time.monotonic() - begin:.0f} s, "
              f"{echo.again} of {count} datagrams sent again, {self.wire.lost} lost on the wire; the "
              f"driver: {errors} errors; the chip: {chip}", flush=True)
        machine.chip.check()
        self.assertEqual((chip["overruns"], errors), (0, 0), "overruns of the chip, errors of the driver")
        self.assertEqual(chip["resets"], 1, "resets of the chip")
        self.assertGreaterEqual(min(chip["frames_received"], chip["frames_sent"]), count)
        self.assertLessEqual(echo.again, echo.late + self.wire.lost + chip["cable_lost"],
                             "datagrams were lost in the machine")
        self.assertFalse(machine.has_line("crash|starting traffic .*, after"))

    def test_a_gigabyte_through_a_lan9514(self):
        self.carry("lan9514")

    def test_a_gigabyte_through_a_lan7515(self):
        self.carry("lan7515")


def main(arguments):
    if arguments:
        Soak.megabytes = int(arguments[0])
    suite = unittest.TestSuite(Soak(name) for name in unittest.TestLoader().getTestCaseNames(Soak))
    result = unittest.TextTestRunner(verbosity=0).run(suite)
    for test, reason in result.skipped:
        print(f"{test.id().rsplit('.', 1)[1]}: not tried: {reason}")
    return 0 if result.wasSuccessful() and not result.skipped else 1


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(sys.argv[1:]))
