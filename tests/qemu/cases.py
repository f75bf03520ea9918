"""cases: what the whole-system tests share.

SPDX-License-Identifier: BSD-2-Clause
"""
import contextlib
import os
import random
import shutil
import socket
import tempfile
import unittest

from dns_client import Client, expected_address
from machine import Machine, built
from wire import Wire, enter_namespace

STARTING = r"loader: starting (\S+) (\S+) from (\S+)"
ADDRESS = r"dhcp: (\d+\.\d+\.\d+\.\d+) from"


# The kernel's account of the boot: its first line after the service has set itself up.
READY = r"boot: .*, in all \d+ ms"
SERIAL = "00000000c0ffee01"      # of host/raspi3b.dts


def built_bytes(name):
    with open(built(name), "rb") as source:
        return source.read()


def free_udp_port():
    """Nobody else gets it: it is below those that the kernel gives to whoever asks for any, and as long
    as this process lives a name in the abstract namespace, which is the network namespace's as the
    port is, tells other programs that ask here. Two run at once, and until QEMU has it bound a port
    looks free."""
    while True:
        port = random.randrange(20000, 32768)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as name, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                name.bind(f"\0pilotlight-udp-port-{port}")
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            name.detach()       # open until the process ends
            return port


class Case(unittest.TestCase):
    """A test with a folder, in which tftp/ is what servers offer, and an end for all it
    opens. adapter: what its machines have on the USB, if there is a network; see Machine."""

    adapter = "usb-net"

    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.folder = self.stack.enter_context(tempfile.TemporaryDirectory(prefix="pilotlight-"))
        os.chmod(self.folder, 0o755)
        self.offered = os.path.join(self.folder, "tftp")
        os.mkdir(self.offered)

    def open(self, context):
        return self.stack.enter_context(context)

    def offer(self, name, content=None):
        """Puts a built service, or other content, into the servers' folder, at once."""
        path = os.path.join(self.offered, name)
        if content is None:
            shutil.copy(built(name), path + ".new")
        else:
            with open(path + ".new", "wb") as out:
                out.write(content)
        os.chmod(path + ".new", 0o644)
        os.replace(path + ".new", path)

    def make_machine(self, **options):
        return Machine(**{"adapter": self.adapter, **options})

    @staticmethod
    def forgive_reception(machine, forgiven=True):
        """Whoever runs there is cut off, or is not ours: on a model of a board's chip it may leave
        reception on."""
        if machine.chip:
            machine.chip.rule("reception-left-on", not forgiven)

    def boot_with_user_network(self, file, *, ports=(), **options):
        """With QEMU's own DHCP and TFTP. ports: {port of the machine: port here}."""
        forwards = "".join(f",hostfwd=udp:127.0.0.1:{ports[port]}-:{port}" for port in ports)
        return self.open(self.make_machine(
            network=f"user,id=net,tftp={self.offered},bootfile={file}{forwards}", **options))


class WireCase(Case):
    """A test on a wire of its own, to real servers, in a network namespace."""

    needs_root = True

    def setUp(self):
        reason = enter_namespace()
        if reason:
            self.skipTest(reason)
        super().setUp()
        self.wire = self.open(Wire())

    def boot(self, **options):
        machine = self.make_machine(network=self.wire.netdev, **options)
        machine.pass_descriptor(self.wire.qemus)
        return self.open(machine)

    def check_dns(self, machine, numbers=(0, 42, 255, 256, 9999), timeout_s=20, tries=3, wait_s=2):
        """The service is up, and these names have the right addresses."""
        ready = machine.wait_for(READY, timeout_s)
        address = machine.wait_for(ADDRESS)[1]
        with Client(address, timeout_s=wait_s) as client:
            for i in numbers:
                self.assertEqual(client.ask(f"host{i:04}.example", tries=tries),
                                 (0, [expected_address(i)]))
        return ready
