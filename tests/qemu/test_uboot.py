"""U-Boot in place of the firmware: Debian's for this board, told by an environment on the
card what to start. It has turned the MMU and the caches on, left the card on SDHOST and
the USB host in a state of its own.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import subprocess

import u_boot
from cases import STARTING, Case, built_bytes
from machine import built, make_card
from u_boot import MOVE_TREE


class TestUBoot(Case):
    def u_boot(self, command, files, **options):
        card = make_card(self.folder, {u_boot.ENVIRONMENT: u_boot.environment(command), **files})
        self.console = os.path.join(self.folder, "u-boot.log")
        # U-Boot talks on the mini UART, the second serial line; ours is on both.
        return self.open(self.make_machine(kernel=built(u_boot.BINARY), card=card,
                                           options=["-serial", f"file:{self.console}"], **options))

    def u_boot_log(self):
        with open(self.console, encoding="utf-8", errors="replace") as log:
            return log.read()

    def flat(self):
        path = os.path.join(self.folder, "flat")
        subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", built("hello.elf"), path], check=True)
        with open(path, "rb") as source:
            return source.read()

    def check_service(self, command, files):
        machine = self.u_boot(command, files, network="user,id=net")
        try:
            machine.wait_for(r"hello: loaded from nowhere: .*, address 10\.0\.2\.15")
            machine.wait_for("the service ended with status 0: power off")
        except AssertionError as error:
            raise AssertionError(f"{error}; U-Boot said: {self.u_boot_log()[-1500:]}") from error
        self.assertEqual(machine.wait_for_end(), 0)

    def check_loader(self, command, file):
        self.offer("hello.elf")
        machine = self.u_boot(command, {file: built_bytes(file),
                                        "pilot.conf": b"sources = network\nexit = off\n"},
                              network=f"user,id=net,tftp={self.offered},bootfile=hello.elf")
        try:
            self.assertEqual(machine.wait_for(STARTING)[3], "tftp://10.0.2.2/hello.elf")
        except AssertionError as error:
            raise AssertionError(f"{error}; U-Boot said: {self.u_boot_log()[-1500:]}") from error
        self.assertTrue(machine.has_line("sd: card on sdhost"), machine.log())
        machine.wait_for("the service ended with status 0")
        self.assertEqual(machine.wait_for_end(), 0)

    def test_bootelf_starts_a_service(self):
        self.check_service("fatload mmc 0:1 0x2000000 hello.elf; bootelf 0x2000000",
                           {"hello.elf": built_bytes("hello.elf")})

    def test_bootelf_starts_a_service_by_its_segments(self):
        # -p: by program headers; without it by sections, as far as the file has any.
        self.check_service("fatload mmc 0:1 0x2000000 hello.elf; bootelf -p 0x2000000",
                           {"hello.elf": built_bytes("hello.elf")})

    def test_go_starts_a_service_that_bootelf_has_placed(self):
        self.check_service("setenv autostart no; fatload mmc 0:1 0x2000000 hello.elf; "
                           "bootelf -p 0x2000000; go 0x200000", {"hello.elf": built_bytes("hello.elf")})

    def test_go_starts_a_flat_service(self):
        self.check_service("fatload mmc 0:1 0x200000 hello.bin; go 0x200000", {"hello.bin": self.flat()})

    def test_booti_starts_a_flat_service(self):
        self.check_service(MOVE_TREE + "fatload mmc 0:1 0x200000 hello.bin; booti 0x200000 - 0x120000",
                           {"hello.bin": self.flat()})

    def test_booti_moves_a_flat_service_to_where_its_header_says(self):
        # Not at a multiple of 2 MiB: U-Boot copies it to one.
        self.check_service("fatload mmc 0:1 0x2010000 hello.bin; booti 0x2010000 - ${fdt_addr}",
                           {"hello.bin": self.flat()})

    def test_booti_starts_the_loader(self):
        self.check_loader(MOVE_TREE + "fatload mmc 0:1 0x80000 loader.img; booti 0x80000 - 0x120000",
                          "loader.img")

    def test_booti_starts_the_loader_with_the_firmwares_tree(self):
        # What U-Boot got from the firmware, not the tree within itself.
        self.check_loader("fatload mmc 0:1 0x2000000 loader.img; booti 0x2000000 - ${fdt_addr}",
                          "loader.img")

    def test_go_starts_the_loader(self):
        self.check_loader("fatload mmc 0:1 0x80000 kernel8.img; go 0x80000", "kernel8.img")
