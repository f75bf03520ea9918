"""pilot sdcard: pilot.conf, another system and the board's firmware on a card image.

SPDX-License-Identifier: BSD-2-Clause
"""
import os

from card_case import CardCase


class TestConfigurationOfACard(CardCase):
    def conf(self, *arguments):
        return self.make(*arguments, "--force").file("pilot.conf").decode()

    def test_lines_are_added_behind_ours(self):
        text = self.conf("--conf", "server=192.0.2.1", "--conf", "arguments=1 \"two words\"")
        self.assertTrue(text.endswith('\nserver = 192.0.2.1\narguments = 1 "two words"\n'), text)

    def test_a_file_is_taken_as_it_is(self):
        own = "# mine\r\nsources = network, slots\r\nwait_ms = 5000"
        self.write("my.conf", own)
        self.assertEqual(self.conf("--service", "dns.elf", "--conf", "my.conf"), own + "\n")
        self.assertTrue(self.conf("--conf", "my.conf", "--conf", "exit=off").startswith(own + "\n"))

    def test_what_a_loader_would_complain_of_is_refused_with_its_place(self):
        for content, sentence in (("\n  server = 10.0.0\n", 'my.conf:2:12: "10.0.0" is not an IPv4 address'),
                                  ("servr = 1\n", 'my.conf:1:1: "servr" is not a key'),
                                  ("network = static\n", "pilot.conf: network = static needs address"),
                                  ("x" * 5000, "has 5000 bytes, and a loader reads 4096"),
                                  ("a\0b", "it has a byte 0")):
            self.write("my.conf", content)
            self.assertIn(sentence, self.refused("--conf", "my.conf"))
        self.assertIn('--conf server=10: "10" is not an IPv4', self.refused("--conf", "server=10"))
        self.assertIn('--conf servr=10: "servr" is not a key', self.refused("--conf", "servr=10"))
        for setting in ("arguments=1 #2", "arguments=#2", "bootargs=a #b"):
            self.assertIn("a # behind a blank begins a comment", self.refused("--conf", setting))
        self.assertIn("\narguments = 1#2\n", self.conf("--conf", "arguments=1#2"))
        self.assertIn('--conf server=: "server" has no value', self.refused("--conf", "server="))
        self.assertIn("names two files", self.refused("--conf", "dns.elf", "--conf", "echo.elf"))
        self.assertIn("cannot open missing.conf", self.refused("--conf", "missing.conf"))
        self.write("long.conf", "#" * 4090 + "\n")
        self.assertIn("longer than the 4096 bytes", self.refused("--conf", "long.conf", "--conf", "exit=off"))

    def test_only_signed_pushes_want_a_key(self):
        self.assertIn("deploy = signed, but this loader has no keys", self.refused("--conf", "deploy=signed"))
        self.key("fleet")
        self.assertIn("\ndeploy = signed\n", self.conf("--conf", "deploy=signed", "--key", "fleet.pub"))

    def test_what_would_never_be_started_is_refused(self):
        self.write("my.conf", "sources = network\n")
        self.write("u-boot.bin", b"\x01" * 3000)
        self.assertIn("sources does not have slots", self.refused("--service", "dns.elf", "--conf", "my.conf"))
        self.assertIn("sources does not have image", self.refused("--image", "u-boot.bin", "--conf", "my.conf"))
        self.write("ram.gz", b"\x01" * 3000)
        both = ["--image", "u-boot.bin", "--initrd", "ram.gz"]
        for key in "image", "initrd":
            self.assertIn(f"{key} = other, so --{key}", self.refused(*both, "--conf", f"{key}=other"))
        self.assertIn("image = other, so --image", self.refused(*both, "--conf", "source=image other"))
        self.conf(*both, "--conf", "image=U-Boot.bin")

    def test_what_no_loader_could_receive_is_refused(self):
        self.write("u-boot.bin", b"\x01" * ((1 << 20) - 4095))     # the other begins on a page
        self.write("ram.gz", b"\x01" * (63 << 20))
        self.conf("--image", "u-boot.bin", "--initrd", "ram.gz")
        self.write("ram.gz", b"\x01" * ((63 << 20) + 1))
        self.assertIn("--image u-boot.bin and --initrd ram.gz: 67108865 bytes, and a loader has room to receive "
                      "67108864", self.refused("--image", "u-boot.bin", "--initrd", "ram.gz"))
        self.write("large", b"\x01" * ((64 << 20) + 1))
        self.assertIn("--image large: 67108865 bytes", self.refused("--image", "large"))

    def test_another_system_is_configured(self):
        self.write("build/dns.elf", self.dns)
        for name in ("u-boot.bin", "initrd.gz"):
            self.write(name, b"\x01" * 3000)
        text = self.conf("--image", "u-boot.bin", "--initrd", "initrd.gz", "--conf", "bootargs=console=ttyS1")
        self.assertIn("\nsources = image, network\n", text)
        self.assertTrue(text.endswith("\nimage = u-boot.bin\ninitrd = initrd.gz\n\n# From the command line:\n"
                                      "bootargs = console=ttyS1\n"), text)
        self.assertIn("\nsources = slots, image, network\n", self.conf("--service", "dns", "--image", "u-boot.bin"))

    def test_names_that_a_loader_cannot_say_are_refused(self):
        for name in ("two words", "a;b", "x" * 64, "KERNEL8.IMG", "pilot.conf"):
            self.write("other/" + name, b"\x01" * 3000)
            self.assertRegex(self.refused("--image", "other/" + name),
                             "a loader cannot name that file|another file of that name")
        self.write("same/u.bin", b"\x01" * 3000)
        self.write("u.bin", b"\x01" * 3000)
        self.assertIn("two files u.bin", self.refused("--image", "u.bin", "--initrd", "same/u.bin"))
        self.write("packed.gz", b"\x1f\x8b\x08" + bytes(3000))
        self.assertIn("packed with gzip", self.refused("--image", "packed.gz"))


