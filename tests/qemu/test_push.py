"""Pushes that are no good: broken off, bad, unwanted, two at once. The service that runs
takes no notice, and a good push goes through afterwards.

SPDX-License-Identifier: BSD-2-Clause
"""
import random
import select
import socket
import struct
import time

import tftp_client
import tftp_peer
from bad_elf import MISPLACED, SPOILT, spoil
from cases import READY, built_bytes
from machine import DEADLINE_S
from redeploy import TFTP, BoardCase
from tftp_peer import Refused


class RunningDns(BoardCase):
    """dns runs and answers; check_untouched() says that it is still the same one."""

    arguments = ""

    def setUp(self):
        super().setUp()
        self.boot_service("dns", arguments=self.arguments)
        self.machine.wait_for(READY)
        self.before = self.status()

    def peer(self, **options):
        return self.open(super().peer(**options))

    def check_untouched(self):
        self.check_names()
        now = self.status()
        self.assertEqual((now["service"], now["boot_id"], now["hand_backs"]),
                         ("dns", self.before["boot_id"], self.before["hand_backs"]))

    def check_a_good_push(self):
        self.push("dns")
        self.check_names()
        self.assertNotEqual(self.boot_id(), self.before["boot_id"])

    def assert_refused(self, sentence, what, code=None):
        """what() is refused in these words."""
        with self.assertRaisesRegex(Refused, sentence) as caught:
            what()
        if code is not None:
            self.assertEqual(caught.exception.code, code)


