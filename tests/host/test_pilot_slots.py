"""pilot slots and pilot select, of a card image and of a board.

SPDX-License-Identifier: BSD-2-Clause
"""
import hashlib
import os
import struct
import time

from card_case import CardCase
from card_image import NOBODY, crc32c

TABLE = "service  slot  state      version\ndns      A     confirmed  1.4.1\necho     A     confirmed  0.9\n"


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


class TestSlotsOfACard(CardCase):
    def test_the_table_has_a_line_for_each_slot(self):
        self.two("--default", "echo")
        lines = [line.split() for line in self.pilot("slots", "card.img").splitlines()]
        self.assertEqual([line[:4] for line in lines[1:]], [
            ["dns", "A", "confirmed", "1.4.2"], ["dns", "B", "empty", "-"],
            ["echo", "A", "confirmed", "0.9"], ["echo", "B", "empty", "-"]])
        self.assertEqual(lines[3][-3:], ["default,", "floor", "7"])

    def test_not_a_byte_of_the_image_is_written(self):
        card = self.two()
        # One ring lost: whoever may write would mend it.
        with open(card.path, "r+b") as image:
            image.seek(card.ring(0) * 512)
            image.write(bytes(32 * 512))
        before, os_before = digest(card.path), os.stat(card.path)
        os.chmod(card.path, 0o444)
        output = self.pilot("slots", card.path)
        self.assertIn("confirmed", output)
        self.assertNotIn("cannot be written", output)   # as if that were the card's doing
        self.assertEqual((digest(card.path), os.stat(card.path).st_mtime_ns), (before, os_before.st_mtime_ns))

    def test_a_card_whose_records_are_lost_says_so(self):
        card = self.two()
        with open(card.path, "r+b") as image:
            for ring in (0, 1):
                image.seek(card.ring(ring) * 512)
                image.write(bytes(32 * 512))
        before = digest(card.path)
        output = self.pilot("slots", "card.img")
        self.assertRegex(output, r"\Acard\.img: \S.*\n")
        self.assertRegex(output, r"\ndns +A +pending +1\.4\.2")
        self.assertEqual(digest(card.path), before)

    def test_what_is_no_card_with_slots_is_told(self):
        empty, text = self.write("empty.img", b""), self.write("text.img", b"no card" * 1000)
        fat = bytearray(1 << 20)
        fat[446 + 4] = 0x0C
        fat[446 + 8:446 + 16] = struct.pack("<II", 64, 1000)
        fat[510:512] = b"\x55\xaa"
        for path, sentence in ((empty, "has no slots"), (text, "has no slots"),
                               (self.write("fat.img", bytes(fat)), "pilot sdcard makes cards with slots"),
                               ("missing.img", "cannot open the card image missing.img"),
                               ("./", "is neither an image file nor a card"),
                               ("/dev/null", "is neither an image file nor a card")):
            with self.subTest(path):
                self.assertIn(sentence, self.pilot("slots", path, status=1))

    def test_a_card_of_another_format_is_left_alone(self):
        card = self.two()
        for ring in (0, 1):
            place, sequence, table = card.records(ring)[-1]
            record = struct.pack("<4sHHQ", b"plsr", 2, 0, sequence + 5) + table + bytes(68)
            with open(card.path, "r+b") as image:
                image.seek((card.ring(ring) + (place + 1) % 32) * 512)
                image.write(record + struct.pack("<I", crc32c(record)))
        before = digest(card.path)
        for arguments in (["slots", "card.img"], ["select", "card.img", "dns", "--default"]):
            self.assertIn("another format", self.pilot(*arguments, status=1))
        self.assertEqual(digest(card.path), before)

    def test_strange_characters_on_a_card_do_not_reach_the_terminal(self):
        """The loader's code takes no such header for intact; the command would clean it too."""
        card = self.two()
        raw = bytearray(card.blocks(card.slot(0, 0), 1))
        raw[88:94] = b"\x1b[2J\x9b\0"
        raw[508:] = struct.pack("<I", crc32c(bytes(raw[:508])))
        with open(card.path, "r+b") as image:
            image.seek(card.slot(0, 0) * 512)
            image.write(raw)
        self.pilot("slots", "card.img")     # which looks at what is printed

    def test_wrong_arguments_get_one_sentence(self):
        self.assertIn("slots wants one board or card image", self.pilot("slots", "a", "b", status=1))
        self.assertIn("slots wants one board or card image", self.pilot("slots", "--all", status=1))


