"""The service arrives over TFTP from each real server, over bad cables too.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import random

import servers
from cases import READY, SERIAL, STARTING, Case, WireCase, built_bytes, free_udp_port
from dns_client import Client, expected_address
from machine import wait_until
from wire import make_udp, udp_of

# A server without windows repeats a lost block after a second, and after two, and four.
PATIENCE_S = 180

# For an address, where there is none to be had at first; a minute if nobody says so.
SHORT_WAIT = "pilot.wait_ms=5000"


class ServerCase(WireCase):
    """What is tried with every server; start_servers() is theirs."""

    def fetch(self, **impairment):
        self.offer("dns.elf")
        self.start_servers()
        self.wire.impair(**impairment)
        machine = self.boot()
        starting = machine.wait_for(STARTING, PATIENCE_S)
        self.assertEqual(starting[1], "dns")
        self.assertIn("tftp://192.168.77.1/", starting[3])
        # What was fetched is what was offered: the service runs and knows its records.
        self.check_dns(machine, timeout_s=PATIENCE_S, tries=40, wait_s=0.25)
        return machine

    def without_loss(self):
        machine = self.fetch()
        self.assertEqual(self.wire.lost, 0)
        self.assertFalse(machine.has_line("asking again"))
        return machine

    def with_loss(self, **loss):
        self.fetch(**loss, seed=5)
        self.assertGreater(self.wire.lost, 0, "the wire lost nothing: nothing was tested")

    def doubled_and_out_of_order(self):
        self.fetch(double=0.2, delay=0.2, seed=3)
        self.assertGreater(self.wire.doubled, 0, "no frame came twice: nothing was tested")
        self.assertGreater(self.wire.delayed, 0, "no frame came late: nothing was tested")


class TftpdHpa:
    def start_servers(self):
        self.open(servers.dnsmasq(self.folder))
        self.open(servers.tftpd_hpa(self.folder, self.offered))


class Dnsmasq:
    def start_servers(self):
        self.open(servers.dnsmasq(self.folder, tftp_root=self.offered))


class Atftpd:
    def start_servers(self):
        self.open(servers.dnsmasq(self.folder))
        self.open(servers.atftpd(self.folder, self.offered))


class TestTftpdHpa(TftpdHpa, ServerCase):
    def test_a_service_arrives(self):
        self.without_loss()

    def test_a_service_arrives_behind_a_hub(self):
        self.offer("dns.elf")
        self.start_servers()
        machine = self.boot(port1=False)
        machine.wait_for(STARTING)
        self.check_dns(machine)

    def test_a_service_arrives_although_frames_come_twice_and_late(self):
        self.doubled_and_out_of_order()

    def test_the_folder_of_the_serial_number_comes_first(self):
        os.mkdir(os.path.join(self.offered, SERIAL))
        self.offer("dns.elf", b"not this one")
        self.offer(f"{SERIAL}/dns.elf", built_bytes("dns.elf"))
        self.start_servers()
        starting = self.boot().wait_for(STARTING)
        self.assertIn(f"/{SERIAL}/dns.elf", starting[3])


class TestDnsmasq(Dnsmasq, ServerCase):
    def test_a_service_arrives(self):
        self.without_loss()

    def test_a_service_arrives_although_frames_come_twice_and_late(self):
        self.doubled_and_out_of_order()


class TestAtftpd(Atftpd, ServerCase):
    def test_a_service_arrives_in_windows(self):
        machine = self.without_loss()
        blocks = machine.wait_for(r"network: tftp://.* blocks in a window: (\d+)")
        self.assertGreater(int(blocks[1]), 1, "atftpd knows windowsize; it was not used")

    def test_a_service_arrives_although_frames_come_twice_and_late(self):
        self.doubled_and_out_of_order()


class TestTftpdHpaLoss(TftpdHpa, ServerCase):
    def test_a_service_arrives_with_5_percent_loss(self):
        self.with_loss(loss_in=0.05, loss_out=0.05)

    def test_a_service_arrives_with_30_percent_loss(self):
        self.with_loss(loss_in=0.30)


class TestDnsmasqLoss(Dnsmasq, ServerCase):
    def test_a_service_arrives_with_5_percent_loss(self):
        self.with_loss(loss_in=0.05, loss_out=0.05)

    def test_a_service_arrives_with_30_percent_loss(self):
        self.with_loss(loss_in=0.30)


class TestAtftpdLoss(Atftpd, ServerCase):
    def test_a_service_arrives_with_5_percent_loss(self):
        self.with_loss(loss_in=0.05, loss_out=0.05)

    def test_a_service_arrives_with_30_percent_loss(self):
        self.with_loss(loss_in=0.30)


class TestBrokenTransfers(WireCase):
    def test_a_server_vanishes_in_mid_transfer_and_comes_back(self):
        self.offer("dns.elf")
        self.open(servers.dnsmasq(self.folder))
        server = self.open(servers.tftpd_hpa(self.folder, self.offered))
        seen = []

        def cut_at_the_tenth_block(to_guest, frame):
            datagram = udp_of(frame)
            if not to_guest or not datagram or datagram[2][:2] != b"\0\3":
                return True
            seen.append(datagram[2][2:4])
            return len(seen) <= 10 or server.process is None

        self.wire.on_frame = cut_at_the_tenth_block
        machine = self.boot()
        servers.wait_until(lambda: len(seen) > 10, "the transfer does not get to block 10")
        server.stop()
        machine.wait_for("network: tftp://.*: the server (fell silent after [1-9]|does not answer)", 60)
        self.assertFalse(machine.has_line(STARTING))
        self.wire.on_frame = None
        with server:
            machine.wait_for(STARTING, 60)
            self.check_dns(machine)

    def test_a_cable_unplugged_at_start_is_only_waited_for(self):
        self.offer("dns.elf")
        self.open(servers.dnsmasq(self.folder, tftp_root=self.offered))
        machine = self.boot(stopped=True, arguments=SHORT_WAIT)
        machine.set_link(False)
        machine.tell("cont")
        machine.wait_for("no answer from a DHCP server, or no cable", 90)
        machine.set_link(True)
        machine.wait_for(STARTING, 60)
        self.check_dns(machine)

    def test_a_file_that_is_not_there_is_asked_for_until_it_is(self):
        self.open(servers.dnsmasq(self.folder, tftp_root=self.offered))
        machine = self.boot()
        machine.wait_for(r'network: tftp://\S+/dns\.elf: the server says "file .* not found')
        self.offer("dns.elf")
        machine.wait_for(STARTING, 60)
        self.check_dns(machine)

    def test_nonsense_between_the_frames_is_passed_over(self):
        self.offer("dns.elf")
        self.open(servers.dnsmasq(self.folder, tftp_root=self.offered))
        generator = random.Random(11)
        sent = []

        def add_nonsense(to_guest, frame):
            datagram = udp_of(frame)
            if not to_guest or not datagram or datagram[0] == 67:
                return True
            # Behind the good one: until the server's first packet has told its port,
            # nobody can say that another port is wrong.
            self.wire.deliver(True, frame)
            for bad in nonsense_like(frame, generator):
                sent.append(bad)
                self.wire.deliver(True, bad)
            return False

        self.wire.on_frame = add_nonsense
        machine = self.boot()
        self.assertEqual(machine.wait_for(STARTING, 60)[1], "dns")
        self.check_dns(machine)
        self.assertGreater(len(sent), 500, "too little nonsense was sent")
        self.assertFalse(machine.has_line("fault: "), machine.log())


class TestUserNetwork(Case):
    """Broken transfers without a namespace: QEMU's own servers."""

    def check_dns(self, machine, port):
        machine.wait_for(READY, 60)
        with Client("127.0.0.1", port) as client:
            self.assertEqual(client.ask("host0042.example"), (0, [expected_address(42)]))

    def test_a_cable_unplugged_at_start_is_only_waited_for(self):
        self.offer("dns.elf")
        ports = {53: free_udp_port()}
        machine = self.boot_with_user_network("dns.elf", ports=ports, stopped=True, arguments=SHORT_WAIT)
        machine.set_link(False)
        machine.tell("cont")
        machine.wait_for("no answer from a DHCP server, or no cable", 90)
        machine.set_link(True)
        machine.wait_for(STARTING, 60)
        self.check_dns(machine, ports[53])

    def test_a_server_out_of_reach_in_mid_transfer_and_back_again(self):
        self.offer("dns.elf")
        ports, frames = {53: free_udp_port()}, os.path.join(self.folder, "frames")
        # Every frame to the board waits for the next twentieth of a second: no machine is
        # so fast that the transfer would be over before the cable is out.
        machine = self.boot_with_user_network("dns.elf", ports=ports, options=[
            "-object", f"filter-dump,id=dump,netdev=net,file={frames}",
            "-object", "filter-buffer,id=slow,netdev=net,queue=rx,interval=50000"])
        wait_until(lambda: os.path.exists(frames) and os.path.getsize(frames) > 20000,
                   "the transfer does not get to 20 KB")
        machine.set_link(False)
        silent = machine.wait_for("network: .*the server fell silent after [1-9]", 60)
        self.assertFalse(machine.has_line(STARTING))
        machine.set_link(True)
        machine.wait_for(STARTING, 60, since=silent.after)
        self.check_dns(machine, ports[53])


