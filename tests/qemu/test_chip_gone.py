"""The board's Ethernet chip stops answering while a service runs, and answers again later: the
service starts its network again by itself.

SPDX-License-Identifier: BSD-2-Clause
"""
import socket

from cases import READY, STARTING, Case, free_udp_port
from on_chip import Lan7515, Lan9514

ECHO = 7
GONE_S = 60      # noticed after some 8 s; the next try may be 16 s away


class Gone:
    def serve(self, **options):
        """A machine with the service echo; the model forgives a chip that nobody could stop."""
        self.port = free_udp_port()
        self.offer("echo.elf")
        machine = self.boot_with_user_network(
            "echo.elf", ports={ECHO: self.port}, chip_options={"off": ["reception-left-on"]},
            **options)
        machine.wait_for(READY)
        self.socket = self.open(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.socket.connect(("127.0.0.1", self.port))
        self.assertEqual(self.echo(b"before"), b"before")
        # One that nobody can reach is not confirmed, and would be stopped after half a minute.
        machine.wait_for("the service confirmed itself")
        return machine

    def echo(self, content, tries=20, timeout_s=0.5):
        """What comes back; None: nothing does."""
        self.socket.settimeout(timeout_s)
        for _ in range(tries):
            self.socket.send(content)
            try:
                while (answer := self.socket.recv(2048)) != content:
                    pass        # of an earlier question
                return answer
            except TimeoutError:
                pass
        return None

    def lose(self, machine):
        """Returns where the log is once the loss has been noticed, and the first try has failed."""
        since = len(machine.lines)
        machine.chip.fault("silent")
        gone = machine.wait_for("network: lan[79][58]xx is gone: USB is started again", GONE_S, since)
        machine.wait_for("net: link down", since=since)
        return machine.wait_for("network: still gone: ", GONE_S, gone.after).after

    def regain(self, machine, since):
        machine.chip.fault("silent", 0)
        back = machine.wait_for(r"network: lan[79][58]xx is back after \d+ ms", GONE_S, since)
        return machine.wait_for("net: link up", since=back.after).after

    def test_a_chip_that_answers_again_is_started_again_by_the_running_service(self):
        machine = self.serve()
        begun = len(machine.lines)
        resets = machine.chip.statistics()["resets"]
        for round in range(2):
            since = self.lose(machine)
            self.assertIsNone(self.echo(b"during", tries=3))
            self.regain(machine, since)
            content = f"after {round}".encode()
            self.assertEqual(self.echo(content), content)
        self.assertEqual(machine.chip.statistics()["resets"], resets + 2)
        self.assertFalse(machine.has_line(STARTING, begun), "it is the same service")
        self.assertFalse(machine.has_line(READY, begun), "it is the same service")
        self.assertFalse(machine.has_line("dhcp: ", begun), "the address was kept")


class TestLan9514Gone(Lan9514, Gone, Case):
    pass


class TestLan7515Gone(Lan7515, Gone, Case):
    pass
