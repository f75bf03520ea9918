"""pilot sdcard: what is on a card image it makes, byte for byte, and what it refuses.

SPDX-License-Identifier: BSD-2-Clause
"""
import base64
import os
import stat
import subprocess

from card_case import CardCase, key_table, sample_loader
from card_image import NOBODY, UNIT, Card
from pilot_case import sample_elf

MIB = 1 << 20


class TestCardImage(CardCase):
    def test_the_partitions_lie_where_they_should(self):
        card = self.two()
        self.assertEqual(os.stat(card.path).st_size, 256 * MIB)
        self.assertEqual(card.fat_first, 2048)
        self.assertEqual(card.fat_first + card.fat_blocks, card.first)
        self.assertEqual(card.first % UNIT, 0, "a card erases 4 MiB at once")
        self.assertEqual(card.count % UNIT, 0)
        self.assertGreater(card.first + card.count + UNIT, 256 * MIB // 512, "as large as the rest allows")
        self.assertEqual(card.blocks(0, 1)[:446], bytes(446), "no code in the boot record")

    def test_an_image_takes_the_room_of_what_is_on_it(self):
        card = self.two()
        self.assertLess(os.stat(card.path).st_blocks * 512, 4 * MIB)

    def test_fsck_finds_nothing_wrong(self):
        for size in ("256M", "2G"):
            with self.subTest(size):
                good, words = self.two("--size", size, "--force").check_fat(self.folder)
                self.assertTrue(good, words)
                self.assertRegex(words, r"2 FATs, 32 bit entries")
                self.assertNotRegex(words, r"(?i)differ|wrong|dirty|invalid")

    def test_a_large_fat_partition_is_whole_too(self):
        for name in ("bootcode.bin", "fixup.dat", "bcm2837-rpi-3-b.dtb"):
            self.write("firmware/" + name, b"\x01" * 5000)
        self.write("firmware/start.elf", b"\x5a" * (300 * MIB))
        card = self.make("--firmware=firmware")
        good, words = card.check_fat(self.folder)
        self.assertTrue(good, words)
        self.assertEqual(len(card.file("start.elf")), 300 * MIB)
        self.assertEqual(os.stat(card.path).st_size, 512 * MIB)

    def test_each_service_is_confirmed_in_slot_a_and_b_is_free(self):
        card = self.two("--default", "echo")
        table = card.table()
        self.assertEqual([row["name"] for row in table["services"]], ["dns", "echo"] + [""] * 6)
        for row, install, floor in zip(table["services"], (1, 2), (0, 7)):
            self.assertEqual(row["slots"][0], {"state": "confirmed", "tries": 0, "failures": 0,
                                               "install": install})
            self.assertEqual(row["slots"][1], {"state": "empty", "tries": 0, "failures": 0, "install": 0})
            self.assertEqual(row["floor"], floor, "as after a confirmation on a board")
        self.assertEqual((table["standard"], table["once"], table["installs"]), (1, NOBODY, 2))

    def test_the_slots_hold_the_files_and_say_what_they_are(self):
        card = self.two()
        for row, name, version, counter, content in ((0, "dns", "1.4.2", 0, self.dns),
                                                     (1, "echo", "0.9", 7, self.echo)):
            self.assertEqual(card.image(row, 0), content)
            header = card.header(row, 0)
            self.assertEqual((header["name"], header["version"], header["counter"], header["install"]),
                             (name, version, counter, row + 1))
            self.assertEqual(header["location"], f"sdcard:{name}.elf")
        self.assertEqual(card.table()["standard"], NOBODY, "none was asked for")

    def test_nothing_is_written_where_nothing_belongs(self):
        card = self.two()
        for row in range(8):
            for slot in range(2):
                used = -(-len(card.image(row, 0)) // 512) + 8 if row < 2 and slot == 0 else 0
                for block in (used, used + 1, card.slot_blocks - 1):
                    self.assertEqual(card.blocks(card.slot(row, slot) + block, 1), bytes(512), (row, slot, block))
        for ring in (0, 1):
            self.assertEqual(card.blocks(card.ring(ring) + 32, 64), bytes(64 * 512))

    def test_a_card_without_services_has_an_empty_store(self):
        card = self.make()
        self.assertEqual((card.records(0), card.records(1)), ([], []))
        self.assertIn(b"sources = slots, network\n", card.file("pilot.conf"))

    def test_the_fat_partition_has_the_loader_and_a_configuration(self):
        card = self.two()
        self.assertEqual(card.names(), ["kernel8.img", "pilot.conf"])
        self.assertEqual(card.file("kernel8.img"), self.loader)
        self.assertRegex(card.file("pilot.conf").decode(), r"\n# [^\n]+\nsources = slots, network\n")

    def test_a_service_is_named_as_for_other_commands(self):
        self.write("build/dns.elf", self.dns)
        os.mkdir(self.path("a=b"))
        self.write("a=b/dns.elf", self.dns)
        for argument in ("dns", "dns=dns", "dns.elf", "dns=dns.elf", "./a=b/dns.elf", self.path("dns.elf")):
            card = self.make("--service", argument, "--force")
            self.assertEqual(card.image(0, 0), self.dns)

    def test_eight_services_fit(self):
        arguments = []
        for i in range(8):
            self.write(f"s{i}.elf", sample_elf(f"s{i}", "1", 500 + i))
            arguments += ["--service", f"s{i}=s{i}.elf"]
        table = self.make(*arguments, "--default", "s7").table()
        self.assertEqual([row["name"] for row in table["services"]], [f"s{i}" for i in range(8)])
        self.assertEqual(table["standard"], 7)
        self.assertIn("at most", self.refused(*arguments, "--service", "dns.elf"))

    def test_a_large_service_gets_large_slots(self):
        content = sample_elf("big", "1", 9 * MIB)
        self.write("big.elf", content)
        card = self.make("--service", "big=big.elf")
        self.assertEqual(card.image(0, 0), content)
        self.assertEqual(os.stat(card.path).st_size, 512 * MIB)

    def test_what_was_made_is_told(self):
        self.two("--default", "dns")
        self.assertRegex(self.output, r"image +card\.img, 256 MiB: FAT 67 MiB, 16 slots of 8 MiB\n"
                         r"loader +\d+ bytes, built without keys")
        self.assertRegex(self.output, r"\ndns +A +confirmed +1\.4\.2 .*default\n")
        self.assertIn("pilot run --card card.img\n", self.output)
        self.assertIn("not without --firmware\n", self.output)


class TestCardThatIsThere(CardCase):
    def test_it_is_replaced_only_by_force(self):
        card = self.two("--default", "dns")
        sentence = self.refused("--service", "echo.elf", image="card.img")
        self.assertRegex(sentence, r"card\.img is there already, and all on it would be lost.*--force")
        self.assertEqual(card.table()["services"][0]["name"], "dns")
        card = self.make("--service", "echo.elf", "--force")
        self.assertIn("card.img was replaced, with all that was on it\n", self.output)
        self.assertEqual(card.table()["services"][0]["name"], "echo")

    def test_what_is_no_card_image_is_not_replaced_by_force_either(self):
        for name, content in ("fleet.sec", b"untrusted comment: x\n"), ("echo.elf", self.echo), ("zeros", bytes(4096)):
            path = self.write(name, content)
            self.assertIn(f"{name} is there and is no card image; name another",
                          self.refused("--service", "dns.elf", "--force", image=name))
            with open(path, "rb") as file:
                self.assertEqual(file.read(), content)
        self.write("empty.img", b"")
        self.make("--service", "dns.elf", "--force", image="empty.img")

    def test_a_command_that_fails_leaves_it_as_it_was(self):
        card = self.two()
        before = card.newest()
        self.write("build/kernel8.img", b"no loader")
        self.refused("--service", "echo.elf", "--force", image="card.img")
        self.assertEqual(card.newest(), before)

    def test_mtools_that_fails_leaves_it_as_it_was(self):
        card = self.two()
        before = card.newest()
        os.mkdir(self.path("bin"))
        self.write("bin/mcopy", "#!/bin/sh\nexit 1\n")
        os.chmod(self.path("bin/mcopy"), 0o755)
        environment = self.environment
        self.environment = lambda: dict(environment(), PATH=self.path("bin") + ":" + os.environ["PATH"])
        self.assertIn("mcopy failed", self.refused("--service", "echo.elf", "--force", image="card.img"))
        self.assertEqual(card.newest(), before)

    def test_a_signal_leaves_it_as_it_was_and_nothing_beside_it(self):
        card = self.two()
        before = card.newest()
        os.mkdir(self.path("bin"))
        # The program that makes the FAT partition is the moment: $PPID is the command.
        self.write("bin/mformat", '#!/bin/sh\nkill -INT $PPID\nexec /usr/bin/mformat "$@"\n')
        os.chmod(self.path("bin/mformat"), 0o755)
        environment = self.environment
        self.environment = lambda: dict(environment(), PATH=self.path("bin") + ":" + os.environ["PATH"])
        self.assertIn("stopped by signal 2", self.refused("--service", "echo.elf", "--force", image="card.img"))
        self.assertEqual(card.newest(), before)
        self.assertEqual(os.listdir(self.temporary), [])

    def test_what_is_no_file_is_never_written_to(self):
        os.mkdir(self.path("folder.img"))
        os.symlink("card.img", self.path("link.img"))
        os.mkfifo(self.path("pipe.img"))
        for name in ("folder.img", "link.img", "pipe.img", "/dev/null"):
            self.assertIn("is not a regular file", self.refused("--force", image=name))
        self.assertTrue(stat.S_ISFIFO(os.stat(self.path("pipe.img")).st_mode))

    def test_without_a_loader_on_it_it_does_not_run_and_has_its_slots(self):
        self.two()
        os.mkdir(self.path("bin"))
        self.write("bin/mcopy", "#!/bin/sh\nexit 1\n")  # and says why, which it does itself
        os.chmod(self.path("bin/mcopy"), 0o755)
        environment = self.environment
        self.environment = lambda: dict(environment(), PATH=self.path("bin") + ":" + os.environ["PATH"])
        self.assertIn("card.img's FAT partition has no kernel8.img, or cannot be read; its slots are not touched",
                      self.pilot("run", "--card", "card.img", status=1))
        self.assertIn("confirmed", self.pilot("slots", "card.img"))

    def test_it_is_not_replaced_while_a_machine_runs_from_it(self):
        self.two()
        with subprocess.Popen(["qemu-system-aarch64", "-M", "raspi3b", "-S", "-display", "none", "-serial", "none",
                               "-monitor", "none", "-qmp", "stdio", "-drive",
                               f"if=sd,format=raw,file={self.path('card.img')}"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as qemu:
            try:
                self.assertIn(b"QMP", qemu.stdout.readline())
                for arguments in (["sdcard", "card.img", "--force"], ["select", "card.img", "dns", "--once"],
                                  ["run", "--card", "card.img"]):
                    self.assertIn("card.img is in use", self.pilot(*arguments, status=1))
                self.assertIn("confirmed", self.pilot("slots", "card.img"))
            finally:
                qemu.kill()


class TestCardWithKeys(CardCase):
    def setUp(self):
        super().setUp()
        self.key("fleet")

    def number(self, key):
        with open(self.path(key + ".pub"), encoding="ascii") as file:
            return base64.b64decode(file.read().split("\n")[1])[2:10]

    def public(self, key):
        with open(self.path(key + ".pub"), encoding="ascii") as file:
            return base64.b64decode(file.read().split("\n")[1])[10:]

    def test_the_loader_on_the_card_has_the_keys_and_nothing_else_of_it_changes(self):
        self.key("spare")
        self.sign("dns.elf", "spare")
        card = self.make("--service", "dns.elf", "--key", "fleet.pub", "--key", "spare.pub")
        both = self.number("fleet") + self.public("fleet") + self.number("spare") + self.public("spare")
        self.assertEqual(card.file("kernel8.img"), sample_loader(key_table(2, both)))
        self.assertIn(f"{self.number('fleet').hex()} or {self.number('spare').hex()}", self.output)
        with open(self.path("build/kernel8.img"), "rb") as built:
            self.assertEqual(built.read(), self.loader, "only the card's copy")

    def test_the_signature_is_behind_the_file_in_its_slot(self):
        self.sign("dns.elf", "fleet")
        card = self.make("--service", "dns.elf", "--key", "fleet.pub")
        content = card.image(0, 0)
        self.assertEqual((content[:-96], content[-8:]), (self.dns, b"PLsigned"))
        self.assertIn(self.number("fleet"), content[-96:])

    def test_a_signature_goes_along_without_keys_too(self):
        self.sign("dns.elf", "fleet")
        self.assertEqual(len(self.make("--service", "dns.elf").image(0, 0)), len(self.dns) + 96)

    def test_what_is_not_signed_is_refused(self):
        self.assertRegex(self.refused("--service", "dns.elf", "--key", "fleet.pub"),
                         r"dns\.elf: it is not signed.*; sign it: pilot sign \S*dns\.elf --key NAME\.sec\n")

    def test_what_another_signed_is_refused(self):
        self.key("other")
        self.sign("dns.elf", "other")
        self.assertIn(f"signed by key {self.number('other').hex()}, which",
                      self.refused("--service", "dns.elf", "--key", "fleet.pub"))

    def test_what_was_altered_is_refused(self):
        self.sign("dns.elf", "fleet")
        self.write("dns.elf", self.dns[:-1] + b"\x55")
        self.assertIn("altered", self.refused("--service", "dns.elf", "--key", "fleet.pub"))

    def test_a_loader_that_has_keys_already_is_asked_as_well(self):
        self.write("build/kernel8.img", sample_loader(
            key_table(1, self.number("fleet") + self.public("fleet"))))
        self.assertIn("it is not signed", self.refused("--service", "dns.elf"))
        self.sign("dns.elf", "fleet")
        self.make("--service", "dns.elf")

    def test_what_is_no_key_is_refused(self):
        for name, content in (("no.pub", b"nonsense"), ("empty.pub", b""), ("line.pub", b"\n"),
                              ("short.pub", b"untrusted comment: x\nRWRCS\n")):
            self.write(name, content)
            self.assertIn(f"{name}: not a public key", self.refused("--key", name))
        self.assertIn("fleet.sec is the secret half of a key; a loader gets the public one",
                      self.refused("--key", "fleet.sec"))
        self.assertIn("missing.pub", self.refused("--key", "missing.pub"))
        self.assertIn("fleet.pub: ", self.refused("--key", "fleet.pub", "--key", "fleet.pub"))
        self.assertIn("4 keys at most", self.refused(*["--key", "fleet.pub"] * 5))

    def test_the_loader_in_a_card_image_is_not_changed_in_place(self):
        card = self.two()
        self.assertIn("card.img: no keys", self.pilot("key", "card.img"))
        for change in (["--add", "fleet.pub"], ["--remove", "0123456789abcdef"]):
            self.assertIn("card.img is a card image: pilot sdcard --key makes one",
                          self.pilot("key", "card.img", *change, status=1))
        self.assertEqual(card.file("kernel8.img"), self.loader)

    def test_another_systems_files_are_judged_too(self):
        self.write("u-boot.bin", b"\x01" * 3000)
        self.assertIn("--image u-boot.bin: it is not signed",
                      self.refused("--image", "u-boot.bin", "--key", "fleet.pub"))
        self.sign("u-boot.bin", "fleet")
        card = self.make("--image", "u-boot.bin", "--key", "fleet.pub")
        self.assertEqual(card.names(), ["kernel8.img", "pilot.conf", "u-boot.bin", "u-boot.bin.sig"])
        with open(self.path("u-boot.bin.sig"), "rb") as beside:
            self.assertEqual(card.file("u-boot.bin.sig"), beside.read())


class TestServicesThatAreRefused(CardCase):
    def test_each_with_its_sentence(self):
        self.write("plain.elf", sample_elf("dns").replace(b"pilotlight\0", b"pilotlighT\0"))
        self.write("short.elf", self.dns[:100])
        self.write("big.elf", sample_elf("big", "1", 9 * MIB))
        for arguments, sentence in (
                (["--service", "echo=dns.elf"], "the service in that file is called dns; say --service dns="),
                (["--service", "dns=nothing.elf"], "cannot read nothing.elf"),
                (["--service", "nothing"], "there is no service nothing"),
                (["--service", "plain.elf"], "plain.elf: "),
                (["--service", "dns=short.elf"], "short.elf: "),
                (["--service", "dns.elf", "--service", "dns=dns.elf"], "--service dns comes twice"),
                (["--service", "=dns.elf"], "wants NAME=FILE"),
                (["--service", "dns="], "names no file"),
                (["--service", "big.elf", "--size", "256M"], "--size is too small"),
                (["--service", "dns.elf", "--default", "echo"], "--default echo: no --service of that name"),
                (["--default", "dns"], "--default dns: no --service of that name")):
            with self.subTest(arguments):
                self.assertIn(sentence, self.refused(*arguments))

    def test_one_that_no_loader_could_receive(self):
        self.write("huge.elf", sample_elf("huge", "1", 65 * MIB))
        self.assertIn("and a loader has room to receive 67108864", self.refused("--service", "huge.elf"))

    def test_a_size_that_is_too_small_says_how_much_is_needed(self):
        self.assertIn("need 140 MiB: --size 256M", self.refused("--service", "dns.elf", "--size", "128M"))
        self.make("--service", "dns.elf", "--size", "256M")


class TestOptionsThatAreRefused(CardCase):
    def test_each_with_its_sentence(self):
        for arguments, sentence in (
                (["--size", "300M"], "is a power of two"),
                (["--size", "0"], "--size wants bytes"), (["--size", "-1"], "--size wants bytes"),
                (["--size", "8T"], "--size wants bytes"), (["--size", "99999999999999999999"], "--size wants"),
                (["--size", "17179869184G"], "--size wants bytes"),
                (["--size"], "--size wants a value"), (["--service"], "--service wants a value"),
                (["--faster"], "no option --faster"), (["second.img"], "the image's name comes twice"),
                (["--initrd", "dns.elf"], "--initrd belongs to another system"),
                (["--firmware="], "no option --firmware="),
                (["--firmware"], "make firmware fetches it"),
                (["--firmware=/nowhere"], "there is no bootcode.bin in /nowhere")):
            with self.subTest(arguments):
                self.assertIn(sentence, self.refused(*arguments))
        self.assertIn("cannot make nowhere/new.img: No such file", self.refused(image="nowhere/new.img"))
        self.assertIn("mtools cannot open a path with @@ in it", self.refused(image="a@@b.img"))
        self.assertIn("sdcard wants a name", self.pilot("sdcard", status=1))

    def test_a_loader_without_a_table_of_keys_is_refused(self):
        for loader, sentence in ((b"old loader" * 100, "no table of keys"), (b"", "no table of keys"),
                                 (sample_loader(key_table()[:-1] + b"\1"), "damaged"),
                                 (sample_loader() + sample_loader(), "two tables")):
            self.write("build/kernel8.img", loader)
            self.assertIn(sentence, self.refused("--service", "dns.elf"))
        os.remove(self.path("build/kernel8.img"))
        self.assertIn("make builds it", self.refused("--service", "dns.elf"))


class TestReaderOfCards(CardCase):
    def test_a_damaged_record_is_noticed_by_the_reader_of_these_tests(self):
        """The control of the reader: it must see what it says it sees."""
        card = self.two()
        place, _, _ = card.records(0)[-1]
        for at in (20, 100, 509):
            with open(card.path, "r+b") as image:
                image.seek((card.ring(0) + place) * 512 + at)
                old = image.read(1)
                image.seek(-1, os.SEEK_CUR)
                image.write(bytes([old[0] ^ 1]))
            with self.assertRaises(AssertionError):
                Card(card.path).newest()
            with open(card.path, "r+b") as image:
                image.seek((card.ring(0) + place) * 512 + at)
                image.write(old)
        Card(card.path).newest()
