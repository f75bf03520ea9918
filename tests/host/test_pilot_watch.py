"""pilot watch against a fake board: what is saved is built and deployed.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import time

from pilot_case import DEADLINE_S, PilotCase, sample_elf, sample_version

MAKEFILE = """
build/%.elf: payloads/%/main.c
\t@echo building $@
\t@! grep -q broken $< || { echo "$<:1: error: it is broken" >&2; exit 1; }
\t@cp $< $@
"""


QUIET_S = 0.05      # saves no further apart than this are one: somewhat less than pilot_watch.c waits
TRIES = 50          # of a machine too busy to save that fast


class WatchCase(PilotCase):
    def setUp(self):
        super().setUp()
        self.starts = 0
        self.run_a_board()

    def run_a_board(self):
        self.running = self.board()
        self.running.after_push = self.started

    def started(self, content):
        self.starts += 1
        self.running.becomes(version=sample_version(content), boot_id=hex(0x20 + self.starts))

    def sample(self, version, size=3000):
        return sample_elf(version=str(version), size=size)

    def wait_for_pushes(self, pilot, count):
        pilot.wait_for(r"dns \d+ answers, \d+ ms after hand-back\n", count)
        self.assertEqual(len(self.running.pushed), count, pilot.output)

    def stays_quiet(self, pilot, count, seconds=0.6):
        """Nothing more is pushed, although there is time for it."""
        time.sleep(seconds)
        self.assertIsNone(pilot.process.poll())
        self.assertEqual(len(self.running.pushed), count)


class TestWatchOfAProject(WatchCase):
    def setUp(self):
        super().setUp()
        self.project(MAKEFILE)
        self.source = self.write("payloads/dns/main.c", self.sample(0))
        for folder in ("kernel", "lib", "net/lwip", "drivers", "board/rpi3", "include", "payloads/echo"):
            os.makedirs(self.path(folder))

    def watch(self, *arguments):
        pilot = self.start("watch", "dns", self.running.name, *arguments)
        pilot.wait_for(r"pilot: watching payloads/dns kernel lib net drivers board include of ")
        return pilot

    def test_a_save_is_built_and_deployed(self):
        pilot = self.watch()
        self.stays_quiet(pilot, 0)
        for version in (1, 2):
            self.write("payloads/dns/main.c", self.sample(version))
            self.wait_for_pushes(pilot, version)
            self.assertEqual(self.running.pushed[-1], ("dns.elf", self.sample(version)))
        self.assertEqual(pilot.output.count("building build/dns.elf\n"), 2)

    def test_an_editor_that_writes_beside_and_renames_is_seen(self):
        pilot = self.watch()
        self.write("payloads/dns/.main.c.swp", "")
        self.write("payloads/dns/main.c~", "old")
        self.write("payloads/dns/main.new", self.sample(1))
        self.stays_quiet(pilot, 0)
        os.rename(self.path("payloads/dns/main.new"), self.source)
        self.wait_for_pushes(pilot, 1)

    def test_a_header_in_any_folder_has_it_built_and_the_same_result_is_not_pushed_twice(self):
        pilot = self.watch()
        self.write("payloads/dns/main.c", self.sample(1))
        self.wait_for_pushes(pilot, 1)
        for count, name in enumerate(("lib/a.h", "net/lwip/b.h", "board/rpi3/c.c", "include/d.h"), 1):
            self.write(name, "")
            pilot.wait_for("is as it was deployed; waiting for a change", count)
        self.write("payloads/echo/main.c", "another service")
        self.stays_quiet(pilot, 1)

    def test_a_folder_that_is_new_is_watched_too(self):
        pilot = self.watch()
        self.write("payloads/dns/main.c", self.sample(1))
        self.wait_for_pushes(pilot, 1)
        os.mkdir(self.path("lib/new"))
        pilot.wait_for("is as it was deployed", 1)
        self.write("lib/new/a.c", "")
        pilot.wait_for("is as it was deployed", 2)

    def save_often(self):
        """Returns the longest time between two saves."""
        times = [time.monotonic()]
        for version in range(1, 20):
            self.write("payloads/dns/main.c", self.sample(version))
            times.append(time.monotonic())
            self.write("lib/a.h", str(version))
            times.append(time.monotonic())
        return max(after - before for before, after in zip(times, times[1:]))

    def test_many_saves_at_once_are_one(self):
        pilot, tries = self.watch(), 1
        while self.save_often() > QUIET_S:
            self.assertLess(tries, TRIES, "this machine never saved that often at once")
            pilot.process.terminate()
            pilot.process.wait(DEADLINE_S)
            self.run_a_board()
            pilot, tries = self.watch(), tries + 1
        self.wait_for_pushes(pilot, 1)
        self.stays_quiet(pilot, 1)
        self.assertEqual(self.running.pushed[0][1], self.sample(19))

    def test_an_error_of_the_compiler_is_shown_and_waiting_goes_on(self):
        pilot = self.watch()
        self.write("payloads/dns/main.c", "broken")
        pilot.wait_for("payloads/dns/main.c:1: error: it is broken")
        pilot.wait_for("pilot: the build failed; waiting for a change")
        self.write("payloads/dns/main.c", self.sample(1))
        self.wait_for_pushes(pilot, 1)

    def test_what_the_board_refuses_is_tried_again_at_the_next_save(self):
        pilot = self.watch()
        self.running.refusal = ("at the end", "not today")
        self.write("payloads/dns/main.c", self.sample(1))
        pilot.wait_for("refuses dns.elf: not today")
        self.running.refusal = None
        self.write("lib/a.h", "")
        self.wait_for_pushes(pilot, 1)

    def test_without_a_project_the_sentence_says_so(self):
        os.remove(self.path("Makefile"))
        self.assertIn("which is to build build/dns.elf", self.pilot("watch", "dns", "127.0.0.1", status=1))

    def test_a_service_without_sources_is_told(self):
        self.assertIn("cannot watch", self.pilot("watch", "nothing", "127.0.0.1", status=1))


class TestWatchOfAFile(WatchCase):
    def watch(self, *arguments):
        pilot = self.start("watch", *arguments, self.running.name)
        pilot.wait_for("pilot: watching ")
        return pilot

    def test_a_file_is_deployed_whenever_it_changes(self):
        path = self.write("some.elf", self.sample(0))
        for name in ("./some.elf", "some.elf", path):
            with self.subTest(name):
                before = len(self.running.pushed)
                pilot = self.watch(name)
                self.write("other.elf", self.sample(5))
                self.stays_quiet(pilot, before, 0.3)
                self.write("some.elf", self.sample(before + 1))
                pilot.wait_for("dns .* answers")
                self.assertEqual(self.running.pushed[-1][1], self.sample(before + 1))
                self.assertEqual(len(self.running.pushed), before + 1)
                pilot.process.terminate()
                pilot.process.wait(DEADLINE_S)

    def test_one_that_is_not_there_yet_is_waited_for(self):
        pilot = self.watch("./later.elf")
        self.write("later.elf", self.sample(1))
        self.wait_for_pushes(pilot, 1)

    def test_a_file_is_deployed_when_it_is_whole(self):
        pilot = self.watch("./slow.elf")
        content = self.sample(1, size=50000)
        self.write("slow.elf", content[:20000])
        self.stays_quiet(pilot, 0)
        self.write("slow.elf", content)
        self.wait_for_pushes(pilot, 1)
        self.assertEqual(self.running.pushed[0][1], content)

    def test_one_that_never_becomes_whole_is_told(self):
        pilot = self.watch("./cut.elf")
        self.write("cut.elf", b"\x7fELF and no more")
        pilot.wait_for(r"pilot: \./cut\.elf cannot be deployed: .*; waiting for a change")
        self.write("cut.elf", self.sample(1))
        self.wait_for_pushes(pilot, 1)

    def test_make_builds_it_from_the_sources_here(self):
        self.write("src/main.c", self.sample(0))
        pilot = self.watch("out/some.elf", "--make", "mkdir -p out; cp src/main.c out/some.elf; echo built > built.txt")
        self.write("src/main.c", self.sample(1))
        self.wait_for_pushes(pilot, 1)
        self.stays_quiet(pilot, 1)
        self.write("src/main.c", self.sample(2))
        self.wait_for_pushes(pilot, 2)

    def test_wrong_arguments_get_one_sentence(self):
        for arguments, sentence in (([], "watch wants a service"), (["a.elf", "b", "c"], "what is c"),
                                    (["a.elf", "--make"], "--make wants a command"),
                                    (["a.elf", "--fast"], "no option --fast"),
                                    (["/nowhere/a.elf"], "cannot watch /nowhere: No such file")):
            with self.subTest(arguments):
                self.assertIn(sentence, self.pilot("watch", *arguments, status=1))

    def test_no_machine_is_told_and_waiting_goes_on(self):
        pilot = self.start("watch", "./some.elf")
        pilot.wait_for("pilot: watching ")
        self.write("some.elf", self.sample(1))
        pilot.wait_for("no machine of pilot run is running")
        self.assertIsNone(pilot.process.poll())
        pilot.process.terminate()
        pilot.process.wait(DEADLINE_S)
