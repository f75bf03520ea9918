"""The ways into loader and service other than the usual one.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import subprocess

from cases import READY, Case
from machine import ROOT, Machine, built

BANNER = r"loader: Pilotlight \S+ on "


class TestConsoles(Case):
    def tree_with_the_log_on_the_mini_uart(self):
        with open(os.path.join(ROOT, "host", "raspi3b.dts"), encoding="ascii") as source:
            text = source.read()
        self.assertIn("serial0:115200n8", text)
        path = os.path.join(self.folder, "mini.dtb")
        subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", path, "-"], check=True,
                       input=text.replace("serial0:115200n8", "serial1:115200n8"), text=True)
        return path

    def test_the_log_is_on_the_mini_uart_when_the_tree_names_it(self):
        tree = self.tree_with_the_log_on_the_mini_uart()
        # The last -dtb counts. The machine's first serial line is the PL011, its second
        # the mini UART.
        other = os.path.join(self.folder, "second")
        machine = self.open(Machine(options=["-dtb", tree, "-serial", f"file:{other}"]))
        machine.wait_for(BANNER)
        machine.wait_for("nothing could be started")
        with open(other, encoding="ascii") as log:
            self.assertRegex(log.read(), BANNER)

    def test_the_mini_uart_is_left_alone_otherwise(self):
        other = os.path.join(self.folder, "second")
        machine = self.open(Machine(options=["-serial", f"file:{other}"]))
        machine.wait_for("nothing could be started")
        self.assertEqual(os.path.getsize(other), 0)


class TestWithoutLoader(Case):
    def flat(self, name):
        path = os.path.join(self.folder, name)
        subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", built("hello.elf"), path],
                       check=True)
        return path

    def test_a_service_started_by_the_firmware_goes_to_el1_and_gets_an_address(self):
        machine = self.open(self.make_machine(network="user,id=net", kernel=self.flat("hello.bin"),
                                              arguments="console=ttyAMA0 -- one two"))
        machine.wait_for(READY)
        self.assertTrue(machine.has_line(r"hello: loaded from nowhere"))
        self.assertTrue(machine.has_line(r"hello: 2 arguments: one two"))
        self.assertTrue(machine.has_line(r"dhcp: 10\.0\.2\.15 "))
        machine.wait_for("the service ended with status 0")

    def test_the_loader_without_a_tree_asks_the_mailbox(self):
        """QEMU without -dtb passes x0 = 0x100, as a firmware with ATAGs would."""
        machine = self.make_machine(network="user,id=net")
        at = machine.command.index("-dtb")
        del machine.command[at:at + 2]
        machine = self.open(machine)
        machine.wait_for(r"loader: no usable device tree: absent")
        machine.wait_for(r"dhcp: 10\.0\.2\.15 ")
