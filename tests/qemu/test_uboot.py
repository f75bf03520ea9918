"""U-Boot in place of the firmware: Debian's for this board, told by an environment on the
card what to start. It has turned the MMU and the caches on, left the card on SDHOST and
the USB host in a state of its own.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import subprocess
import zlib

from cases import STARTING, Case, built_bytes
from machine import BUILD, Machine, built, make_card

U_BOOT = "servers/u-boot-rpi/usr/lib/u-boot/rpi_3/u-boot.bin"
ENVIRONMENT_BYTES = 0x4000      # CONFIG_ENV_SIZE of rpi_3_defconfig

# U-Boot's own device tree is a part of the program that the firmware put at 0x80000, which
# kernel8.img overwrites: U-Boot itself has moved up, the tree has not.
MOVE_TREE = "fdt addr ${fdtcontroladdr}; fdt move ${fdtcontroladdr} 0x120000 0x20000; "


def environment(command):
    """The file uboot.env: CRC-32, then NAME=VALUE and a NUL each."""
    # Without preboot= U-Boot starts USB, without bootdelay=-2 it waits for a key.
    variables = ["bootdelay=-2", "preboot=", "autostart=yes", f"bootcmd={command}"]
    data = "\0".join(variables).encode().ljust(ENVIRONMENT_BYTES - 4, b"\0")
    return zlib.crc32(data).to_bytes(4, "little") + data


class TestUBoot(Case):
    def u_boot(self, command, files, **options):
        card = make_card(self.folder, {"uboot.env": environment(command), **files})
        self.console = os.path.join(self.folder, "u-boot.log")
        # U-Boot talks on the mini UART, the second serial line; ours is on both.
        return self.open(Machine(kernel=built(U_BOOT), card=card,
                                 options=["-serial", f"file:{self.console}"], **options))

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
            with open(self.console, encoding="utf-8", errors="replace") as log:
                raise AssertionError(f"{error}; U-Boot said: {log.read()[-1500:]}") from error
        self.assertEqual(machine.wait_for_end(), 0)

    def check_loader(self, command):
        self.offer("hello.elf")
        machine = self.u_boot(command, {"kernel8.img": built_bytes("kernel8.img"),
                                        "pilot.conf": b"sources = network\nexit = off\n"},
                              network=f"user,id=net,tftp={self.offered},bootfile=hello.elf")
        self.assertEqual(machine.wait_for(STARTING)[3], "tftp://10.0.2.2/hello.elf")
        self.assertTrue(machine.has_line("sd: card on sdhost"), machine.log())
        machine.wait_for("the service ended with status 0")
        self.assertEqual(machine.wait_for_end(), 0)

    def test_bootelf_starts_a_service(self):
        self.check_service("fatload mmc 0:1 0x2000000 hello.elf; bootelf 0x2000000",
                           {"hello.elf": built_bytes("hello.elf")})

    def test_go_starts_a_flat_service(self):
        self.check_service("fatload mmc 0:1 0x200000 hello.bin; go 0x200000", {"hello.bin": self.flat()})

    def test_booti_starts_a_flat_service(self):
        self.check_service(MOVE_TREE + "fatload mmc 0:1 0x200000 hello.bin; booti 0x200000 - 0x120000",
                           {"hello.bin": self.flat()})

    def test_booti_starts_the_loader(self):
        self.check_loader(MOVE_TREE + "fatload mmc 0:1 0x80000 kernel8.img; booti 0x80000 - 0x120000")

    def test_go_starts_the_loader(self):
        self.check_loader("fatload mmc 0:1 0x80000 kernel8.img; go 0x80000")
