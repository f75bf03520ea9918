"""pilot deploy against a fake board.

SPDX-License-Identifier: BSD-2-Clause
"""
import base64
import hashlib
import random
import time

from fake_board import error
from pilot_case import DEADLINE_S, PilotCase, sample_elf


class DeployCase(PilotCase):
    def setUp(self):
        super().setUp()
        self.content = sample_elf(size=100000)
        self.elf = self.write("some.elf", self.content)

    def taking_board(self, outage_s=0.05, **status):
        """A board on which what is pushed runs after a while of silence."""
        board = self.board()
        new = {"version": "1.4.2", "boot_id": "0x12", "state": "trial", "answered_after_ms": "43",
               "phases": "push 3.2, hand-back 0.4, in all 40 ms", **status}

        def after_push(_):
            board.silent_until = time.monotonic() + outage_s
            board.becomes(**new)

        board.after_push = after_push
        return board


class TestDeploy(DeployCase):
    def test_it_ends_when_what_was_pushed_answers(self):
        board = self.taking_board()
        output = self.pilot("deploy", self.elf, board.name)
        self.assertEqual(board.pushed, [("dns.elf", self.content)])
        self.assertRegex(output, rf"\Aconnect +[\d.]+ ms  {board.name} runs dns 1\.4\.1\n"
                         rf"upload +[\d.]+ ms  {len(self.content)} bytes at [\d.]+ MB/s\n"
                         r"check +[\d.]+ ms  .*\nhand-back +[\d.]+ ms  dns 1\.4\.2 has started\n"
                         r"the board: push 3\.2, hand-back 0\.4, in all 40 ms\n"
                         r"dns 1\.4\.2 answers, 43 ms after hand-back\n\Z")

    def test_the_time_is_measured_when_the_board_does_not_say_it(self):
        board = self.taking_board(outage_s=0.2, answered_after_ms=None)
        output = self.pilot("deploy", self.elf, board.name)
        measured = int(output.rsplit(" answers, ", 1)[1].split(" ms")[0])
        self.assertGreaterEqual(measured, 200)
        self.assertLess(measured, 5000)

    def test_every_size_arrives_as_it_is(self):
        for size in (0, 1, 1467, 1468, 1469, 16 * 1468, 16 * 1468 + 1):
            with self.subTest(size):
                content = bytes(i * 7 & 255 for i in range(size))
                board = self.taking_board()
                output = self.pilot("deploy", self.write("odd.elf", content), board.name)
                self.assertEqual(board.pushed, [("service.elf", content)])
                self.assertIn("answers, 43 ms", output)

    def test_more_blocks_than_a_number_has_bits(self):
        board = self.taking_board()
        board.block_max = 32
        content = sample_elf(size=66000 * 32)
        self.pilot("deploy", self.write("large.elf", content), board.name)
        self.assertTrue(board.pushed == [("dns.elf", content)])

    def test_a_board_without_options_is_served_too(self):
        for refuses in (False, True):
            board = self.taking_board()
            board.with_options, board.options_error = False, refuses
            self.pilot("deploy", self.elf, board.name)
            self.assertEqual(board.pushed, [("dns.elf", self.content)])

    def test_packets_are_lost_both_ways(self):
        for seed in range(6):
            with self.subTest(seed):
                board = self.taking_board()
                dice = random.Random(seed)
                board.lose = lambda *_, dice=dice: dice.random() < 0.08
                self.pilot("deploy", self.elf, board.name)
                self.assertEqual(board.pushed[0][1], self.content)

    def test_the_last_acknowledgement_is_lost_and_a_new_service_answers(self):
        board = self.taking_board(outage_s=0)
        take = board.after_push

        def after_push(content):
            board.transfers.clear()
            take(content)

        # All ACKs of the last block are lost: whoever answers then does not know of it.
        board.lose = lambda direction, _: (direction == "out" and bool(board.transfers) and any(
            transfer.content is None and transfer.ended for transfer in board.transfers.values()))
        board.after_push = after_push
        self.assertIn("dns 1.4.2 answers", self.pilot("deploy", self.elf, board.name))

    def test_wait_ends_with_the_confirmation(self):
        board = self.taking_board()
        reads = []

        def hostile(datagram):
            if datagram.startswith(b"\0\1status") and board.status["version"] == "1.4.2":
                reads.append(datagram)
                if len(reads) == 4:
                    board.status["state"] = "confirmed"

        board.hostile = hostile
        output = self.pilot("deploy", "--wait", self.elf, board.name)
        self.assertRegex(output, r"answers, 43 ms after hand-back\nconfirm +[\d.]+ ms  dns 1.4.2 has confirmed itself\n\Z")
        self.assertGreaterEqual(len(reads), 4)

    def test_a_board_in_rescue_starts_what_is_pushed(self):
        board = self.taking_board()
        board.becomes(service="none", version=None, boot_id=None)
        take = board.after_push
        board.after_push = lambda content: (take(content), board.becomes(service="dns"))
        output = self.pilot("deploy", self.elf, board.name)
        self.assertIn("runs no service", output)
        self.assertIn("dns 1.4.2 answers", output)

    def test_the_name_of_a_service_stands_for_its_file_beside_the_program(self):
        self.project()
        self.write("build/dns.elf", self.content)
        board = self.taking_board()
        self.pilot("deploy", "dns", board.name)
        self.assertEqual(board.pushed[0][1], self.content)


