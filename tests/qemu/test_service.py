"""The services, asked by the clients people have.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import random
import re
import socket
import subprocess

import servers
from cases import ADDRESS, READY, STARTING, Case, WireCase, built_bytes
from dns_client import Client, expected_address, make_query, parse_answer
from machine import Machine, built, make_card


class TestDnsClients(WireCase):
    def setUp(self):
        super().setUp()
        self.offer("dns.elf")
        self.open(servers.dnsmasq(self.folder, tftp_root=self.offered))
        self.machine = self.boot()
        self.machine.wait_for(READY)
        self.address = self.machine.wait_for(ADDRESS)[1]

    def run_client(self, *command):
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                timeout=30, check=False)
        self.assertEqual(result.returncode, 0, result.stdout)
        return result.stdout

    def test_dig_gets_its_answers(self):
        at = f"@{self.address}"
        short = ["dig", at, "+short", "+tries=1", "+time=5"]
        self.assertEqual(self.run_client(*short, "host0042.example").split(), ["10.0.0.42"])
        self.assertEqual(self.run_client(*short, "HOST9999.Example").split(), ["10.0.39.15"])
        whole = self.run_client("dig", at, "+tries=1", "+time=5", "HoSt0042.example")
        self.assertIn("status: NOERROR", whole)
        self.assertRegex(whole, r"flags: qr aa rd;")
        self.assertRegex(whole, r"HoSt0042\.example\.\s+\d+\s+IN\s+A\s+10\.0\.0\.42")
        self.assertNotIn("WARNING: Message parser", whole)
        missing = self.run_client("dig", at, "+tries=1", "+time=5", "host10000.example")
        self.assertIn("status: NXDOMAIN", missing)
        other_type = self.run_client("dig", at, "+tries=1", "+time=5", "host0042.example", "AAAA")
        self.assertIn("status: NOERROR", other_type)
        self.assertIn("ANSWER: 0", other_type)

    def test_nslookup_gets_its_answer(self):
        answer = self.run_client("nslookup", "-type=a", "host0300.example", self.address)
        self.assertRegex(answer, r"Address: 10\.0\.1\.44\b")

    def test_a_thousand_different_names_have_the_right_addresses(self):
        numbers = random.Random(1000).sample(range(10000), 1000)
        with Client(self.address) as client:
            for i in numbers:
                self.assertEqual(client.ask(f"host{i:04}.example"), (0, [expected_address(i)]), i)

    def test_nonsense_does_not_silence_it(self):
        generator = random.Random(7)
        with Client(self.address) as client:
            for _ in range(300):
                client.socket.send(generator.randbytes(generator.randrange(0, 600)))
            self.assertEqual(client.ask("host0001.example", tries=10), (0, ["10.0.0.1"]))

    def test_a_hundred_questions_in_flight_are_answered(self):
        with Client(self.address) as client:
            # While our own MAC is not known there, only the newest answer is kept
            # (service_udp_send): one question first.
            client.ask("host0000.example")
            queries = [make_query(i, f"host{i:04}.example") for i in range(100)]
            for query in queries:
                client.socket.send(query)
            answered = set()
            client.socket.settimeout(3)
            while len(answered) < 100:
                answer = client.socket.recv(2048)
                i = int.from_bytes(answer[:2], "big")
                self.assertEqual(parse_answer(answer, queries[i]), (0, [expected_address(i)]))
                answered.add(i)


class TestEcho(WireCase):
    def test_datagrams_of_every_size_come_back_whole(self):
        self.offer("echo.elf")
        self.open(servers.dnsmasq(self.folder, file="echo.elf", tftp_root=self.offered))
        machine = self.boot()
        machine.wait_for(READY)
        address = machine.wait_for(ADDRESS)[1]
        generator = random.Random(5)
        # Around every multiple of the 64-byte USB packet once, and every size up to 70.
        sizes = list(range(0, 71)) + [n for k in range(2, 23) for n in range(64 * k - 45, 64 * k - 39)]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(5)
            client.connect((address, 7))
            for size in sizes + [1471, 1472]:
                sent = generator.randbytes(size)
                client.send(sent)
                self.assertEqual(client.recv(2048), sent, f"{size} bytes")

    def test_ping_is_answered(self):
        self.offer("echo.elf")
        self.open(servers.dnsmasq(self.folder, file="echo.elf", tftp_root=self.offered))
        machine = self.boot()
        machine.wait_for(READY)
        address = machine.wait_for(ADDRESS)[1]
        answer = ping(address)
        self.assertTrue(answer, "no echo reply")


def ping(address):
    """One ICMP echo request from a raw socket: ping itself is not on every machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
        raw.settimeout(5)
        body = b"\x08\x00\x00\x00\x12\x34\x00\x01" + b"pilotlight" * 4
        total = sum(int.from_bytes(body[i:i + 2], "big") for i in range(0, len(body), 2))
        total = (total & 0xFFFF) + (total >> 16)
        total = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
        raw.sendto(body[:2] + total.to_bytes(2, "big") + body[4:], (address, 0))
        try:
            while True:
                packet, sender = raw.recvfrom(2048)
                header = (packet[0] & 15) * 4
                if sender[0] == address and packet[header] == 0 and packet[header + 4:] == body[4:]:
                    return True
        except socket.timeout:
            return False


