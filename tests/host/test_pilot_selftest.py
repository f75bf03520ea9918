"""pilot selftest against a fake board: what may go wrong between it and a real one.

SPDX-License-Identifier: BSD-2-Clause
"""
import re
import signal
import socket
import threading
import time

from pilot_case import PilotCase, sample_elf

PART_1 = """self-test 1.0.0, part 1, on a fake
timers = pass: 1 ppm
usb-frames = {verdict}: 3 \x1b[2J lost
end = {passed} passed, {failed} failed, 0 not applicable
"""
PART_2 = """self-test 1.0.0, part 2, on a fake
reset-reason = not applicable: it is none
end = 0 passed, 0 failed, 1 not applicable
"""


class Test:
    """Plays the service: calls the peer that the name of the push tells, and obeys."""

    def __init__(self, board, reports, boots):
        self.board, self.reports, self.boots = board, list(reports), iter(boots)
        self.words, self.begun = [], []
        board.after_push = self.pushed
        board.file = self.file
        self.report = None
        self.threads = []
        self.stopping = self.is_mute = self.outlives = False

    def wait_for(self, word):
        deadline = time.monotonic() + 20
        while word not in self.words:
            assert time.monotonic() < deadline, self.words
            time.sleep(0.01)

    def file(self, name):
        if name == "self-test":
            return self.report
        return type(self.board).file(self.board, name)

    def pushed(self, _):
        port = int(re.fullmatch(r"self-test\.(\d+)\.elf", self.board.pushed[-1][0])[1])
        self.board.becomes(service="self-test", version="1.0.0", boot_id=next(self.boots), state="trial")
        self.threads.append(threading.Thread(target=self.run, args=(port, self.reports.pop(0)), daemon=True))
        self.threads[-1].start()

    def run(self, port, report):
        # Not connected: with the peer gone, a connected socket would tell that at every call, and never
        # give out the words that came before.
        peer = ("127.0.0.1", port)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.settimeout(0.05)
            word, until = b"hello", time.monotonic() + 20
            while time.monotonic() < until and not self.stopping and not self.is_mute:
                try:
                    wire.sendto(word, peer)
                    answer = wire.recv(2048)
                except OSError:
                    continue
                self.words.append(answer)
                if answer.startswith(b"begin") and word == b"hello":
                    self.begun.append(answer.split())
                    word = self.check(wire, peer, report)
                elif answer in (b"reset", b"end") and word == b"done":
                    with self.board.lock:
                        if answer == b"reset":
                            self.board.say(1.0, "self-test: left; reset " + self.begun[-1][2].decode(), live=False)
                            self.board.say(2.0, "loader: Pilotlight 0.1.0 on a fake", live=False)
                        self.board.becomes(service="dns", version="1.4.1", boot_id=next(self.boots),
                                           state="confirmed")
                    return

    def check(self, wire, peer, report):
        """Probes come back as they are, and the clock is told. A report that is a function is
        what becomes of the test instead."""
        if callable(report):
            report()
            self.stopping = not self.outlives
            return b"hello"
        probe = b"prb1" + bytes(range(256)) * 5
        wire.settimeout(5)
        wire.sendto(probe, peer)
        assert wire.recv(2048) == probe
        wire.sendto(b"clock 7", peer)
        assert re.fullmatch(rb"clock 7 \d+", wire.recv(2048))
        wire.settimeout(0.05)
        self.report = report.encode("latin-1")
        return b"done"


