"""Cores 1 to 3, switched on and off by a service through PSCI, and taken back from it.

SPDX-License-Identifier: BSD-2-Clause
"""
import re

from cases import STARTING, Case

# QEMU's RAM ends at 0x3c000000: the loader's image stands in the 2 MiB below.
IN_THE_LOADER = "0x3be00000"

OCCUPIED = r"cores: (\d) other cores were on"

# Error codes of Arm DEN 0022, 5.2.2.
NOT_SUPPORTED, INVALID_PARAMETERS, DENIED, ALREADY_ON, INVALID_ADDRESS = -1, -2, -3, -4, -9


class CoresCase(Case):
    def boot_cores(self, *arguments, **options):
        self.offer("cores.elf")
        return self.boot_with_user_network("cores.elf", arguments=" ".join(["--", *arguments]),
                                           **options)


class TestPsci(CoresCase):
    def setUp(self):
        super().setUp()
        self.machine = self.boot_cores("examine", IN_THE_LOADER)
        self.machine.wait_for("cores: examined", 60)

    def said(self, what):
        return self.machine.wait_for(rf"cores: {re.escape(what)}: (.*)")[1]

    def check(self, answers):
        self.assertEqual({what: int(self.said(what)) for what in answers}, answers)

    def test_cores_are_switched_on_and_off_and_say_what_they_found(self):
        with self.subTest("the interface"):
            self.check({"version": 0x10000, "version by smc": 0x10000, "migrate info type": 2,
                        "migrate": NOT_SUPPORTED, "features of cpu_on": 0,
                        "features of affinity_info": 0, "features of migrate": NOT_SUPPORTED,
                        "features of wide version": NOT_SUPPORTED, "suspend": 0})
        with self.subTest("wrong arguments"):
            self.check({"on: core 4": INVALID_PARAMETERS, "on: core 0x101": INVALID_PARAMETERS,
                        "on: core 1 of another cluster": INVALID_PARAMETERS,
                        "on: core 0": ALREADY_ON, "on: entry null": INVALID_ADDRESS,
                        "on: entry not aligned": INVALID_ADDRESS,
                        "on: entry in the loader": INVALID_ADDRESS,
                        "on: entry in a device": INVALID_ADDRESS,
                        "on: entry beyond memory": INVALID_ADDRESS,
                        "state: core 4": INVALID_PARAMETERS, "state: level 1": INVALID_PARAMETERS,
                        "off: core 0": DENIED})
        with self.subTest("states before"):
            self.check({"state of core 0": 0, "state of core 1": 1})
        for core in (1, 2, 3):
            with self.subTest("on", core=core):
                # EL1, DAIF masked, MMU and caches off.
                self.assertEqual(
                    self.said(f"core {core}").split(", "),
                    ["on 0", "counts", f"mpidr 0x8000000{core} level 1 masks 0x3c0 control 0x0",
                     "state 0", f"again {ALREADY_ON}"])
        with self.subTest("off and on"):
            self.assertTrue(self.machine.has_line(
                "cores: core 2: off and stands still, on again 0, counts$"), self.machine.log())
            self.assertTrue(self.machine.has_line("cores: core 3: off and on 100 times$"),
                            self.machine.log())
        with self.subTest("calls from other cores"):
            self.check({"guard call from core 1": NOT_SUPPORTED, "version from core 2": 0x10000,
                        "state of core 0 from core 3": 0, "core 2 on from core 1": 0})
            self.assertTrue(self.machine.has_line("cores: core 2: counts$"), self.machine.log())


class TestTakenBack(CoresCase):
    """One core counts (at a hand-back it is about to switch itself off), one loops with
    everything masked, one has just been switched on. Each start shows that all three could be
    switched on again."""

    def check_starts(self, machine, count, between):
        after = 0
        for i in range(count):
            with self.subTest(start=i):
                after = machine.wait_for(STARTING, 60, since=after).after
                found = machine.wait_for(OCCUPIED, 60, since=after)
                self.assertEqual(found[1], "3")
                after = machine.wait_for(between, 60, since=found.number).after
        self.assertFalse(machine.has_line("did not come back"), machine.log())

    def test_twenty_hand_backs(self):
        self.check_starts(self.boot_cores("reboot"), 20, "loader: cores asked for a reboot")

    def test_a_crash_of_core_0(self):
        self.check_starts(self.boot_cores("trap"), 2, "guard: cores 1.0.0 crashed: BRK")

    def test_a_core_0_that_hangs(self):
        self.check_starts(self.boot_cores("hang"), 2, "guard: cores 1.0.0 hung")

    def test_a_crash_of_another_core(self):
        self.check_starts(self.boot_cores("store", IN_THE_LOADER), 2,
                          f"guard: cores 1.0.0 crashed: writing {IN_THE_LOADER}")

    def test_a_crash_of_another_core_says_which(self):
        machine = self.boot_cores("store", IN_THE_LOADER)
        found = machine.wait_for("guard: on processor core 1:", 60)
        self.assertRegex(machine.wait_for("guard: cores", since=found.after).match.string,
                         f"crashed: writing {IN_THE_LOADER}")

    def test_power_off_by_another_core(self):
        machine = self.boot_cores("off")
        self.assertEqual(machine.wait_for_end(), 0)
        self.assertTrue(machine.has_line("guard: cores asked for power off"), machine.log())

    def test_a_reset_by_another_core(self):
        self.check_starts(self.boot_cores("reset"), 2, "guard: cores asked for a reset")
