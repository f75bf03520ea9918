"""From the loader to U-Boot and Linux, and from U-Boot to the loader, with a model of the board's
own Ethernet chips on the USB, which each of them drives in turn.

The models' rule reception-left-on holds until the other system has its hands on the chip: the loader
must leave it at rest. U-Boot and Linux need not.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import random
import zlib

import linux_image
import test_chainload
import test_linux
import u_boot
from cases import built_bytes
from linux_guest import LinuxShell
from on_chip import Lan7515, Lan9514, only

FILE_BYTES = 1 << 20
LOAD_AT = "0x1000000"

INHERITED = ("test_from_the_loader_to_u_boot_and_back_to_a_service", "test_the_loader_starts_itself_as_an_image")
USED = "test_u_boot_uses_the_chip_when_the_loader_has_used_it"
BACK = "test_the_loader_uses_the_chip_when_u_boot_has_used_it"
LINUX = "test_linux_uses_the_chip_when_a_service_has_used_it"


class UBootWithChip:
    """For a test_chainload.TestChainload."""

    def start_network(self):
        self.check_prompt()
        self.assertRegex(self.ask("usb start"), r"2 USB Device\(s\) found")
        self.assertIn("DHCP client bound to address", self.ask("dhcp"))

    def test_u_boot_uses_the_chip_when_the_loader_has_used_it(self):
        # The server has no such service: the loader goes on from the network to the image.
        machine = self.boot_u_boot("u-boot.bin", u_boot.BINARY, sources="network, image", variables=["autoload=no"],
                                   network=f"user,id=net,tftp={self.offered},bootfile=absent.elf")
        content = random.Random(1).randbytes(FILE_BYTES)
        self.offer("file.bin", content)
        self.start_network()
        machine.wait_for(r"absent\.elf: the server says")
        self.assertIn(f"Bytes transferred = {FILE_BYTES} ", self.ask(f"tftpboot {LOAD_AT} file.bin"))
        self.assertIn(f"==> {zlib.crc32(content):08x}", self.ask(f"crc32 {LOAD_AT} {FILE_BYTES:x}"))

    def test_the_loader_uses_the_chip_when_u_boot_has_used_it(self):
        machine = self.boot_u_boot(
            "u-boot.bin", u_boot.BINARY, files={"loader.img": built_bytes("loader.img")},
            variables=[f"bootargs={test_chainload.SERVICE_FROM_NETWORK}", "autoload=no"],
            network=self.offered_network())
        self.start_network()
        self.forgive_reception(machine)
        self.terminal.type("fatload mmc 0:1 0x2000000 loader.img; booti 0x2000000 - ${fdt_addr}")
        self.check_service_from_network(machine)


@only(*INHERITED, USED, BACK)
class TestUBootAfterLan9514(Lan9514, UBootWithChip, test_chainload.TestChainload):
    pass


@only(*INHERITED, USED, BACK)
class TestUBootAfterLan7515(Lan7515, UBootWithChip, test_chainload.TestChainload):
    pass


class LinuxWithChip:
    """For a test_linux.TestLinux."""

    modules = linux_image.NETWORK_MODULES

    def test_linux_uses_the_chip_when_a_service_has_used_it(self):
        self.offer("cores.elf")
        machine = self.start("sources = network, image\narguments = reboot\n" + test_linux.FILES,
                             network=f"user,id=net,tftp={self.offered},bootfile=cores.elf", memory_access=True)
        found = machine.wait_for(r"cores: (\d) other cores were on")
        os.remove(os.path.join(self.offered, "cores.elf"))
        machine.wait_for("chainload: starting Image", test_linux.START_S, since=found.after)
        self.check_linux(machine)
        machine.chip.plug_in_again()
        shell = LinuxShell(self.terminal)
        # Not ours: it has the MAC address from the EEPROM, the loader the one the firmware tells.
        self.assertRegex(shell.get_lease(shell.find_interface()), r"^10\.0\.2\.\d+$")


@only(LINUX)
class TestLinuxAfterLan9514(Lan9514, LinuxWithChip, test_linux.TestLinux):
    pass


@only(LINUX)
class TestLinuxAfterLan7515(Lan7515, LinuxWithChip, test_linux.TestLinux):
    board = "3-b-plus"