class TestDeployThatFails(DeployCase):
    def test_a_refusal_is_the_boards_own_sentence(self):
        for when in ("at once", "at the end"):
            board = self.taking_board()
            board.refusal = (when, "deploy = off: images are not wanted")
            sentence = self.pilot("deploy", self.elf, board.name, status=1)
            self.assertRegex(sentence, r" refuses dns\.elf: deploy = off: images are not wanted\n")
            self.assertEqual(board.pushed, [])

    def test_a_refusal_with_control_characters_is_cleaned(self):
        board = self.taking_board()
        board.refusal = ("at the end", "bad\x1b[2Jimage\r\n\x07\x9b31m\x7f")
        self.assertIn(": bad.[2Jimage....31m.", self.pilot("deploy", self.elf, board.name, status=1))

    def test_what_crashed_and_was_rolled_back_is_told(self):
        board = self.taking_board(version="1.4.1", state="confirmed", crash="data abort at 0x0",
                                  core_name="dns", core_number="1")
        sentence = self.pilot("deploy", self.elf, board.name, status=1)
        self.assertIn("what was pushed failed: data abort at 0x0; dns 1.4.1 runs again", sentence)

    def test_a_crash_like_the_one_before_is_known_by_its_number(self):
        board = self.taking_board(crash="data abort at 0x0", core_number="8")
        board.status.update(crash="data abort at 0x0", core_number="7")
        self.assertIn("what was pushed failed", self.pilot("deploy", self.elf, board.name, status=1))

    def test_a_crash_of_long_ago_is_not_held_against_it(self):
        board = self.taking_board()
        board.status.update(crash="data abort at 0x0", core_number="7")
        self.assertIn("dns 1.4.2 answers", self.pilot("deploy", self.elf, board.name))

    def test_a_crash_of_another_service_is_not_held_against_it(self):
        board = self.taking_board(crash="it hung", core_name="faults", core_number="8")
        self.assertIn("dns 1.4.2 answers", self.pilot("deploy", self.elf, board.name))

    def test_a_crash_that_leaves_no_service_is_told(self):
        board = self.taking_board(service="none", crash="it hung")
        self.assertIn("what was pushed failed, and no service runs now: it hung",
                      self.pilot("deploy", self.elf, board.name, status=1))

    def test_another_service_than_the_one_pushed_is_told(self):
        board = self.taking_board(service="echo", version="0.9", state="confirmed",
                                  last_end="dns 1.4.2 did not confirm within 10 s")
        self.assertIn("dns 1.4.2 was pushed, but echo 0.9 (confirmed) answers; the one before it "
                      "ended: dns 1.4.2 did not confirm within 10 s",
                      self.pilot("deploy", self.elf, board.name, status=1))

    def test_another_build_of_the_same_name_and_version_is_told(self):
        """A pushed build that asked for a reboot at once: the one before runs again."""
        board = self.taking_board(sha256="0" * 64, last_end="dns asked for a reboot")
        self.assertIn("dns 1.4.2 was pushed, but another build, dns 1.4.2 (trial) answers; the one "
                      "before it ended: dns asked for a reboot",
                      self.pilot("deploy", self.elf, board.name, status=1))
        with open(self.elf, "rb") as file:
            board = self.taking_board(sha256=hashlib.sha256(file.read()).hexdigest())
        self.assertIn("dns 1.4.2 answers", self.pilot("deploy", self.elf, board.name))

    def test_one_that_is_replaced_before_it_confirms_itself_is_told(self):
        board = self.taking_board()
        reads = []

        def hostile(datagram):
            if datagram.startswith(b"\0\1status") and board.status["version"] == "1.4.2":
                reads.append(datagram)
                if len(reads) == 3:
                    board.becomes(version="1.4.1", boot_id="0x13", last_end="not confirmed in time")

        board.hostile = hostile
        self.assertIn("gone before it confirmed itself: not confirmed in time; dns 1.4.1 answers",
                      self.pilot("deploy", "--wait", self.elf, board.name, status=1))

    def test_a_push_waits_for_a_reader_but_not_for_another_push(self):
        for word, status in (("reading", 0), ("writing", 1)):
            board = self.taking_board()
            requests = []

            def hostile(datagram, word=word, requests=requests):
                requests.append(datagram[:2])
                if datagram[:2] == b"\0\2" and requests.count(b"\0\2") <= 3:
                    return [error(0, f"busy: 10.0.0.9 is {word} log")]
                return None

            board.hostile = hostile
            output = self.pilot("deploy", self.elf, board.name, status=status)
            self.assertIn("busy: 10.0.0.9 is writing log" if status else "dns 1.4.2 answers", output)
            self.assertEqual(requests.count(b"\0\2"), 1 if status else 4)

    def test_nobody_there(self):
        board = self.board()
        board.silent_until = time.monotonic() + 60
        self.assertIn("is silent for 3000 ms", self.pilot("deploy", self.elf, board.name, status=1))
        board.__exit__()
        self.assertIn("nothing listens on UDP port", self.pilot("deploy", self.elf, board.name, status=1))

    def test_a_board_that_stops_in_the_middle(self):
        board = self.taking_board()
        board.lose = lambda direction, number: number > 25
        self.assertRegex(self.pilot("deploy", self.elf, board.name, status=1),
                         r"the push of dns\.elf to \S+ failed: \S+ is silent for 15000 ms")

    def test_wrong_arguments_get_one_sentence(self):
        for arguments, sentence in (
                ([], "deploy wants a service"),
                (["--fast", self.elf], "no option --fast"),
                ([self.elf, "a", "b"], "one service and one board; what is b"),
                (["nothing-of-the-kind"], "there is no service nothing-of-the-kind"),
                ([self.elf, "127.0.0.1:0"], "the port of a board is 1 to 65535"),
                ([self.elf, "127.0.0.1:65536"], "the port of a board is 1 to 65535"),
                ([self.elf, "127.0.0.1:7x"], "the port of a board is 1 to 65535"),
                ([self.elf, "300.1.1.1"], "there is no board 300.1.1.1"),
                ([self.elf, ""], "a board is a name or an IPv4 address"),
                ([self.elf], "no machine of pilot run is running")):
            with self.subTest(arguments):
                self.assertIn(sentence, self.pilot("deploy", *arguments, status=1))


