"""In what state the loader leaves the processor to another system: every register that
docs/chainload.md promises, on the core that is entered and on one from the spin table.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import re
import subprocess

from cases import Case
from machine import Machine, make_card

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "state.S")

RW, RES1_OF_SCTLR, RES1_OF_CPTR = 1 << 31, 0x30C50830, 0x33FF
EXPECTED = {
    "x1": 0, "x2": 0, "x3": 0, "CurrentEL": 2 << 2, "DAIF": 0xF << 6, "SCTLR_EL2": RES1_OF_SCTLR,
    "HCR_EL2": RW, "CPTR_EL2": RES1_OF_CPTR, "HSTR_EL2": 0, "VTTBR_EL2": 0, "VBAR_EL2": 0,
    "CNTHCTL_EL2": 3, "CNTVOFF_EL2": 0, "CNTHP_CTL_EL2": 0, "CNTP_CTL_EL0": 0, "CNTV_CTL_EL0": 0}
CONTROL_BITS = 3    # of a timer's control: enabled, masked. The third only says that it is due.


class TestChainloadState(Case):
    def image(self):
        name = os.path.join(self.folder, "state")
        subprocess.run(["aarch64-linux-gnu-gcc", "-c", SOURCE, "-o", f"{name}.o"], check=True)
        subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", f"{name}.o", name], check=True)
        with open(name, "rb") as source:
            return source.read()

    def told(self, machine, core):
        """What a core says of itself: a dict."""
        machine.wait_for(rf"^state: {core} CNTV_CTL_EL0 ")
        lines = re.findall(rf"^state: {core} (\S+) ([0-9a-f]{{16}})$", "\n".join(machine.lines), re.M)
        return {name: int(value, 16) & (CONTROL_BITS if "_CTL_" in name else ~0)
                for name, value in lines}

    def test_both_cores_are_as_the_firmware_leaves_them(self):
        card = make_card(self.folder, {"state.bin": self.image(),
                                       "pilot.conf": b"source = image state.bin\n"})
        machine = self.open(Machine(card=card))
        machine.wait_for("chainload: starting state.bin")
        first, second = self.told(machine, 0), self.told(machine, 1)
        machine.wait_for("state: 1 number 0*1$")
        self.assertEqual({name: first[name] for name in EXPECTED}, EXPECTED)
        self.assertEqual({name: second[name] for name in EXPECTED}, EXPECTED)
        self.assertEqual(first["x0"] % 8, 0)
        self.assertEqual(second["x0"], 0)
        machine.wait_for("state: 0 tree 0*edfe0dd0$")
