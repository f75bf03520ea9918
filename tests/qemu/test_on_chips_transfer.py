"""test_transfer on the models of the board's own Ethernet chips: the service arrives from each
real server, over bad cables too.

SPDX-License-Identifier: BSD-2-Clause
"""
import servers
import test_transfer
from cases import STARTING
from on_chip import Lan7515, Lan9514, without
from wire import udp_of

# QEMU's only hub is a full-speed one; on a board the chips are behind hubs of their own.
HUB = "test_a_service_arrives_behind_a_hub"
# QEMU's filters are on the path to its own adapters only; CableOut pulls the cable instead.
FILTERED = "test_a_server_out_of_reach_in_mid_transfer_and_back_again"

# Slow ones, of which one model must do.
LOCK_STEP = "test_a_service_arrives_with_30_percent_loss"
VANISHED = "test_a_server_vanishes_in_mid_transfer_and_comes_back"


@without(HUB)
class TestTftpdHpaLan9514(Lan9514, test_transfer.TestTftpdHpa):
    pass


@without(HUB)
class TestTftpdHpaLan7515(Lan7515, test_transfer.TestTftpdHpa):
    pass


class TestDnsmasqLan9514(Lan9514, test_transfer.TestDnsmasq):
    pass


class TestDnsmasqLan7515(Lan7515, test_transfer.TestDnsmasq):
    pass


class TestAtftpdLan9514(Lan9514, test_transfer.TestAtftpd):
    pass


class TestAtftpdLan7515(Lan7515, test_transfer.TestAtftpd):
    pass


class TestTftpdHpaLossLan9514(Lan9514, test_transfer.TestTftpdHpaLoss):
    pass


class TestTftpdHpaLossLan7515(Lan7515, test_transfer.TestTftpdHpaLoss):
    pass


class TestDnsmasqLossLan9514(Lan9514, test_transfer.TestDnsmasqLoss):
    pass


@without(LOCK_STEP)
class TestDnsmasqLossLan7515(Lan7515, test_transfer.TestDnsmasqLoss):
    """With 5 percent only: 30 cost a server without windows more than a minute, and the LAN9514
    has them."""


class TestAtftpdLossLan9514(Lan9514, test_transfer.TestAtftpdLoss):
    pass


class TestAtftpdLossLan7515(Lan7515, test_transfer.TestAtftpdLoss):
    pass


class CableOut:
    """For a test_transfer.TestBrokenTransfers."""

    def test_a_cable_pulled_in_mid_transfer_and_plugged_in_again(self):
        self.offer("dns.elf")
        self.open(servers.dnsmasq(self.folder, tftp_root=self.offered))
        blocks = []

        def pull_at_the_tenth_block(to_guest, frame):
            datagram = udp_of(frame)
            if to_guest and datagram and datagram[2][:2] == b"\0\3":
                blocks.append(datagram[2][2:4])
                if len(blocks) == 10:
                    machine.set_link(False)
            return True

        machine = self.boot(stopped=True)
        self.wire.on_frame = pull_at_the_tenth_block
        machine.tell("cont")
        machine.wait_for("network: tftp://.*: the server fell silent after [1-9]", 60)
        self.assertFalse(machine.has_line(STARTING))
        machine.set_link(True)
        machine.wait_for(STARTING, 60)
        self.check_dns(machine)


class TestBrokenTransfersLan9514(Lan9514, CableOut, test_transfer.TestBrokenTransfers):
    pass


@without(VANISHED)
class TestBrokenTransfersLan7515(Lan7515, CableOut, test_transfer.TestBrokenTransfers):
    """To the board a server that is gone is a cable that is out, which is pulled here; on the
    LAN9514 it is both."""


@without(FILTERED)
class TestUserNetworkLan9514(Lan9514, test_transfer.TestUserNetwork):
    pass


@without(FILTERED)
class TestUserNetworkLan7515(Lan7515, test_transfer.TestUserNetwork):
    pass
