"""pilot log against a fake board: what it kept, then live, no line twice and none lost.

SPDX-License-Identifier: BSD-2-Clause
"""
import re
import time

from fake_board import syslog
from pilot_case import PilotCase


class LogCase(PilotCase):
    def board_with_log(self, lines=5, **status):
        board = self.board(**status)
        for i in range(lines):
            board.say(0.5 + i / 8, f"loader: old line {i}", live=False)
        return board

    @staticmethod
    def texts(output):
        """The lines, without their time."""
        return re.findall(r"^\[ *\d+\.\d\d(?:\d{4}|    )\] (.*)$", output, re.M)

    def follow(self, board):
        """pilot log that follows; returns when it has subscribed and read the ring."""
        pilot = self.start("log", board.name)
        deadline = time.monotonic() + 10
        while "log" not in board.reads and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(board.reads[:1], ["live"])
        return pilot

    def check(self, pilot, board, last):
        """Waits for the last line; then each was shown once, in order."""
        pilot.wait_for(re.escape(last))
        wanted = self.texts(board.log)
        self.assertEqual(self.texts(pilot.output)[:len(wanted)], wanted)


class TestLogThatWasKept(LogCase):
    def test_it_is_printed_as_it_is(self):
        board = self.board_with_log(lines=3000)
        self.assertEqual(self.pilot("log", "-n", board.name), board.log)
        self.assertEqual(self.pilot("log", "--no-follow", board.name), board.log)
        self.assertNotIn("live", board.reads)

    def test_control_characters_are_cleaned(self):
        board = self.board()
        board.log = "[    0.100000] dns: \x1b[2J\x9b\x07 text\r\nno time \0\nlast without line feed"
        self.assertEqual(self.pilot("log", "-n", board.name),
                         "[    0.100000] dns: .[2J.. text\nno time .\nlast without line feed\n")

    def test_an_empty_one_is_nothing(self):
        self.assertEqual(self.pilot("log", "-n", self.board().name), "")

    def test_one_that_never_ends_is_refused(self):
        board = self.board()
        board.log = "x" * (16 * 1024 * 1024 + 1)
        self.assertIn("sends more than 16777216 bytes of log", self.pilot("log", "-n", board.name, status=1))

    def test_wrong_arguments_get_one_sentence(self):
        self.assertIn("log has no option --what", self.pilot("log", "--what", status=1))
        self.assertIn("takes one board, not a and b", self.pilot("log", "a", "b", status=1))

    def test_silence_has_an_end(self):
        board = self.board()
        board.silent_until = time.monotonic() + 60
        self.assertIn("it does not answer", self.pilot("log", board.name, status=1))
        self.assertIn("is silent for 3000 ms", self.pilot("log", "-n", board.name, status=1))


