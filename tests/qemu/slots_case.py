"""slots_case: what the tests of the card's slots share: a board that boots from a SlotCard, and
whose power is cut.

SPDX-License-Identifier: BSD-2-Clause
"""
from cases import READY, built_bytes
from redeploy import BoardCase
from slot_card import SlotCard

LISTENING = r"ends: commands are taken on udp/4998"
NO_WAITING = "pilot.wait_ms=1000 "      # for what a network has that has nothing


class SlotsCase(BoardCase):
    """payloads/ends is the service of most of these: it confirms itself, crashes and ends when it
    is told to."""

    def make_card(self, services, **options):
        """services: {name: {"A": (state, tries, failures), "B": state}}: the built ones."""
        def filled(name, slot):
            state, *counts = (slot,) if isinstance(slot, str) else slot
            return (built_bytes(f"{name}.elf"), state, *counts)

        self.card = SlotCard(self.folder, services={
            name: {letter: filled(name, slot) for letter, slot in slots.items()}
            for name, slots in services.items()}, **options)
        return self.card

    def boot_card(self, arguments="", **options):
        """There is nothing for the board on the network."""
        return self.boot_board("missing.elf", card=self.card.path,
                               arguments=NO_WAITING + arguments, **options)

    def boot_to(self, where, arguments="", **options):
        """Boots; the service in that slot ("ends/B") must be what is started, and ready."""
        self.boot_card(arguments, **options)
        return self.check_started(where)

    def check_started(self, where, since=0):
        """The next service that starts is that one, ready when this returns; the log's position
        then."""
        name = where.split("/")[0]
        started = self.machine.wait_for(r"kernel: (\S+) \S+ from (\S+)", since=since)
        self.assertEqual((started[1], started[2]), (name, f"slot:{where}"))
        return self.machine.wait_for(LISTENING if name == "ends" else READY,
                                     since=started.number).after

    def cut_power(self):
        """QEMU is killed: nothing is said to anybody."""
        self.machine.__exit__()

    def cycle(self, where, arguments="", **options):
        self.cut_power()
        return self.boot_to(where, arguments, **options)

    def check_slots(self, **expected):
        """ends_A="confirmed": of the card's newest record."""
        slots = self.card.slots()
        self.assertEqual({name: slots[name.replace("_", "/")].state for name in expected}, expected)

    def crash(self):
        """Returns the log's position before."""
        since = self.log_length()
        self.tell_ends("crash", answers=False)
        return since

    def install(self, service, where, tries_left=2):
        """By a write of slot/NAME: it is started on trial. Returns the log's position then."""
        since = self.log_length()
        with self.peer(wait_s=20) as peer:
            peer.push(built_bytes(f"{service}.elf"), f"slot/{service}.elf")
        slot = where.split("/")[1]
        self.machine.wait_for(rf"slots: {service} 1\.0\.0 installed as {slot}, \d+ bytes", since=since)
        self.machine.wait_for(
            rf"slots: {service} {slot} is started on trial, {tries_left} tries left", since=since)
        return self.wait_for_ends(since) if service == "ends" else self.wait_for_service(service, since)

    def wait_for_ends(self, since):
        return self.machine.wait_for(LISTENING, since=since).after

    def select(self, text):
        with self.peer(wait_s=20) as peer:
            peer.push(text.encode(), "select")