class TestDeployToStay(DeployCase):
    """--persist: into a slot of the card."""

    def keeping_board(self, confirms_after=3, card_follows=True, **status):
        """Starts what is pushed from slot B, on trial; after some questions it is confirmed."""
        board = self.taking_board(**{"slot": "B", "slot_state": "trial", "tries": "2", **status})
        board.slots = "service  slot  state\ndns      A     confirmed\n"
        reads = []

        def hostile(datagram):
            if datagram.startswith(b"\0\1status") and board.pushed:
                reads.append(datagram)
                if len(reads) == confirms_after:
                    board.status["state"] = "confirmed"
                    if card_follows:
                        board.status.update(slot_state="confirmed")
                        board.status.pop("tries", None)

        board.hostile = hostile
        return board

    def test_it_ends_with_kept(self):
        board = self.keeping_board()
        output = self.pilot("deploy", self.elf, board.name, "--persist")
        self.assertEqual(board.pushed, [("slot/dns.elf", self.content)])
        self.assertRegex(output, r"\ninstall +[\d.]+ ms  the board accepts it, its card has it\n")
        self.assertIn("\nit runs from slot B, on trial; after this start 2 more would be tried\n", output)
        self.assertRegex(output, r"\nconfirm +[\d.]+ ms  dns 1\.4\.2 has confirmed itself\n"
                         r"kept: dns 1\.4\.2 is confirmed in slot B\n\Z")

    def test_a_crash_ends_with_rolled_back(self):
        board = self.keeping_board(version="1.4.1", state="confirmed", crash="data abort at 0x0",
                                   core_name="dns", core_number="1")
        sentence = self.pilot("deploy", "--persist", self.elf, board.name, status=1)
        self.assertIn("rolled back: what was pushed failed: data abort at 0x0; dns 1.4.1 runs again", sentence)

    def test_one_that_does_not_confirm_itself_ends_with_rolled_back(self):
        board = self.taking_board(slot="B", slot_state="trial", tries="2")
        board.slots = "service  slot\n"
        reads = []

        def hostile(datagram):
            if datagram.startswith(b"\0\1status") and board.pushed:
                reads.append(datagram)
                if len(reads) == 4:
                    board.becomes(version="1.4.1", boot_id="0x13", slot="A", slot_state="confirmed",
                                  state="confirmed", last_end="dns 1.4.2 did not confirm itself in time")

        board.hostile = hostile
        self.assertIn("rolled back: what was pushed is gone before it confirmed itself: dns 1.4.2 did not "
                      "confirm itself in time; dns 1.4.1 answers",
                      self.pilot("deploy", "--persist", self.elf, board.name, status=1))

    def test_another_build_that_answers_at_once_was_rolled_back_to(self):
        board = self.keeping_board(version="1.4.1", last_end="dns asked for a reboot")
        self.assertIn("rolled back: dns 1.4.2 was pushed, but dns 1.4.1 (trial) answers",
                      self.pilot("deploy", "--persist", self.elf, board.name, status=1))

    def test_a_crash_that_leaves_no_service_is_not_called_a_roll_back(self):
        board = self.keeping_board(service="none", crash="it hung")
        self.assertIn("pilot: not kept: what was pushed failed, and no service runs now: it hung",
                      self.pilot("deploy", "--persist", self.elf, board.name, status=1))

    def test_what_the_card_was_not_told_is_not_kept(self):
        board = self.keeping_board(card_follows=False)
        self.assertIn("not kept: dns 1.4.2 has confirmed itself, but the card does not have it (slot B is trial)",
                      self.pilot("deploy", "--persist", self.elf, board.name, status=1))

    def test_what_runs_from_no_slot_is_not_kept(self):
        board = self.keeping_board(slot=None, slot_state=None, tries=None)
        self.assertIn("not kept: dns 1.4.2 runs, but from no slot",
                      self.pilot("deploy", "--persist", self.elf, board.name, status=1))

    def test_a_board_of_before_there_were_slots_is_sent_nothing(self):
        board = self.keeping_board()
        board.slots = None
        self.assertRegex(self.pilot("deploy", "--persist", self.elf, board.name, status=1), r"\S+ has no slots: ")
        self.assertEqual(board.pushed, [])

    def test_a_card_that_cannot_take_it_is_the_boards_own_sentence(self):
        board = self.keeping_board()
        board.refusal = ("at the end", "no room for dns: the card has 8 services")
        self.assertRegex(self.pilot("deploy", "--persist", self.elf, board.name, status=1),
                         r" refuses slot/dns\.elf: no room for dns: the card has 8 services")

    def test_a_file_without_a_name_has_no_slot(self):
        board = self.keeping_board()
        self.assertIn("does not say its service's name", self.pilot(
            "deploy", "--persist", self.write("odd.elf", b"odd"), board.name, status=1))
        self.assertEqual(board.pushed, [])