def nonsense_like(frame, generator):
    """What others have choked on, made to look like it belonged to the transfer."""
    data = b"\0\3" + generator.randbytes(2) + b"nonsense"
    flipped = bytearray(frame)
    flipped[generator.randrange(14, len(frame))] ^= 1 << generator.randrange(8)
    return [
        bytes(flipped),
        frame[:generator.randrange(14, len(frame))].ljust(14, b"\0"),
        make_udp(frame, payload=b"", length=7),
        make_udp(frame, payload=data, length=0),
        make_udp(frame, payload=data, length=0xFFFF),
        make_udp(frame, payload=data, total=0xFFFF),
        make_udp(frame, payload=data, total=19),
        make_udp(frame, payload=data, header=0x4F),
        make_udp(frame, payload=data, header=0x41),
        make_udp(frame, payload=data, header=0x65),
        make_udp(frame, payload=data, fragment=0x2000),
        make_udp(frame, payload=data, fragment=0x1FFF),
        make_udp(frame, payload=data, source_port=70),
        make_udp(frame, payload=data, source=bytes((192, 168, 77, 99))),
        make_udp(frame, payload=b"\0\5\0\1stop\0", source_port=1),
        make_udp(frame, payload=b"\0\6blksize\0" + b"0\0", source_port=71),
        make_udp(frame, payload=b"\0"),
        make_udp(frame, payload=b""),
        generator.randbytes(generator.randrange(1, 1514)),
    ]
