"""What a service does wrong, and that the loader below it is there to tell and to go on.

The service `faults` takes commands: it is pushed over a `dns` that has confirmed itself, told to
do one wrong thing, and then the guard's sentence, the core file, the log and the answers of the
service that follows are looked at.

SPDX-License-Identifier: BSD-2-Clause
"""
import tftp_peer
from cases import READY, built_bytes
from guard_case import BLOCK, DEVICE, LISTENING, LOADER, GuardCase

KEPT = LOADER - BLOCK   # the end of the area for kept images and the core


class TestFaults(GuardCase):
    """Each of them in a service on trial: the one before it goes on."""

    # command, what the guard says, signal, functions of the service, what to tell it before
    FAULTS = (
        ("read-null", r"reading 0x10: not mapped \(level \d\)", "SIGSEGV", ("read_from", "read_null")),
        ("write-null", r"writing 0x10: not mapped \(level \d\)", "SIGSEGV", ("write_to", "write_null")),
        ("write-constant", r"writing 0x2\w+: permission \(level 3\)", "SIGSEGV",
         ("write_to", "write_constant")),
        (f"write-to {LOADER:#x}", rf"writing {LOADER:#x}: .*", "SIGSEGV", ("write_to", "write_there")),
        (f"write-to {KEPT:#x}", f"writing {KEPT:#x}.*", "SIGSEGV", ("write_to", "write_there")),
        (f"write-unmapped {LOADER + 0x1000:#x}",
         f"writing {LOADER + 0x1000:#x}, which is not the service's", "SIGSEGV",
         ("write_without_map", "write_unmapped")),
        (f"read-unaligned {DEVICE:#x}", f"reading {DEVICE + 1:#x}: .*", "SIGBUS",
         ("read_unaligned", "read_there_unaligned")),
        ("execute-data", r"executing 0x2\w+: permission \(level 3\)", "SIGSEGV",
         ("call", "execute_data")),
        ("call-null", r"executing 0x0: not mapped \(level \d\)", "SIGSEGV", ("call", "call_null")),
        ("call-corrupted", r"executing 0x6e6f6c206f6f7420: .*", "SIGSEGV", ("call", "call_corrupted")),
        ("overflow-stack", r"writing 0x2\w+: not mapped \(level 3\): stack overflow", "SIGSEGV",
         ("recurse", "recurse", "recurse")),
        ("smash-stack", r"stack protector.*", "SIGABRT", ("smash_stack", "smash")),
        ("trap", r"BRK 0x3e8", "SIGTRAP", ("trap",)),
        (f"break {LOADER:#x}", "it gave no reason", "SIGABRT", ("break_with", "break_there")),
        ("abort", r".*abort was not called.*", "SIGABRT", ("give_up",)),
        ("assert", r"payloads/faults/faults\.c:\d+: assertion failed: balance > 0", "SIGABRT",
         ("check_balance", "fail_assertion")),
        ("exhaust-heap", r"payloads/faults/faults\.c:\d+: assertion failed: memory != NULL", "SIGABRT",
         ("use", "exhaust_heap"), "watchdog 60000"),
        ("free-twice", "free:0: assertion failed: the pointer is not free already", "SIGABRT",
         ("free_twice",)),
        ("free-joined", "free:0: assertion failed: the pointer is not free already", "SIGABRT",
         ("free_joined_twice",)),
        ("free-static", "free:0: assertion failed: the pointer is one that malloc gave", "SIGABRT",
         ("free_static",)),
        ("free-middle", "free:0: assertion failed: the length before the pointer is whole", "SIGABRT",
         ("free_middle",)),
        ("loop", "it gave no sign of life", "SIGALRM", ("loop_forever", "hang"), "watchdog 1000"),
        ("loop-masked", "it gave no sign of life", "SIGALRM", ("loop_masked", "hang_masked"),
         "watchdog 1000"),
    )

    def check(self, command, sentence, signal, functions, before=None):
        fault = command.split()[0]
        end = "hung" if signal == "SIGALRM" else "crashed"
        self.push_faults()
        if before:
            self.assertEqual(self.ask(before), "0")
        begin = self.tell(command)
        told = self.machine.wait_for(rf"guard: faults 1\.0\.0 {end}: ({sentence}); pc 0x\w+ lr 0x\w+$",
                                     since=begin)
        core = self.machine.wait_for(r"guard: core (\d+): (\d+) bytes$", since=told.after)
        after = self.machine.wait_for(rf"loader: faults 1\.0\.0 {end}: .*; rolled back", since=core.after)
        after = self.machine.wait_for(
            rf"kernel: the service before, faults 1\.0\.0, crashed: .* \(core {core[1]}\)",
            since=after.after)
        self.machine.wait_for(READY, since=after.after)
        # Somebody told the callers: the service's kernel by name, else the guard.
        report = self.machine.lines[begin:core.number]
        self.assertTrue(any(f" {functions[0]}+0x" in line for line in report if "fault: " in line)
                        or any("guard:   from 0x" in line for line in report), report)
        status = self.status()
        self.assertEqual(status["service"], "dns")
        self.assertEqual((status["core_number"], status["core_bytes"]), (core[1], core[2]))
        self.check_core(told[1], signal, functions, fault)
        # Every line is kept, from the command on to the guard's.
        self.assertIn("\n".join(self.machine.lines[begin - 1:core.after]), self.fetch("log").decode("ascii"))
        self.check_names()

    def test_each_fault_is_told_kept_and_survived(self):
        self.boot_dns()
        for fault in self.FAULTS:
            with self.subTest(fault[0]):
                self.check(*fault)
        self.assertFalse(self.machine.has_line("survived"), self.machine.log())