class TestSelfTest(PilotCase):
    def setUp(self):
        super().setUp()
        self.project()
        self.write("build/self_test.elf", sample_elf("self-test", "1.0.0"))

    def fake_test(self, *reports):
        board = self.board()
        boots = [f"0x{number:x}" for number in range(0x20, 0x40)]
        test = Test(board, reports, boots)
        self.stack.callback(setattr, test, "stopping", True)
        return board, test

    @staticmethod
    def part_1(verdict="pass"):
        return PART_1.format(verdict=verdict, passed=1 + (verdict == "pass"), failed=int(verdict == "fail"))

    def test_both_parts_are_shown_and_the_board_runs_on(self):
        board, test = self.fake_test(self.part_1(), PART_2)
        output = self.pilot("selftest", board.name)
        self.assertRegex(output, r"\Apass            timers                1 ppm\n"
                         r"pass            usb-frames            3 \.\[2J lost\n"
                         rf"pilot: {board.name} is reset\n"
                         r"pass            log-across-reset      .*\n"
                         r"not applicable  link-time             .*\n"
                         r"not applicable  reset-reason          it is none\n"
                         rf"pilot: {board.name} runs dns 1\.4\.1 again\n"
                         r"3 passed, 0 failed, 2 not applicable\n\Z")
        self.assertEqual([words[1] for words in test.begun], [b"1", b"2"])
        self.assertEqual(test.begun[0][2], test.begun[1][2], "one nonce")
        self.assertEqual(test.begun[0][3], b"-")

    def test_one_failure_is_enough(self):
        board, _ = self.fake_test(self.part_1("fail"))
        running = self.start("selftest", board.name, "--no-reset")
        running.wait_for(r"fail +usb-frames.*\n(.*\n)*1 passed, 1 failed, 0 not applicable\n")
        self.assertEqual(running.process.wait(10), 1)

    def test_a_report_that_is_not_whole_is_not_believed(self):
        board, _ = self.fake_test(self.part_1().rsplit("end", 1)[0])
        self.assertIn("the report of part 1 from", self.pilot("selftest", board.name, status=1))

    def test_a_test_that_crashes_is_said_with_the_crash(self):
        board, test = self.fake_test(None)
        test.reports[0] = lambda: board.becomes(service="dns", version="1.4.1", boot_id="0x99",
                                                state="confirmed", crash="writing 0x10", core_name="self-test")
        self.assertRegex(self.pilot("selftest", board.name, status=1),
                         r"the test has ended in the middle of part 1: writing 0x10")

    def test_a_board_that_goes_silent_is_given_up(self):
        board, test = self.fake_test(None)
        test.reports[0] = lambda: setattr(board, "silent_until", time.monotonic() + 60)
        self.assertRegex(self.pilot("selftest", board.name, status=1),
                         "does not answer any more in part 1: ")

    def test_a_test_that_is_not_done_in_time_is_given_up(self):
        board, test = self.fake_test(None)
        test.reports[0] = lambda: None
        self.assertRegex(self.pilot("selftest", board.name, "--timeout", "2", status=1),
                         r"part 1 of the test of \S+ is not done within 2 s \(--timeout\); pilot log")

    def test_whatever_ends_it_the_test_is_told_to_end(self):
        for arguments, how in ((["--timeout", "2"], None), ([], signal.SIGINT), ([], signal.SIGTERM)):
            with self.subTest(arguments, how=how):
                board, test = self.fake_test(None)
                test.reports[0] = lambda test=test: test.words.append(b"busy")
                test.outlives = True
                running = self.start("selftest", board.name, *arguments)
                test.wait_for(b"busy")
                if how:
                    running.process.send_signal(how)
                self.assertEqual(running.process.wait(20), 128 + how if how else 1)
                test.wait_for(b"end")

    def test_a_test_that_never_calls_is_given_up_and_the_port_is_named(self):
        board, test = self.fake_test(self.part_1())
        test.is_mute = True
        said = self.pilot("selftest", board.name, status=1)
        port = re.fullmatch(r"self-test\.(\d+)\.elf", board.pushed[-1][0])[1]
        self.assertRegex(said, rf"nothing of it has come in 10 s: it calls UDP port {port} here, from its "
                               r"port 4997; does a firewall stop that\?")

    def test_what_could_not_be_gone_back_to_is_not_replaced(self):
        for service, sentence in (("self-test", "a self-test runs on .* already: .* within 300 s"),
                                  ("echo", "runs echo on trial, and it has not confirmed itself within 5 s")):
            with self.subTest(service):
                board = self.board(service=service, state="trial")
                self.assertRegex(self.pilot("selftest", board.name, status=1), sentence)
                self.assertEqual(board.pushed, [])

    def test_another_service_than_pushed_is_named(self):
        board, _ = self.fake_test(self.part_1())
        board.after_push = lambda _: board.becomes(boot_id="0x77", service="echo", version="1.0.0")
        self.assertRegex(self.pilot("selftest", board.name, status=1),
                         "self-test was pushed, but echo 1.0.0 answers")

    def test_refusals_say_what_helps(self):
        for sentence, helps in (("it is not signed, and this loader starts only what is",
                                 r"; pilot sign \S+/self_test\.elf --key NAME\.sec signs it"),
                                ("pushes are off (deploy = off)", "pilot.conf has to allow"),
                                ("deploy = signed, but this loader was built without keys", "keys\n"),
                                ("its memory is too small", "small\n")):
            with self.subTest(sentence):
                board = self.board()
                board.refusal = ("at the end", sentence)
                said = self.pilot("selftest", board.name, status=1)
                self.assertIn(f"refuses the test: {sentence}", said)
                self.assertRegex(said, helps)

    def test_what_makes_no_sense_is_refused(self):
        for arguments, sentence in ((["--timeout", "0"], "--timeout wants seconds, 1 to 280, not 0"),
                                    (["--timeout", "5x"], "not 5x"),
                                    (["--timeout", "281"], "not 281"),
                                    (["--corrupt", "A b"], "wants the name of a check"),
                                    (["--corrupt", ""], 'wants the name of a check, or all, not ""'),
                                    (["--corrupt", "-"], "wants the name of a check"),
                                    (["--quick"], "no option --quick"),
                                    (["here", "there"], "not here and there")):
            with self.subTest(arguments):
                self.assertIn(sentence, self.pilot("selftest", *arguments, status=1))
