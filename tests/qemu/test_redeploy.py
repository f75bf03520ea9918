"""A running service is replaced by a push: from each client, and under load.

SPDX-License-Identifier: BSD-2-Clause
"""
import time

from cases import READY, built_bytes
from machine import wait_until
from redeploy import DNS, BoardCase, DnsLoad, phases

REDEPLOYS = 10
QUERIES_PER_SECOND = 200

# Of a redeploy, on a loaded machine; bench says how long it takes.
LONGEST_GAP_S = 5.0

PHASES = ["push", "hand-back", "loader start", "verify", "place", "entry", "service start", "network",
          "main"]


class TestClients(BoardCase):
    """dns is replaced by echo, and echo by dns."""

    def check(self, push):
        self.boot_service("dns")
        self.machine.wait_for(READY)
        boot_ids = [self.boot_id()]
        for service, check in (("echo", self.check_echo), ("dns", self.check_names)):
            since = self.log_length()
            push(service)
            self.wait_for_service(service, since)
            check()
            status = self.status()
            self.assertEqual(status["service"], service)
            self.assertRegex(status["location"], r"^push:10\.0\.2\.2/")
            boot_ids.append(status["boot_id"])
        self.assertEqual(len(set(boot_ids)), 3)
        self.assertEqual((status["hand_backs"], status["redeploys"], status["crashes"]),
                         ("2", "2", "0"))
        self.assertEqual(list(phases(status["phases"])), PHASES)

    def test_tftp_hpa_pushes(self):
        self.check(self.push_by_hpa)

    def test_curl_pushes(self):
        self.check(self.push_by_curl)

    def test_atftp_pushes(self):
        self.check(self.push_by_atftp)

    def test_pilot_deploys_and_tells_of_each_phase(self):
        printed = []
        self.check(lambda service: printed.append(self.deploy(service)))
        self.assertRegex(printed[1], r"(?m)^connect .* runs echo 1\.0\.0$")
        self.assertRegex(printed[1], r"(?m)^upload .* \d+ bytes")
        self.assertRegex(printed[1], r"(?m)^dns 1\.0\.0 answers, \d+ ms after hand-back$")


class TestUnderLoad(BoardCase):
    def setUp(self):
        super().setUp()
        self.boot_service("dns")
        self.machine.wait_for(READY)

    def test_queries_are_lost_only_while_one_service_takes_over_from_the_other(self):
        switches = []
        with DnsLoad(self.ports[DNS], QUERIES_PER_SECOND) as load:
            for _ in range(REDEPLOYS):
                begin = time.monotonic()
                self.push("dns")
                end = time.monotonic()
                switches.append((begin, end))
                wait_until(lambda end=end: load.has_answered_since(end), "an answer to the load")
            load.stop()
        longest = max(load.gaps(begin, end + 1)[0] for begin, end in switches)
        print(f"# {len(load.sent_at)} queries, {len(load.lost())} lost in {REDEPLOYS} redeploys; p50 "
              f"{load.latency(0.5) * 1e3:.2f} ms, longest gap {longest * 1e3:.0f} ms")
        for at in load.lost():
            self.assertTrue(any(begin <= at <= end for begin, end in switches),
                            f"a query was lost at {at}; the redeploys were {switches}")
        self.assertLess(longest, LONGEST_GAP_S)
        self.assertEqual(self.status()["redeploys"], str(REDEPLOYS))
        self.check_names()

    def test_the_old_service_answers_while_the_image_comes(self):
        with self.peer() as peer:
            peer.begin("dns.elf", blksize=1024)
            blocks = peer.blocks(built_bytes("dns.elf"))
            for i, block in enumerate(blocks[:-1]):
                peer.put_blocks([block], 1 + i)
                self.check_names([i], tries=1)
            since = self.log_length()
            peer.put_blocks(blocks[-1:], len(blocks))
        self.wait_for_service("dns", since)
        self.check_names()