class TestSelectionOnACard(CardCase):
    def test_default_and_once_are_written_and_in_both_rings(self):
        card = self.two("--default", "dns")
        self.assertEqual(self.pilot("select", "card.img", "echo", "--default"),
                         "card.img: echo is started from the next start on\n")
        self.assertEqual((card.table()["standard"], card.table()["once"]), (1, NOBODY))
        self.assertEqual(self.pilot("select", "--once", "card.img", "dns"),
                         "card.img: dns is started next, once\n")
        self.assertEqual((card.table()["standard"], card.table()["once"]), (1, 0))
        self.assertEqual(card.image(0, 0), self.dns)

    def test_what_is_selected_already_is_not_written_again(self):
        card = self.two("--default", "dns")
        before = digest(card.path)
        self.pilot("select", "card.img", "dns", "--default")
        self.assertEqual(digest(card.path), before)

    def test_what_cannot_be_started_is_refused(self):
        card = self.two("--default", "dns")
        before = digest(card.path)
        for arguments, sentence in ((["card.img", "nobody", "--default"], "has no service nobody; it has dns, echo"),
                                    (["card.img", "dns"], "on which nothing runs: say --default, or --once"),
                                    (["card.img"], "card.img is no service's name"),
                                    (["card.img", "d s", "--once"], "is no service's name"),
                                    (["card.img", "dns", "--default", "--once"], "not both"),
                                    (["card.img", "dns", "x", "--once"], "what is x?"),
                                    (["card.img", "dns", "--twice"], "no option --twice"),
                                    (["missing.img", "dns", "--once"], "cannot open the card image"),
                                    ([], "select wants a service")):
            with self.subTest(arguments):
                self.assertIn(sentence, self.pilot("select", *arguments, status=1))
        self.assertEqual(digest(card.path), before)
        self.assertIn("it has none", self.pilot("select", self.make(image="empty.img").path, "dns", "--once",
                                                status=1))

    def test_a_card_that_cannot_be_written_stays_as_it_is(self):
        self.assertIn("only those are written to", self.pilot("select", "/dev/null", "dns", "--once", status=1))


class TestSlotsOfABoard(CardCase):
    def test_the_boards_own_table_is_printed(self):
        board = self.board()
        board.slots = TABLE
        self.assertEqual(self.pilot("slots", board.name), TABLE)
        self.assertEqual(board.reads, ["slots"])

    def test_what_it_sends_is_cleaned(self):
        board = self.board()
        board.slots = "dns\x1b[2J\r\n\x9b"
        self.assertEqual(self.pilot("slots", board.name), "dns.[2J\n.\n")

    def test_a_board_without_slots_says_so(self):
        board = self.board()
        self.assertRegex(self.pilot("slots", board.name, status=1), r"\S+ has no slots: there is no file slots")

    def test_a_board_that_is_silent(self):
        board = self.board()
        board.silent_until = time.monotonic() + 60
        self.assertIn("no slots of", self.pilot("slots", board.name, status=1))


class TestSelectionOnABoard(CardCase):
    def selecting_board(self, **status):
        board = self.board()
        board.slots = TABLE

        def after_push(_):
            board.silent_until = time.monotonic() + 0.1
            board.becomes(**{"service": "echo", "version": "0.9", "boot_id": "0x12", "slot": "A",
                             "slot_state": "confirmed", **status})

        board.after_push = after_push
        return board

    def test_now_ends_when_that_service_answers(self):
        board = self.selecting_board()
        self.assertEqual(self.pilot("select", board.name, "echo"),
                         f"{board.name}: echo 0.9 answers, from slot A, confirmed\n")
        self.assertEqual(board.pushed, [("select", b"echo now\n")])

    def test_later_is_only_told(self):
        for option, word, sentence in (("--once", "once", "echo is started next, once"),
                                       ("--default", "always", "echo is started from the next start on")):
            board = self.board()
            board.slots = TABLE
            self.assertEqual(self.pilot("select", board.name, "echo", option), f"{board.name}: {sentence}\n")
            self.assertEqual(board.pushed, [("select", f"echo {word}\n".encode())])

    def test_another_service_that_answers_is_told(self):
        board = self.selecting_board(service="dns", last_end="echo 0.9 was not started: damaged")
        self.assertIn("echo was selected, but dns 0.9 answers; the one before it ended: echo 0.9 was not",
                      self.pilot("select", board.name, "echo", status=1))

    def test_one_that_crashes_is_told(self):
        board = self.selecting_board(service="dns", crash="it hung", core_name="echo", core_number="1")
        self.assertIn("what was selected failed: it hung; dns 0.9 runs again",
                      self.pilot("select", board.name, "echo", status=1))

    def test_a_refusal_is_the_boards_own_sentence(self):
        board = self.selecting_board()
        board.refusal = ("at the end", "there is no service echo on this card")
        self.assertRegex(self.pilot("select", board.name, "echo", status=1),
                         r"\S+ does not select echo: there is no service echo on this card")

    def test_a_board_of_before_there_were_slots_is_sent_nothing(self):
        board = self.selecting_board()
        board.slots = None
        self.assertIn("has no slots", self.pilot("select", board.name, "echo", status=1))
        self.assertEqual(board.pushed, [])

    def test_an_answer_that_is_lost_with_the_service_is_no_failure(self):
        board = self.selecting_board()
        take = board.after_push

        def after_push(content):
            board.transfers.clear()
            take(content)
            board.silent_until = 0

        board.lose = lambda direction, _: (direction == "out" and any(
            transfer.content is None and transfer.ended for transfer in board.transfers.values()))
        board.after_push = after_push
        self.assertIn("echo 0.9 answers", self.pilot("select", board.name, "echo"))

    def test_a_long_name_is_refused(self):
        board = self.selecting_board()
        self.assertIn("too long", self.pilot("select", board.name, "x" * 70, status=1))
