"""The board's Ethernet chip stops answering while a service runs, and answers again later: the
service starts its network again by itself. One that ends meanwhile leaves nothing to be taken over.

SPDX-License-Identifier: BSD-2-Clause
"""
import socket

from cases import READY, STARTING, Case, free_udp_port
from on_chip import Lan7515, Lan9514

COMMANDS = 4998         # of payloads/ends, which need not confirm itself for two minutes
GONE_S = 60             # noticed within 8 s; the next try may be 16 s away


class Gone:
    def serve(self):
        """A machine with the service ends. The model forgives that a chip goes on receiving which
        nobody could stop."""
        port = free_udp_port()
        self.offer("ends.elf")
        machine = self.boot_with_user_network(
            "ends.elf", ports={COMMANDS: port}, chip_options={"off": ["reception-left-on"]})
        machine.wait_for(READY)
        self.socket = self.open(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(0.5)
        return machine

    def ask(self, command=b"state", tries=40):
        """The state of the service; None: it does not answer."""
        for _ in range(tries):
            self.socket.send(command)
            try:
                answer = self.socket.recv(2048).decode()
                return dict(word.split("=", 1) for word in answer.split())
            except TimeoutError:
                pass
        return None

    def lose(self, machine):
        """Returns where the log is once the loss has been noticed, and the first try has failed."""
        since = len(machine.lines)
        machine.chip.fault("silent")
        gone = machine.wait_for(r"network: lan\d+xx is gone: USB is started again", GONE_S, since)
        machine.wait_for("net: link down", since=since)
        return machine.wait_for("network: still gone: ", GONE_S, gone.after).after

    def test_a_chip_that_answers_again_is_started_again_by_the_running_service(self):
        machine = self.serve()
        before = self.ask()
        begun = len(machine.lines)
        resets = machine.chip.statistics()["resets"]
        for _ in range(2):
            since = self.lose(machine)
            self.assertIsNone(self.ask(tries=3))
            machine.chip.fault("silent", 0)
            back = machine.wait_for(r"network: lan\d+xx is back after \d+ ms", GONE_S, since)
            machine.wait_for("net: link up", since=back.after)
            after = self.ask()
            self.assertEqual(after["boot"], before["boot"])
            for count in ("uptime_us", "frames_in", "frames_out"):
                self.assertGreater(int(after[count]), int(before[count]), count)
            before = after
        self.assertEqual(machine.chip.statistics()["resets"], resets + 2)
        self.assertFalse(machine.has_line(STARTING, begun), "it is the same service")
        self.assertFalse(machine.has_line("dhcp: ", begun), "the address was kept")

    def test_a_service_that_ends_without_its_chip_leaves_nothing_to_be_taken_over(self):
        machine = self.serve()
        before = self.ask(b"reboot 20000")
        self.lose(machine)
        handed = machine.wait_for("the service asks for a reboot", GONE_S)
        machine.wait_for("network: no Ethernet device", GONE_S, handed.after)
        machine.chip.fault("silent", 0)
        started = machine.wait_for(STARTING, GONE_S, handed.after)
        machine.wait_for(READY, GONE_S, started.after)
        self.assertNotEqual(self.ask()["boot"], before["boot"])
        self.assertFalse(machine.has_line("not taken over", handed.after), "nothing was described")


class TestLan9514Gone(Lan9514, Gone, Case):
    pass


class TestLan7515Gone(Lan7515, Gone, Case):
    pass
