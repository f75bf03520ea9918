"""Rescue: no service runs, and the loader itself takes pushes, while it goes on looking for
something to start.

SPDX-License-Identifier: BSD-2-Clause
"""
from bad_elf import spoil
from cases import STARTING, built_bytes
from redeploy import BoardCase
from tftp_peer import Refused


class TestRescue(BoardCase):
    def boot_to_rescue(self, arguments="", **options):
        """There is nothing to boot: the loader tries again and again."""
        self.boot_board("missing.elf", arguments=arguments, **options)
        self.machine.wait_for("nothing could be started")

    def check_push(self, push):
        self.boot_to_rescue()
        since = self.log_length()
        push("dns")
        self.wait_for_service("dns", since)
        self.check_names()
        self.assertRegex(self.status()["location"], r"^push:10\.0\.2\.2/")
        return since

    def test_tftp_hpa_pushes(self):
        self.check_push(self.push_by_hpa)

    def test_curl_pushes(self):
        self.check_push(self.push_by_curl)

    def test_atftp_pushes(self):
        self.check_push(self.push_by_atftp)

    def test_pilot_deploys(self):
        printed = []
        self.check_push(lambda service: printed.append(self.deploy(service)))
        self.assertRegex(printed[0], r"runs no service")
        self.assertRegex(printed[0], r"dns 1\.0\.0 answers")

    def test_the_log_and_the_status_are_there(self):
        self.boot_to_rescue()
        self.assertIn("loader: Pilotlight", self.fetch("log").decode("ascii"))
        status = self.status()
        self.assertEqual((status["deploy"], status["hand_backs"]), ("any", "0"))
        self.assertEqual(status["service"], "none")

    def test_a_bad_image_is_refused_and_a_good_one_taken(self):
        self.boot_to_rescue()
        for how, sentence in ((lambda e: e.content[:60], "60 bytes are too few"),
                              (lambda e: e.content[:len(e.content) // 2], "cut off: ")):
            with self.assertRaisesRegex(Refused, sentence):
                self.push_bytes(spoil(built_bytes("hello.elf"), how))
        self.push("echo")
        self.check_echo()

    def test_a_push_broken_off_does_not_end_the_retries(self):
        self.boot_to_rescue()
        peer = self.open(self.peer())
        peer.begin("echo.elf")
        peer.put_blocks(peer.blocks(built_bytes("echo.elf"))[:20])
        peer.send_error()
        self.offer("missing.elf", built_bytes("hello.elf"))
        self.machine.wait_for(STARTING, 60)

    def test_pushes_are_refused_when_they_are_off_or_signed(self):
        for deploy, sentence in (("off", "deploy = off"), ("signed", "built without keys")):
            with self.subTest(deploy):
                self.boot_to_rescue(f"pilot.deploy={deploy}")
                with self.assertRaisesRegex(Refused, sentence):
                    self.push_bytes(built_bytes("dns.elf"))
                self.check_log(STARTING, has=False)

    def test_a_push_goes_before_a_fetch(self):
        """Of a server that is not there: the loader asks and asks."""
        self.boot_board("dns.elf", arguments="pilot.sources=network pilot.server=10.0.2.99")
        self.machine.wait_for("dhcp: ")
        self.push("echo")
        self.check_echo()
        self.check_log(r"dns\.elf: given up for a push")