class TestEnds(Case):
    """Ways a service ends, and that the board goes on."""

    def test_a_service_that_is_done_powers_the_machine_off(self):
        self.offer("hello.elf")
        machine = self.boot_with_user_network("hello.elf",
                                              arguments='pilot.exit=off -- one "two words"')
        machine.wait_for("kernel: the service ended with status 0: back to the loader")
        self.assertEqual(machine.wait_for_end(), 0)
        self.assertTrue(machine.has_line(r"one.*two words"), machine.log())
        self.assertTrue(machine.has_line(r"beat 3 at"), machine.log())

    def test_a_service_that_fails_at_once_is_fetched_again_and_again_but_slower(self):
        self.offer("dns.elf")
        machine = self.boot_with_user_network("dns.elf", arguments="-- no-number")
        since, starts = 0, []
        for _ in range(3):
            starts.append(machine.wait_for(STARTING, since=since))
            since = machine.wait_for(r"kernel: the service ended with status -1: back to the loader",
                                     since=starts[-1].after).after
            since = machine.wait_for("loader: dns 1.0.0 ended with status -1; not confirmed, and nothing "
                                     "to fall back on", since=since).after
        times = [float(re.match(r"\[ *(\d+\.\d+)\]", machine.lines[start.number])[1]) for start in starts]
        # Pauses of one and two seconds, and what it takes to start.
        self.assertGreaterEqual(times[1] - times[0], 1)
        self.assertGreaterEqual(times[2] - times[1], 2)
        self.assertLess(times[2] - times[0], 10)
        self.offer("dns.elf", built_bytes("echo.elf"))
        self.assertEqual(machine.wait_for(STARTING, since=since)[1], "echo")

    def test_a_reset_button_boots_again_and_the_log_before_it_is_shown(self):
        self.offer("dns.elf")
        machine = self.boot_with_user_network("dns.elf")
        self.forgive_reception(machine)
        since = 0
        for _ in range(3):
            ready = machine.wait_for(rf"^\[[ .\d]+\] {READY}", since=since)
            last = machine.lines[ready.number]
            machine.tell("system_reset")
            since = machine.wait_for(r"^\[[ .\d]+\] loader: Pilotlight", since=ready.after).after
            since = machine.wait_for("loader: the log before the reset ends:", since=since).after
            machine.wait_for(f"before: {re.escape(last)}$", since=since)
        self.assertEqual(len(re.findall(r"(?m)^\[[ .\d]+\] loader: Pilotlight", machine.log())), 4)


class TestFaultsWithoutLoader(Case):
    """A service that does wrong with nobody below it reports in words, and the machine resets. (With
    the loader: test_guard.)"""

    def check(self, fault, *report):
        flat = os.path.join(self.folder, "faults.bin")
        subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", built("faults.elf"), flat], check=True)
        machine = self.open(self.make_machine(network="user,id=net", kernel=flat, arguments=f"-- {fault}"))
        self.forgive_reception(machine)
        since = 0
        for _ in range(2):
            since = machine.wait_for(f"faults: {fault}$", since=since).after
            for pattern in report:
                since = machine.wait_for("fault: .*" + pattern, since=since).after
            since = machine.wait_for("fault: the machine resets now", since=since).after
        self.assertFalse(machine.has_line("survived"), machine.log())

    def test_a_write_through_a_null_pointer(self):
        self.check("write-null", "data abort", "writing 0x10: not mapped", "write_to")

    def test_a_write_to_a_constant(self):
        self.check("write-constant", "data abort", "writing 0x[0-9a-f]+: permission", "write_to")

    def test_execution_of_data(self):
        self.check("execute-data", "instruction abort", "executing 0x[0-9a-f]+: permission")

    def test_a_call_through_a_null_pointer(self):
        self.check("call-null", "instruction abort", "executing 0x0: not mapped")

    def test_a_stack_that_overflows_meets_the_guard_page(self):
        self.check("overflow-stack", "data abort", "stack overflow", "recurse", "from .* recurse")

    def test_a_smashed_stack_is_noticed(self):
        self.check("smash-stack", "stack protector", "smash_stack")

    def test_a_trap(self):
        self.check("trap", "BRK", "trap")

    def test_abort(self):
        self.check("abort", "abort was not called", "give_up")