class TestDeployOfASignedService(DeployCase):
    FOOTER = (b"untrusted comment: a test\n" +
              base64.b64encode(b"Ed" + bytes(range(8)) + bytes(64)) + b"\n")

    def test_the_signature_beside_it_goes_along_and_counts(self):
        """The SHA-256 of what runs is that of what was pushed, its signature included."""
        self.write("some.elf.sig", self.FOOTER)
        for arguments, name in ((), "dns.elf"), (("--persist",), "slot/dns.elf"):
            board = self.taking_board(slot="B", slot_state="confirmed", state="confirmed", sha256="0" * 64)
            board.slots = ""
            sentence = self.pilot("deploy", self.elf, board.name, *arguments, status=1)
            self.assertIn("another build", sentence)
            (pushed, content), = board.pushed
            self.assertEqual((pushed, content[:-96], content[-8:]), (name, self.content, b"PLsigned"))
            self.assertEqual(content[-96:-88], len(self.content).to_bytes(8, "little"))
            board = self.taking_board(slot="B", slot_state="confirmed", state="confirmed",
                                      sha256=hashlib.sha256(content).hexdigest())
            board.slots = ""
            self.pilot("deploy", self.elf, board.name, *arguments)

    def test_what_is_beside_it_and_no_signature_stops_it(self):
        self.write("some.elf.sig", b"nonsense")
        board = self.taking_board()
        self.assertIn("some.elf.sig: ", self.pilot("deploy", self.elf, board.name, status=1))
        self.assertEqual(board.pushed, [])


