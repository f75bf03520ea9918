"""The card of docs/first-board.md, in QEMU: made by the command that stands there, and started
with what is on it: its loader, and the device tree of each board, which leads the log to the mini
UART. Each board has its own chip on the USB.

The firmware's own files, bootcode.bin, start.elf and fixup.dat, are not free and nothing here
could run them: stand-ins are on the card, beside the trees of Debian's Linux. Their part, to load
the loader and the tree from the card, is QEMU's here, which gets what mcopy finds on the card.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import shutil
import subprocess

from cases import Case, free_udp_port
from dns_client import Client, expected_address
from linux_image import device_tree
from machine import BUILD, Machine
from terminal import Terminal

FIRST_PARTITION = "@@1M"


class FirstBoard:
    """Of a class with an adapter: the board that has it, its driver's name, its link."""

    def make_card(self):
        firmware, card = os.path.join(self.folder, "firmware"), os.path.join(self.folder, "card.img")
        os.mkdir(firmware)
        for name in ("bootcode.bin", "start.elf", "fixup.dat"):
            with open(os.path.join(firmware, name), "wb") as out:
                out.write(b"stands for the firmware's " + name.encode())
        for board in ("3-b", "3-b-plus"):
            shutil.copy(device_tree(board), firmware)
        subprocess.run([os.path.join(BUILD, "pilot"), "sdcard", card, f"--firmware={firmware}",
                        "--service", "dns", "--service", "echo", "--default", "dns"],
                       check=True, timeout=60, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        return card

    def from_card(self, card, name):
        path = os.path.join(self.folder, name)
        subprocess.run(["mcopy", "-i", card + FIRST_PARTITION, f"::{name}", path], check=True, timeout=30)
        return path

    def test_the_card_of_the_documentation_serves_from_its_slot_with_the_log_on_the_mini_uart(self):
        card, port = self.make_card(), free_udp_port()
        tree = self.from_card(card, f"bcm2837-rpi-{self.board}.dtb")
        with open(self.from_card(card, "config.txt"), encoding="ascii") as settings:
            self.assertLessEqual({"arm_64bit=1", "kernel=kernel8.img", "enable_uart=1", "upstream_kernel=1"},
                                 set(settings.read().splitlines()))
        terminal = self.open(Terminal())
        machine = Machine(kernel=self.from_card(card, "kernel8.img"), card=card, adapter=self.adapter,
                          network=f"user,id=net,hostfwd=udp:127.0.0.1:{port}-:53",
                          options=["-dtb", tree, *terminal.options])
        machine.pass_descriptor(terminal.theirs)
        self.open(machine)
        for line in (rf"loader: Pilotlight \S+ on {self.model}, serial", r"loader: starting dns \S+ from slot:dns/A",
                     rf"usb: .*: {self.device} {self.driver}\b", rf"{self.driver}: {self.link}\n",
                     r"dhcp: 10\.0\.2\.15 from", r"boot: .*, in all \d+ ms\n"):
            terminal.wait_for(line)
        with Client("127.0.0.1", port) as client:
            for number in (42, 0, 9999):
                self.assertEqual(client.ask(f"host{number:04}.example", tries=5),
                                 (0, [expected_address(number)]))


class TestModelB(FirstBoard, Case):
    adapter, board, model = "lan9514", "3-b", "Raspberry Pi 3 Model B"
    device, driver, link = "0424:ec00", "lan95xx", "100 Mbit/s, full duplex, PAUSE on"


class TestModelBPlus(FirstBoard, Case):
    adapter, board, model = "lan7515", "3-b-plus", r"Raspberry Pi 3 Model B\+"
    device, driver, link = "0424:7800", "lan78xx", "1000 Mbit/s, full duplex, PAUSE on"
