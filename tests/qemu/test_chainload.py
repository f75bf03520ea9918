"""The loader starts other systems from the card: U-Boot as it comes (a raw image and a plain
ELF), the loader itself (an arm64 Image), and from U-Boot there is a way back. Linux has a
file of its own, test_linux.py.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import re
import subprocess

import u_boot
from cases import STARTING, Case, built_bytes
from machine import built, make_card
from signing import UNSIGNED, Signing
from terminal import Terminal

RELEASE_WORDS = (0xD8, 0xE0, 0xE8, 0xF0)    # the firmware's spin table, in the first page of RAM
TREE_BYTES_MAX = 2 << 20    # the most that Linux takes

# HCCHAR of the USB host's first channel; a received frame goes where the channel says, by DMA.
USB_CHANNEL_0, USB_CHANNEL_BYTES, USB_CHANNELS = 0x3F980500, 0x20, 8
USB_CHANNEL_ENABLED = 1 << 31

MARKER = "marker=from-pilot.conf"

# Boot arguments for a loader that another system has started: pilot.conf would start that
# system again.
SERVICE_FROM_NETWORK = "pilot.sources=network pilot.exit=off"


class ChainloadCase(Case):
    def boot(self, configuration, files, **options):
        return self.boot_card(make_card(self.folder, {**files, "pilot.conf": configuration.encode()}),
                              **options)

    def boot_card(self, card, **options):
        self.terminal = self.open(Terminal())
        machine = self.make_machine(card=card, options=self.terminal.options, **options)
        machine.pass_descriptor(self.terminal.theirs)
        return self.open(machine)

    def boot_u_boot(self, file, image, *, command=None, variables=(), sources="image", files=None, **options):
        return self.boot(f"sources = {sources}\nimage = {file}\nbootargs = {MARKER}\n",
                         {file: built_bytes(image), **(files or {}),
                          u_boot.ENVIRONMENT: u_boot.environment(command, *variables)}, **options)

    def ask(self, command):
        """What U-Boot answers."""
        self.terminal.type(command)
        return self.terminal.wait_for(rf"(?s)\n(.*?){u_boot.PROMPT}")[1]

    def check_prompt(self):
        self.terminal.wait_for(r"^U-Boot 20\d\d\.")
        self.terminal.wait_for(u_boot.PROMPT)
        self.assertRegex(self.ask("version"), "U-Boot 20")


class TestChainload(ChainloadCase):
    def check_service_from_network(self, machine):
        self.assertEqual(machine.wait_for(STARTING)[3], "tftp://10.0.2.2/hello.elf")
        machine.wait_for("the service ended with status 0")
        self.assertEqual(machine.wait_for_end(), 0)

    def offered_network(self):
        self.offer("hello.elf")
        return f"user,id=net,tftp={self.offered},bootfile=hello.elf"

    def test_u_boot_comes_to_its_prompt_with_the_tree_and_all_of_ram(self):
        machine = self.boot_u_boot("u-boot.bin", u_boot.BINARY, memory_access=True)
        self.check_prompt()
        self.assertIn("RPI 3 Model B", self.terminal.text)
        # What x0 held: U-Boot calls it fdt_addr. It lies apart from what U-Boot has taken for itself.
        tree = re.search("Working FDT set to ([0-9a-f]+)", self.ask("fdt addr ${fdt_addr}"))
        taken = re.search(r"reserved\[1\]\s+\[0x([0-9a-f]+)-0x3bffffff\]", self.ask("bdinfo"))
        self.assertLess(int(tree[1], 16) + TREE_BYTES_MAX, int(taken[1], 16))
        self.assertIn(f'bootargs = "{MARKER}"', self.ask("fdt print /chosen bootargs"))
        self.assertIn("reg = <0x00000000 0x3c000000>", self.ask("fdt print /memory@0 reg"))
        self.assertIn("cpu-release-addr = <0x00000000 0x000000e0>",
                      self.ask("fdt print /cpus/cpu@1 cpu-release-addr"))
        self.assertRegex(self.ask("fdt rsvmem print"), r"0\s+0000000000000000\s+0000000000001000\n$")
        self.assertNotRegex(self.ask("fdt print /reserved-memory"), r"\w+ \{(?s:.*)\{")
        # Nobody has been sent off yet.
        for address in RELEASE_WORDS:
            self.assertEqual(machine.read_word(address), 0, hex(address))

    def test_u_boot_as_an_elf_comes_to_its_prompt(self):
        self.boot_u_boot("uboot.elf", u_boot.ELF)
        self.check_prompt()

    def test_u_boot_finds_usb_as_after_power_on_when_the_loader_has_used_it(self):
        # The server has no such file: the loader goes on from the network to the image.
        machine = self.boot_u_boot("u-boot.bin", u_boot.BINARY, sources="network, image", memory_access=True,
                                   network=f"user,id=net,tftp={self.offered},bootfile=absent.elf")
        machine.wait_for("absent.elf")
        self.check_prompt()
        # A transfer that is still under way would be written into somebody's memory.
        for channel in range(USB_CHANNELS):
            control = machine.read_word(USB_CHANNEL_0 + channel * USB_CHANNEL_BYTES)
            self.assertEqual(control & USB_CHANNEL_ENABLED, 0, f"channel {channel}: {control:#x}")
        self.assertRegex(self.ask("usb start"), r"[2-9] USB Device\(s\) found")
        self.assertIn("QEMU USB Network", self.ask("usb tree"))

    def test_from_the_loader_to_u_boot_and_back_to_a_service(self):
        machine = self.boot_u_boot(
            "u-boot.bin", u_boot.BINARY,
            command="fatload mmc 0:1 0x2000000 loader.img; booti 0x2000000 - ${fdt_addr}",
            variables=[f"bootargs={SERVICE_FROM_NETWORK}"], files={"loader.img": built_bytes("loader.img")},
            network=self.offered_network())
        self.check_service_from_network(machine)

    def test_the_loader_starts_itself_as_an_image(self):
        machine = self.boot(f"source = image loader.img\nbootargs = {SERVICE_FROM_NETWORK}\n",
                            {"loader.img": built_bytes("loader.img")}, network=self.offered_network())
        self.check_service_from_network(machine)

    def test_a_card_of_pilot_sdcard_starts_u_boot(self):
        card = os.path.join(self.folder, "card.img")
        subprocess.run([built("pilot"), "sdcard", card, "--image", built(u_boot.BINARY),
                        "--conf", f"bootargs={MARKER}"], check=True, stdout=subprocess.DEVNULL, timeout=60)
        self.boot_card(card)
        # There is no uboot.env: U-Boot would look for something to start.
        self.terminal.wait_for("Hit any key to stop autoboot")
        self.terminal.type("")
        self.terminal.wait_for(u_boot.PROMPT)
        self.ask("fdt addr ${fdt_addr}")
        self.assertIn(f'bootargs = "{MARKER}"', self.ask("fdt print /chosen bootargs"))

    def test_without_its_ram_disk_the_image_is_not_started(self):
        machine = self.boot("sources = image, sd\nimage = u-boot.bin\ninitrd = absent.img\n"
                            "file = hello.elf\nexit = off\n",
                            {"u-boot.bin": built_bytes(u_boot.BINARY), "hello.elf": built_bytes("hello.elf")})
        self.assertEqual(machine.wait_for(STARTING)[3], "sd:hello.elf")
        self.assertTrue(machine.has_line("absent.img"), machine.log())

    def test_without_the_image_the_next_source_has_its_turn(self):
        machine = self.boot("sources = image, sd\nimage = absent\nfile = hello.elf\nexit = off\n",
                            {"hello.elf": built_bytes("hello.elf")})
        self.assertEqual(machine.wait_for(STARTING)[3], "sd:hello.elf")
        self.assertTrue(machine.has_line("absent"), machine.log())


class TestSignedImage(Signing, ChainloadCase):
    """A loader with keys wants the image signed, and the RAM disk as well."""

    def setUp(self):
        super().setUp()
        self.make_keys("fleet", "stranger", known=("fleet",))
        self.u_boot = built_bytes(u_boot.BINARY)

    def boot_signed(self, files, initrd=""):
        """From the card's image; if that is refused, from a service that is not."""
        return self.boot(f"sources = image, sd\nimage = u-boot.bin\n{initrd}file = hello.elf\nexit = off\n",
                         {"hello.elf": self.sign(built_bytes("hello.elf"), "fleet")[0],
                          u_boot.ENVIRONMENT: u_boot.environment(), **files}, kernel=self.loader)

    def check_refused(self, sentence, files, initrd=""):
        machine = self.boot_signed(files, initrd)
        self.assertEqual(machine.wait_for("chainload: .*: refused: .*")[0].partition("chainload: ")[2], sentence)
        self.assertEqual(machine.wait_for(STARTING)[3], "sd:hello.elf")
        self.assertEqual(machine.wait_for_end(), 0)
        self.assertNotIn("U-Boot", self.terminal.text)

    def test_an_image_that_is_signed_is_started(self):
        self.boot_signed({"u-boot.bin": self.sign(self.u_boot, "fleet")[0]})
        self.check_prompt()

    def test_a_signature_beside_the_image_will_do(self):
        self.boot_signed({"u-boot.bin": self.u_boot, "u-boot.bin.sig": self.sign(self.u_boot, "fleet")[1]})
        self.check_prompt()

    def test_an_image_that_is_not_signed_is_refused(self):
        self.check_refused(f"u-boot.bin: refused: {UNSIGNED}", {"u-boot.bin": self.u_boot})

    def test_an_image_that_was_changed_is_refused(self):
        changed = bytearray(self.sign(self.u_boot, "fleet")[0])
        changed[len(changed) // 2] ^= 1
        self.check_refused("u-boot.bin: refused: altered or damaged: the signature by key "
                           f"{self.numbers['fleet']} does not fit", {"u-boot.bin": bytes(changed)})

    def test_an_image_of_a_stranger_is_refused(self):
        self.check_refused(f"u-boot.bin: refused: signed by key {self.numbers['stranger']}, which this loader "
                           "does not have", {"u-boot.bin": self.sign(self.u_boot, "stranger")[0]})

    def test_a_ram_disk_that_is_not_signed_is_refused(self):
        self.check_refused(f"initrd.img: refused: {UNSIGNED}",
                           {"u-boot.bin": self.sign(self.u_boot, "fleet")[0], "initrd.img": b"070701" + bytes(1000)},
                           initrd="initrd = initrd.img\n")