class TestLogLive(LogCase):
    def test_lines_follow_as_they_come(self):
        board = self.board_with_log()
        pilot = self.follow(board)
        for i in range(5):
            board.say(2 + i, f"dns: live {i}")
            pilot.wait_for(f"dns: live {i}")
        self.check(pilot, board, "dns: live 4")

    def test_what_comes_between_subscription_and_ring_is_shown_once(self):
        board = self.board_with_log()
        file = board.file

        def slow_file(name):
            if name == "log":       # subscribed, and the ring has not been read
                board.file = file
                for _ in range(3):
                    board.say(2, "dns: the same text")
                board.say(2, "dns: another")
            return file(name)

        board.file = slow_file
        pilot = self.follow(board)
        board.say(3, "dns: last")
        self.check(pilot, board, "dns: last")
        self.assertEqual(self.texts(pilot.output).count("dns: the same text"), 3)

    def test_the_same_text_again_and_again_is_shown_as_often(self):
        board = self.board_with_log()
        pilot = self.follow(board)
        for i in range(40):
            board.say(2 + i // 10 / 100, "dns: again")
        board.say(3, "dns: last")
        self.check(pilot, board, "dns: last")
        self.assertEqual(self.texts(pilot.output).count("dns: again"), 40)

    def test_after_a_gap_the_ring_is_read_again(self):
        board = self.board_with_log()
        pilot = self.follow(board)
        for i in range(60):
            board.say(2 + i / 100, f"dns: {i}", live=i % 7 != 3 and i < 50)
        board.say(3, "dns: last")
        self.check(pilot, board, "dns: last")

    def test_the_last_lines_are_not_lost_when_nothing_follows(self):
        board = self.board_with_log()
        pilot = self.follow(board)
        for i in range(2):
            board.say(2 + i, f"dns: seen {i}")
            pilot.wait_for(f"dns: seen {i}")
        board.say(4, "dns: its datagram is lost", live=False)
        self.check(pilot, board, "its datagram is lost")

    def test_a_redeploy_loses_nothing_and_repeats_nothing(self):
        board = self.board_with_log(boot_id="0x11")
        pilot = self.follow(board)
        for i in range(4):
            board.say(2 + i, f"dns: old {i}")
        pilot.wait_for("dns: old 3")
        # Numbers and listeners are forgotten; nobody is told these.
        board.becomes(boot_id="0x12")
        for i in range(4):
            board.say(7 + i, f"dns: new {i}")
        self.check(pilot, board, "dns: new 3")
        board.say(12, "dns: goes on")
        self.check(pilot, board, "dns: goes on")

    def test_a_line_between_the_ring_and_the_new_subscription_comes_too(self):
        board = self.board_with_log(boot_id="0x11")
        said = []

        def hostile(datagram):
            if datagram.startswith(b"\0\1live") and board.status["boot_id"] == "0x12" and not said:
                said.append(datagram)
                board.say(11, "dns: in between", live=False)

        pilot = self.follow(board)
        board.hostile = hostile
        board.becomes(boot_id="0x12")
        board.say(7, "dns: new", live=False)
        self.check(pilot, board, "dns: in between")

    def test_a_board_that_was_switched_off_begins_anew(self):
        board = self.board_with_log()
        pilot = self.follow(board)
        board.say(2, "dns: before")
        pilot.wait_for("dns: before")
        board.log = ""
        board.becomes(boot_id="0x99")
        board.say(0.1, "loader: fresh")
        pilot.wait_for("lines may be missing here")
        pilot.wait_for("loader: fresh")

    def test_the_subscription_is_renewed(self):
        board = self.board_with_log(lines=1)
        pilot = self.follow(board)
        deadline = time.monotonic() + 12
        while board.reads.count("live") < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertGreaterEqual(board.reads.count("live"), 3)
        self.assertEqual(len(board.listeners), 1, "from the same port")
        board.say(3, "dns: late")
        self.check(pilot, board, "dns: late")

    def test_packets_may_be_lost(self):
        board = self.board_with_log()
        pilot = self.follow(board)
        board.lose = lambda _, number: number % 5 == 2
        for i in range(100):
            board.say(2 + i / 50, f"dns: {i}")
            time.sleep(0.002)
        self.check(pilot, board, "dns: 99")

    def test_wrong_datagrams_are_passed_over_and_strange_ones_cleaned(self):
        board = self.board_with_log()
        pilot = self.follow(board)
        client = next(iter(board.listeners))
        for stray in (b"", b"<", b"<134>", b"<134>1", b"<134>1 - a b", b"<134>1 - h a - - [meta", b"<1345>1 - h a - - - x",
                      b"<134>2 - h a - - - version", b"hello", b"\0\3\0\1text", b"\0\5\0\0", b"<134>1 - h a - - [x y=\"]",
                      b"<134>1  - a - - - blank", b"<134>1 - h a - - [meta sequenceId=\"1\\\"]"):
            board.socket.sendto(stray, client)
        board.say(2, "dns: \x1b[2J\x9b text")
        pilot.wait_for(r"dns: \.\[2J\. text")
        # A number that is none, a value with an escaped end, no structured data at all.
        board.socket.sendto(b'<134>1 - h a - - [meta sequenceId="x" sysUpTime="99999999999999999999"] dns: no number', client)
        board.socket.sendto(b'<134>1 - h a - - [a b="\\"]"][meta sysUpTime="500"] dns: escaped', client)
        board.socket.sendto(b"<134>1 - h a - - - \xef\xbb\xbfdns: plain\n", client)
        pilot.wait_for("dns: plain\n")
        texts = self.texts(pilot.output)
        self.assertEqual(texts[:6], self.texts(board.log)[:5] + ["dns: .[2J. text"])
        self.assertIn("[   5.00    ] dns: escaped\n", pilot.output)
        self.assertNotRegex(pilot.output, r"[^\x20-\x7e\n]|hello|version")

    def test_a_line_too_long_is_cut_and_the_next_is_whole(self):
        board = self.board_with_log()
        pilot = self.follow(board)
        board.say(2, "dns: " + "x" * 1400)
        board.socket.sendto(syslog(2, 300, "dns: " + "y" * 4000), next(iter(board.listeners)))
        board.say(4, "dns: last")
        pilot.wait_for("dns: last")
        self.assertIn("dns: " + "x" * 500, pilot.output)