class TestOtherEnds(GuardCase):
    """What follows when it is not the first fault of a service on trial."""

    def test_a_service_that_does_not_confirm_itself_in_time_is_replaced(self):
        self.boot_dns()
        since = self.log_length()
        self.push_bytes(built_bytes("trial.elf"))
        since = self.machine.wait_for("trial: not for long", since=since).after
        since = self.machine.wait_for(
            r"guard: trial 1\.0\.0 .*: it did not confirm itself in time; pc", since=since).after
        since = self.machine.wait_for("loader: trial 1.0.0 .*; rolled back", since=since).after
        self.machine.wait_for(READY, since=since)
        self.check_names()
        self.assertEqual(self.status()["crash"], "it did not confirm itself in time")

    def test_a_status_from_service_main_is_a_failure_without_a_core(self):
        self.boot_dns(arguments="-- 7")     # for dns a number of records, for faults a status
        begin = since = self.log_length()
        self.push_bytes(built_bytes("faults.elf"))
        since = self.machine.wait_for("kernel: the service ended with status 7: back to the loader",
                                      since=since).after
        since = self.machine.wait_for(r"loader: faults 1\.0\.0 ended with status 7; rolled back",
                                      since=since).after
        self.machine.wait_for(READY, since=since)
        self.assertIn("\n".join(self.machine.lines[begin:since]), self.fetch("log").decode("ascii"))
        self.check_names((0, 6))
        self.assertEqual(self.status()["crashes"], "0")
        with self.assertRaisesRegex(tftp_peer.Refused, "there is no core now"):
            self.fetch("core")

    def test_a_confirmed_service_is_started_again_twice_then_the_boot_sources_are_asked(self):
        since = self.boot_faults()
        self.assertEqual(self.ask("confirm"), "0")
        self.offer("faults.elf", built_bytes("dns.elf"))    # what the sources have by now
        for command, end in (("call-null", "crashed: executing 0x0: .*"),
                             ("exit 3", "ended with status 3")):
            self.tell(command)
            since = self.machine.wait_for(
                rf"loader: faults 1\.0\.0 {end}; the same image again", since=since).after
            since = self.machine.wait_for(LISTENING, since=since).after
            self.assertEqual(self.status()["service"], "faults")
        self.tell("trap")
        since = self.machine.wait_for(
            r"loader: faults 1\.0\.0 crashed: BRK 0x3e8; it fails again and again", since=since).after
        self.machine.wait_for("loader: starting dns 1.0.0 from tftp://", since=since)
        self.machine.wait_for(READY, since=since)
        self.check_names()
        self.check_core("BRK 0x3e8", "SIGTRAP", ("trap",), "trap")