class TestFirmwareOnACard(CardCase):
    def firmware(self, *names, folder="firmware"):
        for name in ("bootcode.bin", "start.elf", "fixup.dat", "start4.elf", "start_x.elf", *names):
            self.write(os.path.join(folder, name), name.encode() * 100)

    def test_what_a_pi_3_needs_of_debians_package_is_copied(self):
        self.firmware("bcm2837-rpi-3-b.dtb", "bcm2837-rpi-3-b-plus.dtb", "bcm2711-rpi-4-b.dtb")
        card = self.make("--firmware=firmware")
        self.assertEqual(card.names(), ["bcm2837-rpi-3-b-plus.dtb", "bcm2837-rpi-3-b.dtb", "bootcode.bin",
                                        "config.txt", "fixup.dat", "kernel8.img", "pilot.conf", "start.elf"])
        self.assertEqual(card.file("start.elf"), b"start.elf" * 100)
        lines = card.file("config.txt").decode().split("\n")
        for line in ("arm_64bit=1", "kernel=kernel8.img", "enable_uart=1", "upstream_kernel=1"):
            self.assertIn(line, lines)
        self.assertNotIn("dtoverlay=disable-bt", lines)
        self.assertRegex(self.output, r"dd if=card\.img of=/dev/sdX .*not conv=sparse")

    def test_raspberry_pis_own_trees_come_with_the_overlay_for_the_serial_line(self):
        self.firmware("bcm2710-rpi-3-b.dtb", "bcm2837-rpi-3-b.dtb", "overlays/disable-bt.dtbo",
                      "overlays/other.dtbo")
        card = self.make("--firmware=firmware")
        self.assertEqual([name for name in card.names() if name.endswith((".dtb", ".dtbo"))],
                         ["bcm2710-rpi-3-b.dtb", "overlays/disable-bt.dtbo"])
        lines = card.file("config.txt").decode().split("\n")
        self.assertIn("dtoverlay=disable-bt", lines)
        self.assertNotIn("upstream_kernel=1", lines)

    def test_a_package_that_was_unpacked_is_found_beside_the_program(self):
        self.firmware("bcm2837-rpi-3-b.dtb", folder="build/firmware/raspi-firmware/usr/lib/raspi-firmware")
        self.assertIn("start.elf", self.make("--firmware").names())
        self.assertIn("start.elf", self.make("--firmware=build/firmware/raspi-firmware", "--force").names())

    def test_what_is_missing_is_named(self):
        self.firmware()
        self.assertIn("no device tree of a Pi 3", self.refused("--firmware=firmware"))
        self.write("firmware/bcm2710-rpi-3-b.dtb", b"x")
        self.assertIn("no overlays/disable-bt.dtbo", self.refused("--firmware=firmware"))
        os.remove(self.path("firmware/start.elf"))
        self.assertIn("has no start.elf", self.refused("--firmware=firmware"))
