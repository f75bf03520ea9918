"""The process that gives QEMU a chip, and QEMU, end together, and an end that no test asked for is
told with its cause: a test that waits does not wait for nothing, and leaves nobody behind.

SPDX-License-Identifier: BSD-2-Clause
"""
import socket
import subprocess
import unittest

from cases import Case
from machine import Machine, Silence, built
from usb_chip import UsbChip


class TestChipProcess(Case):
    def make(self, network="user,id=net", **options):
        self.machine = Machine(network=network, adapter="lan9514", **options)
        return self.machine

    def assert_all_have_ended(self):
        for process in (self.machine.process, self.machine.chip.process):
            if process:
                self.assertIsNotNone(process.returncode, process.args[0])

    def test_a_port_that_is_taken_is_told_at_once(self):
        taken = self.open(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        taken.bind(("127.0.0.1", 0))
        network = f"user,id=net,hostfwd=udp:127.0.0.1:{taken.getsockname()[1]}-:53"
        for off in ((), ("reception-left-on",)):
            with self.assertRaisesRegex(AssertionError, "usb-chip-ended: status 2: .*the port is taken$"):
                with self.make(network, chip_options={"off": off}):
                    self.machine.wait_for("a line that never comes")
            self.assert_all_have_ended()

    def test_its_end_ends_a_wait(self):
        with self.assertRaisesRegex(AssertionError, "usb-chip-ended: status -9") as raised:
            with self.make(stopped=True):
                self.machine.chip.process.kill()
                self.machine.wait_for("a line that never comes")
        self.assertNotIsInstance(raised.exception.__context__, Silence)
        self.assert_all_have_ended()

    def test_what_it_writes_to_standard_error_is_a_failure(self):
        machine = self.make(stopped=True)
        with self.assertRaisesRegex(AssertionError, "usb-chip-ended: status 0: a sanitizer's word"):
            with machine:
                machine.chip.statistics()
                machine.chip.errors.write(b"a sanitizer's word")
                machine.chip.errors.flush()

    def test_without_qemu_it_does_not_stay(self):
        machine = self.make()
        machine.command[0] = "no-such-program"
        with self.assertRaisesRegex(AssertionError, "QEMU did not start: .*no-such-program"):
            machine.__enter__()
        self.assert_all_have_ended()

    def test_a_start_that_fails_half_way_leaves_nobody(self):
        def fail():
            raise AssertionError("QEMU refuses to move the card")

        machine = self.make(card_on_sdhost=True)
        machine.move_card = fail
        with self.assertRaisesRegex(AssertionError, "refuses to move the card"):
            machine.__enter__()
        self.assert_all_have_ended()

    def test_wrong_options_have_a_status_of_their_own(self):
        chip = UsbChip("lan9514", "user,id=net", build=built("usb_chip"))
        for end in (chip.qemus, chip.chips_usb, chip.control, chip.chips_control):
            self.open(end)
        for wrong in (["--usb", "abc"], ["--cable", "user,x=y"], ["--chip", "lan9515"], ["--control", "-1"],
                      ["--empty-in-us", "soon"], ["--mac", "02:00:5e:10:00:zz"]):
            ended = subprocess.run([*chip.command, *wrong], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                   timeout=20, pass_fds=[chip.chips_usb.fileno(), chip.chips_control.fileno()])
            self.assertEqual((ended.returncode, "ERROR" in ended.stderr), (2, False), ended.stderr)
            self.assertIn(wrong[1].removeprefix("user,"), ended.stderr)


if __name__ == "__main__":
    unittest.main()
