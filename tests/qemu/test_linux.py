"""Linux in place of a service: Debian's, with the board's device tree as Debian has it, from
the card, to its shell.

Linux is strict where QEMU is not: it counts the cores that came out of the spin table and
says at which exception level, it uses all the RAM it is told of, and it stops at an
interrupt that somebody left armed.

SPDX-License-Identifier: BSD-2-Clause
"""
import os

import linux_image
from cases import Case
from machine import make_card
from terminal import Terminal

ARGUMENTS = f"console={linux_image.CONSOLE} loglevel=1 panic=-1 marker=from-pilot.conf"
FILES = f"image = Image\ninitrd = initrd.img\nbootargs = {ARGUMENTS}\n"

START_S = 60            # from power-on; 6 s when alone, most of them for 33 MB from the card

# The local interrupt controller, one word per core: who gets the hypervisor timer, as IRQ
# (bit 2) or as FIQ (bit 6). Linux writes the bits of the timers it uses, and no other.
TIMER_ROUTES = (0x40000040, 0x40000044, 0x40000048, 0x4000004C)
HYPERVISOR_TIMER = 0x44

ALL_OF_RAM = "00000000-3bffffff : System RAM"      # what QEMU's tree says there is


class TestLinux(Case):
    board, modules = "3-b", ()      # whose tree; of the kernel, see linux_image

    def start(self, configuration="sources = image\n" + FILES, **options):
        card = make_card(self.folder, {
            "Image": linux_image.kernel(), "initrd.img": linux_image.initramfs(self.modules),
            "pilot.conf": configuration.encode()})
        self.terminal = self.open(Terminal())
        machine = self.make_machine(
            card=card, options=["-dtb", linux_image.device_tree(self.board), *self.terminal.options], **options)
        machine.pass_descriptor(self.terminal.theirs)
        return self.open(machine)

    def ask(self, command):
        """What the shell answers: lines."""
        self.terminal.wait_for(linux_image.PROMPT)
        self.terminal.type(command + "; echo the-end=$?")
        return self.terminal.wait_for(r"the-end=\$\?\n((?:.*\n)*?)the-end=0\n")[1].splitlines()

    def told(self, name):
        """What init tells of the start."""
        return self.terminal.wait_for(rf"init: {name} (.*)\n", START_S)[1]

    def check_linux(self, machine):
        """It is up, on all cores and in all of RAM, and of the loader nothing is left."""
        self.assertRegex(self.told("version"), r"^Linux version \d+\.\d+")
        self.assertEqual(self.told("cmdline"), ARGUMENTS)
        self.assertEqual(self.told("cores"), "4")
        self.assertEqual(self.told("levels"), "CPU: All CPU(s) started at EL2")
        self.assertEqual(self.ask("echo $((6*7))"), ["42"])
        self.assertIn(ALL_OF_RAM, self.ask("cat /proc/iomem"))
        self.assertEqual(self.ask("cd /proc/device-tree/reserved-memory; ls -d */"), ["linux,cma/"])
        for address in TIMER_ROUTES:
            self.assertEqual(machine.read_word(address) & HYPERVISOR_TIMER, 0, hex(address))

    def test_linux_runs_to_its_shell(self):
        self.check_linux(self.start(memory_access=True))

    def test_linux_runs_where_a_service_has_used_all_cores_before(self):
        """The service leaves one core counting, one in a masked loop and one just on; all come
        back from EL1 and from under the guard."""
        self.offer("cores.elf")
        machine = self.start("sources = network, image\narguments = reboot\n" + FILES,
                             network=f"user,id=net,tftp={self.offered},bootfile=cores.elf", memory_access=True)
        found = machine.wait_for(r"cores: (\d) other cores were on")
        self.assertEqual(found[1], "3")
        os.remove(os.path.join(self.offered, "cores.elf"))
        machine.wait_for("chainload: starting Image", START_S, since=found.after)
        self.check_linux(machine)
        self.assertFalse(machine.has_line("not all processor cores were parked"), machine.log())