class TestBrokenPush(RunningDns):
    def setUp(self):
        super().setUp()
        self.image = built_bytes("echo.elf")

    def test_a_push_given_up_after_any_block_changes_nothing(self):
        """With an ERROR, as of a client that is interrupted: the next begins at once, every
        second time from another port."""
        peer = self.peer()
        count = len(self.image) // 512 + 1
        for after in range(count):
            if after % 2:
                peer = self.peer()
            peer.begin("echo.elf", windowsize=16)
            blocks = peer.blocks(self.image)
            self.assertEqual(len(blocks), count)
            peer.put_blocks(blocks[:after])
            peer.send_error()
            if after % 16 == 0:
                self.check_names([after])
        self.check_untouched()
        self.check_a_good_push()

    def test_a_push_begun_anew_after_any_block_arrives_in_the_end(self):
        """From the same port under another name: that takes no ERROR."""
        peer = self.peer()
        options = {"blksize": 1024}
        for after in range(len(self.image) // 1024 + 1):
            peer.begin(f"echo-{after}.elf", **options)
            peer.put_blocks(peer.blocks(self.image)[:after])
        self.check_untouched()
        since = self.log_length()
        peer.begin("echo.elf", **options)
        peer.put_blocks(peer.blocks(self.image))
        self.wait_for_service("echo", since)
        self.check_echo()

    def test_the_host_of_a_client_that_fell_silent_may_soon_begin_anew(self):
        for name, blocks in (("the request", 0), ("one block", 1), ("part of a window", 5)):
            with self.subTest(name):
                self.fall_silent_after(blocks)
                self.assert_refused(r"busy: 10\.0\.2\.2 is writing silent\.elf",
                                    lambda: self.peer().begin("other.elf"))
                self.check_names([blocks])
                self.begin_when_admitted().send_error()
        self.check_untouched()
        self.check_a_good_push()

    def test_a_client_that_fell_silent_is_given_up(self):
        since = self.log_length()
        self.fall_silent_after(3)
        self.machine.wait_for(r"files: .*given up: nothing new came for \d+ s", timeout_s=40, since=since)
        self.check_untouched()
        self.check_a_good_push()

    def fall_silent_after(self, blocks):
        peer = self.peer()
        peer.begin("silent.elf", windowsize=10)
        for i, block in enumerate(peer.blocks(self.image)[:blocks]):
            peer.send_data(1 + i, block)

    def begin_when_admitted(self):
        deadline = time.monotonic() + DEADLINE_S
        while True:
            peer = self.peer()
            try:
                peer.begin("other.elf")
                return peer
            except Refused as error:
                self.assertRegex(error.sentence, "busy")
                self.assertLess(time.monotonic(), deadline)
                select.select([], [], [], 0.1)


class TestBadImages(RunningDns):
    def test_each_bad_image_is_refused_in_its_words(self):
        good = built_bytes("hello.elf")
        for name, how, sentence in SPOILT + MISPLACED:
            bad = spoil(good, how)
            with self.subTest(name):
                self.assertNotEqual(bad, good, "nothing was spoilt")
                self.assert_refused(sentence, lambda bad=bad: self.peer().push(bad, "bad.elf"))
                self.check_names([1])
        self.check_untouched()
        self.check_a_good_push()

    def test_noise_is_refused(self):
        generator = random.Random(2)
        for size in (1, 511, 512, 100000):
            noise = generator.randbytes(size)
            self.assert_refused("too few|not an ELF file", lambda noise=noise: self.peer().push(noise))
        self.check_untouched()

    def test_stock_clients_show_the_sentence(self):
        self.offer("bad.elf", spoil(built_bytes("hello.elf"), lambda e: e.content[:60]))
        with self.assertRaisesRegex(tftp_client.Refused, "60 bytes are too few for an ELF header"):
            tftp_client.push(f"{self.offered}/bad.elf", self.ports[TFTP])
        self.check_untouched()


class TestUnwantedRequests(RunningDns):
    def test_of_two_pushes_at_once_the_second_is_refused(self):
        image = built_bytes("echo.elf")
        first, second = self.peer(), self.peer()
        first.begin("first.elf", blksize=1024)
        blocks = first.blocks(image)
        for i, block in enumerate(blocks):
            if i % 10 == 0:
                self.assert_refused(r"busy: 10\.0\.2\.2 is writing first\.elf",
                                    lambda: second.begin("second.elf"))
            if i + 1 == len(blocks):
                since = self.log_length()
            first.put_blocks([block], 1 + i)
        self.wait_for_service("echo", since)
        self.check_echo()

    def test_netascii_is_refused_with_the_switch_that_helps(self):
        for opcode in (tftp_peer.WRITE, tftp_peer.READ):
            peer = self.peer()
            peer.send_request(opcode, "dns.elf", mode="netascii")
            self.assert_refused("netascii.*binary", peer.receive)
        self.check_untouched()

    def test_a_file_that_is_too_large_is_refused_before_it_comes(self):
        for size in (1 << 30, 1 << 40, (1 << 64) - 1, 1 << 80):
            self.assert_refused("there is room for [0-9]+",
                                lambda size=size: self.peer().begin("huge.elf", tsize=size),
                                tftp_peer.CODE_TOO_LARGE)
        self.check_untouched()
        self.check_a_good_push()

    def test_fewer_bytes_than_announced_are_refused(self):
        image = built_bytes("echo.elf")
        self.assert_refused(f"{len(image) + 1} bytes were announced, {len(image)} came",
                            lambda: self.peer().push(image, tsize=len(image) + 1))
        self.check_untouched()

    def test_nonsense_to_the_port_of_pushes_is_passed_over(self):
        generator = random.Random(9)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect((self.address, self.ports[TFTP]))
            for _ in range(300):
                opcode = struct.pack(">H", generator.randrange(0, 8))
                client.send(opcode + generator.randbytes(generator.randrange(0, 600)))
        self.check_untouched()
        self.check_a_good_push()


class TestDeployOff(RunningDns):
    arguments = "pilot.deploy=off"

    def test_pushes_are_refused(self):
        self.assert_refused(r"deploy = off", lambda: self.peer().begin("dns.elf"))
        self.assert_refused(r"deploy = off", lambda: self.peer().begin("dns.elf", tsize=90000))
        self.assertEqual(self.before["deploy"], "off")
        self.check_untouched()


class TestDeploySigned(RunningDns):
    arguments = "pilot.deploy=signed"

    def test_pushes_are_refused_while_there_are_no_keys(self):
        image = built_bytes("echo.elf")
        self.assert_refused(r"deploy = signed, but this loader was built without keys",
                            lambda: self.peer().push(image))
        self.assertEqual(self.before["deploy"], "signed")
        self.check_untouched()
