"""Linux on the models of the board's Ethernet chips: Debian's, with its own drivers for them,
unchanged. What these drivers take for a chip is one, as far as they look; what the model
takes for a misuse ends a test, so one of the two is wrong.

SPDX-License-Identifier: BSD-2-Clause
"""
import hashlib
import random
import socket
import threading
import unittest

from cases import Case
from linux_guest import LinuxGuest

TRANSFER_BYTES = 16 << 20
TRANSFER_S = 100        # each way
ROUNDS, ROUNDS_S = 20, 300   # 14 s when alone, 86 s with six busy loops beside it
GATEWAY = "10.0.2.2"    # of the user network; what it is asked for, it asks of 127.0.0.1 here
NEGOTIATION_MS = 200    # past the look that Linux takes at once: what comes later comes by interrupt
LOOKS = 10
PINGS = 5               # at most, to see frames pass again
MAC = "b8:27:eb:12:34:56"
FRAME_CONTENT = 1460    # bytes of TCP in a full frame, at most


class Peer:
    """Takes two TCP connections: on the first it sends what it has, on the second it takes what
    comes."""

    def __init__(self, content):
        self.content, self.received = content, hashlib.sha256()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(TRANSFER_S)
        self.port = self.listener.getsockname()[1]
        self.error, self.thread = None, threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        # Wakes accept(), when Linux never came.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()

    def serve(self):
        try:
            with self.listener.accept()[0] as sending:
                sending.settimeout(TRANSFER_S)
                sending.sendall(self.content)
            with self.listener.accept()[0] as taking:
                taking.settimeout(TRANSFER_S)
                while part := taking.recv(1 << 16):
                    self.received.update(part)
        except OSError as error:
            self.error = error

    def digest(self):
        """Of what came, when all of it has."""
        self.thread.join(TRANSFER_S)
        if self.error or self.thread.is_alive():
            raise AssertionError(f"the peer of Linux: {self.error or 'no end of the second connection'}")
        return self.received.hexdigest()


class ChipLinux:
    """What holds with either chip. Of a class with an adapter, the board that has it, and the
    names of Linux' driver and of its PHY's driver."""

    def start(self):
        self.linux = self.open(LinuxGuest(self.folder, board=self.board, adapter=self.adapter,
                                          chip_options={"negotiation_ms": NEGOTIATION_MS, "mac": MAC},
                                          network="user,id=net"))
        self.interface = self.linux.find_interface()
        self.assertEqual(self.linux.get_lease(self.interface), "10.0.2.15")

    def driver_of(self, device):
        return self.linux.ask(f"readlink {device}/driver")[0].rsplit("/", 1)[-1]

    def file(self, path):
        return self.linux.ask(f"cat /sys/class/net/{self.interface}/{path}")[0]

    def count(self, name):
        return int(self.file(f"statistics/{name}"))

    def check_counts(self):
        """Chip and driver have seen the same frames; neither the driver has counted an error, nor
        the kernel said a thing against the driver."""
        self.wait_for_rest()
        self.assertEqual(self.linux.machine.chip.statistics()["overruns"], 0)
        for name in ("rx_errors", "tx_errors", "rx_length_errors", "rx_crc_errors", "rx_fifo_errors"):
            self.assertEqual(self.count(name), 0, name)
        said = [line for line in self.linux.ask("dmesg -r | grep -E '^<[0-4]>' || true")
                if self.driver in line or self.interface in line]
        self.assertEqual([line for line in said if not self.is_harmless(line)], [])

    def counts(self):
        chip = self.linux.machine.chip.statistics()
        return ((self.count("rx_packets"), self.count("tx_packets")),
                (chip["frames_received"], chip["frames_sent"]))

    def wait_for_rest(self):
        """They cannot be read at once: a frame may pass between, but not for ever."""
        for _ in range(LOOKS):
            drivers, chips = self.counts()
            if drivers == chips:
                return
        self.fail(f"Linux has received and sent {drivers} frames, the chip {chips}")

    def is_harmless(self, line):
        return any(part in line for part in self.harmless)

    def test_drivers_find_chip_and_phy_and_16_mib_go_through_each_way(self):
        self.start()
        self.assertEqual(self.file("address"), MAC)
        self.assertEqual(self.driver_of(f"/sys/class/net/{self.interface}/device"), self.driver)
        self.assertEqual(self.driver_of("/sys/bus/mdio_bus/devices/usb-*"), self.phy_driver)
        self.assertEqual((self.file("speed"), self.file("duplex")), (self.speed, "full"))
        content = random.Random(5).randbytes(TRANSFER_BYTES)
        frames = TRANSFER_BYTES // FRAME_CONTENT
        with Peer(content) as peer:
            ask = self.linux.ask
            ask(f"nc {GATEWAY} {peer.port} </dev/null >/tmp/content", TRANSFER_S)
            self.assertEqual(ask("sha256sum </tmp/content")[0].split()[0], hashlib.sha256(content).hexdigest())
            self.assertGreaterEqual(self.count("rx_packets"), frames)
            self.assertGreaterEqual(self.count("rx_bytes"), TRANSFER_BYTES)
            ask(f"nc {GATEWAY} {peer.port} </tmp/content", TRANSFER_S)
            self.assertEqual(peer.digest(), hashlib.sha256(content).hexdigest())
            self.assertGreaterEqual(self.count("tx_packets"), frames)
            self.assertGreaterEqual(self.count("tx_bytes"), TRANSFER_BYTES)
        self.check_counts()

    def test_the_interface_goes_down_and_up_20_times(self):
        self.start()
        # Linux says that there is a carrier before it sends: what it is given in between may be lost.
        rounds = self.linux.ask(
            f"(for i in $(seq {ROUNDS}); do ip link set {self.interface} down && ip link set {self.interface} up || "
            f"exit 1; until grep -q 1 /sys/class/net/{self.interface}/carrier; do usleep 10000; done; "
            f"for try in $(seq {PINGS}); do ping -c 1 -W 2 {GATEWAY} | grep ', 0% packet loss' && break; done; done)",
            ROUNDS_S)
        self.assertEqual(len(rounds), ROUNDS, rounds)
        # Once for the lease, then 20 times.
        self.assertEqual(len(self.linux.ask("dmesg | grep 'Link is Up'")), ROUNDS + 1)
        # All on core 0, like the controller's own. Behind the number, and before what it is.
        interrupts = int(self.linux.ask("grep usb-001:002:01 /proc/interrupts")[0].split()[1])
        self.assertGreaterEqual(interrupts, ROUNDS)
        self.check_counts()


class TestLan9514(ChipLinux, Case):
    adapter, board = "lan9514", "3-b"
    driver, phy_driver, speed = "smsc95xx", "SMSC LAN8700", "100"
    harmless = ()


class TestLan7515(ChipLinux, Case):
    adapter, board = "lan7515", "3-b-plus"
    driver, phy_driver, speed = "lan78xx", "Microchip LAN88xx", "1000"
    # Work that is asked for while it still waits for its turn, where the machine is slow: a second
    # link event, another look at the chip's counters. An event as the interface goes down.
    harmless = ("kevent 4 may have been dropped", "kevent 9 may have been dropped", "not submitting new status URB")


if __name__ == "__main__":
    unittest.main()