class TestDeployWithoutAnAnswer(DeployCase):
    def test_waiting_for_the_new_service_has_an_end(self):
        silent, forgetful, rescue = self.taking_board(outage_s=60), self.board(), self.board()
        rescue.after_push = lambda _: rescue.becomes(service="none", version=None, boot_id=None)
        running = [(self.start("deploy", self.elf, board.name), sentence) for board, sentence in (
            (silent, "is silent for"), (forgetful, "the service before it still runs"),
            (rescue, "the loader answers, no service runs"))]
        for pilot, sentence in running:
            pilot.wait_for(rf"pilot: nobody new answers on \S+ within 20 s after the push: .*{sentence}")
            self.assertEqual(pilot.process.wait(DEADLINE_S), 1)

    def test_waiting_for_the_confirmation_of_a_board_that_is_gone_has_an_end(self):
        board = self.taking_board()
        pilot = self.start("deploy", "--wait", self.elf, board.name)
        pilot.wait_for(r"dns 1\.4\.2 answers, ")
        board.silent_until = time.monotonic() + 120
        pilot.wait_for(r"pilot: dns 1\.4\.2 has not confirmed itself, and \S+ has not answered for 20 s: .*is silent")
        self.assertEqual(pilot.process.wait(DEADLINE_S), 1)