class TestSettings(Case):
    """What pilot.conf and the boot arguments say is done."""

    def test_a_static_address_needs_no_dhcp(self):
        self.offer("dns.elf")
        card = make_card(self.folder, {"pilot.conf": b"""
# no DHCP here
sources = network
network = static
address = 10.0.2.77
mask = /24
gateway = 10.0.2.2
server = 10.0.2.2
file = dns.elf
"""})
        machine = self.boot_with_user_network("another-file.elf", card=card)
        self.assertEqual(machine.wait_for(STARTING)[3], "tftp://10.0.2.2/dns.elf")
        machine.wait_for(r"dns: .* listening on 10\.0\.2\.77 ")
        self.assertFalse(machine.has_line("dhcp: "), machine.log())

    def test_boot_arguments_count_more_than_the_card(self):
        self.offer("hello.elf")
        card = make_card(self.folder, {"pilot.conf": b"sources = sd\nfile = dns.elf\narguments = card\n",
                                       "dns.elf": built_bytes("dns.elf")})
        machine = self.boot_with_user_network(
            "dns.elf", card=card, arguments="quiet pilot.sources=network pilot.file=hello.elf "
                                       "pilot.exit=off -- bootargs")
        self.assertEqual(machine.wait_for(STARTING)[3], "tftp://10.0.2.2/hello.elf")
        self.assertEqual(machine.wait_for_end(), 0)
        self.assertTrue(machine.has_line("bootargs"), machine.log())

    def test_a_server_that_is_not_there_gives_way_to_the_card(self):
        card = make_card(self.folder, {
            "pilot.conf": b"sources = network, sd\nwait_ms = 3000\nserver = 10.0.2.99\nfile = hello.elf\n",
            "hello.elf": built_bytes("hello.elf")})
        machine = self.boot_with_user_network("hello.elf", card=card)
        self.assertEqual(machine.wait_for(STARTING)[3], "sd:hello.elf")


class TestCard(Case):
    """The service comes from a card; no network takes part."""

    def boot_from_card(self, files, **options):
        card = make_card(self.folder, files)
        return self.open(Machine(card=card, **options))

    def check_hello(self, **options):
        machine = self.boot_from_card(
            {"pilot.conf": b"sources = sd\nfile = hello.elf\narguments = from card\nexit = off\n",
             "hello.elf": built_bytes("hello.elf")}, **options)
        starting = machine.wait_for(STARTING)
        self.assertEqual((starting[1], starting[3]), ("hello", "sd:hello.elf"))
        self.assertEqual(machine.wait_for_end(), 0)
        self.assertTrue(machine.has_line("from card"), machine.log())

    def test_a_service_starts_from_a_card_on_emmc(self):
        self.check_hello()

    def test_a_service_starts_from_a_card_on_sdhost(self):
        self.check_hello(card_on_sdhost=True)

    def test_a_service_on_the_card_in_a_folder_with_a_long_name(self):
        long_name = "a service with a very long name indeed.elf"
        machine = self.boot_from_card(
            {"pilot.conf": b"sources = sd\nfile = hello-with-a-long-name.elf\n",
             "hello-with-a-long-name.elf": built_bytes("hello.elf"), long_name: b"x" * 100000})
        self.assertEqual(machine.wait_for(STARTING)[3], "sd:hello-with-a-long-name.elf")

    def test_a_configuration_with_mistakes_costs_only_the_mistakes(self):
        machine = self.boot_from_card(
            {"pilot.conf": b"sources = sd\ncolour = red\nserver = 10.0.0\nfile = hello.elf\n",
             "hello.elf": built_bytes("hello.elf")})
        machine.wait_for(r"pilot\.conf:2:\d+: .*colour")
        machine.wait_for(r"pilot\.conf:3:\d+: .*10\.0\.0")
        self.assertEqual(machine.wait_for(STARTING)[1], "hello")

    def test_a_card_without_the_file_gives_way_to_the_network(self):
        self.offer("hello.elf")
        card = make_card(self.folder, {"README": b"nothing to boot here\n"})
        machine = self.boot_with_user_network("hello.elf", card=card)
        self.assertIn("tftp://", machine.wait_for(STARTING, 60)[3])

    def test_a_card_full_of_noise_gives_way_to_the_network(self):
        self.offer("hello.elf")
        card = make_card(self.folder, {})
        with open(card, "r+b") as image:
            image.write(random.Random(3).randbytes(4 << 20))
        machine = self.boot_with_user_network("hello.elf", card=card)
        self.assertIn("tftp://", machine.wait_for(STARTING, 60)[3])
