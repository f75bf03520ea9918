"""pilot status, core and log -n against a fake board, and what no board should send.

SPDX-License-Identifier: BSD-2-Clause
"""
import fcntl
import base64
import hashlib
import os
import random
import re
import struct
import subprocess

from fake_board import ack, data, error, oack
from pilot_case import PilotCase, build


def note_head(owner, length, kind):
    owner += b"\0"
    return struct.pack("<III", len(owner), length, kind) + owner.ljust(-(-len(owner) // 4) * 4, b"\0")


class TestStatus(PilotCase):
    def test_it_is_printed_as_it_is(self):
        board = self.board(crash="none so far", unknown_key="1")
        self.assertEqual(self.pilot("status", board.name), board.file("status").decode())

    def test_control_characters_are_cleaned(self):
        board = self.board(crash="\x1b[31mred\x07\x80\xff", version="1\0002")
        output = self.pilot("status", board.name)
        self.assertIn("crash = .[31mred...\n", output)
        self.assertIn("version = 1.2\n", output)

    def test_many_blocks_of_it_arrive_in_order_although_packets_are_lost(self):
        for seed in range(8):
            with self.subTest(seed):
                board = self.board(**{f"key{i}": f"{i} " * 20 for i in range(400)})
                dice = random.Random(seed)
                board.lose = lambda *_, dice=dice: dice.random() < 0.1
                self.assertEqual(self.pilot("status", board.name), board.file("status").decode())

    def test_a_board_without_options_is_served_too(self):
        for refuses in (False, True):
            board = self.board(long="x" * 2000)
            board.with_options, board.options_error = False, refuses
            self.assertEqual(self.pilot("status", board.name), board.file("status").decode())

    def test_a_request_said_twice_leaves_no_transfer_behind(self):
        for lost, said in ((0, False), (1, True)):
            board = self.board()
            seen = []

            def hostile(datagram, seen=seen, lost=lost):
                seen.append(datagram)
                return [] if len(seen) <= lost else None

            board.hostile = hostile
            self.assertEqual(self.pilot("status", board.name), board.file("status").decode())
            board.__exit__()
            self.assertEqual(seen[-1].startswith(b"\0\5\0\0nothing more"), said, seen)

    def test_one_that_ends_with_a_full_block(self):
        board = self.board()
        board.status["long"] = "x" * (2 * 1468 - len(board.file("status")) - len("long = \n"))
        self.assertEqual(len(board.file("status")), 2 * 1468)
        self.assertEqual(self.pilot("status", board.name), board.file("status").decode())

    def test_a_huge_one_is_refused(self):
        board = self.board(long="x" * 70000)
        self.assertIn("sends more than 65536 bytes of status", self.pilot("status", board.name, status=1))

    def test_a_refusal_is_told(self):
        for answer, sentence in ((error(0, "10.0.0.1 is being served"), "10.0.0.1 is being served"),
                                 (error(4, "\x1b]0;title\x07"), r"\.\]0;title\."),
                                 (error(7, ""), "TFTP error 7, without a word"),
                                 (error(0, "x" * 1400), "xxxx"),
                                 (b"\0\5\0\0no end", "no end")):
            with self.subTest(answer):
                board = self.board()
                board.hostile = lambda _, answer=answer: [answer]
                self.assertRegex(self.pilot("status", board.name, status=1), sentence)

    def test_options_that_were_not_asked_for_are_refused(self):
        for answer in (oack({"blksize": 1469}), oack({"blksize": 7}), oack({"blksize": 65464}),
                       oack({"windowsize": 17}), oack({"windowsize": 0}), oack({"timeout": 1}),
                       b"\0\6blksize\0", b"\0\6blksize\x00512", b"\0\6blksize\0-8\0", b"\0\6\0\0",
                       b"\0\6blksize\0 512\0", b"\0\6tsize\x0099999999999999999999\0"):
            with self.subTest(answer):
                board = self.board()
                board.hostile = lambda _, answer=answer: [answer]
                self.assertIn("the OACK ", self.pilot("status", board.name, status=1))
        board = self.board()
        board.hostile = lambda _: [oack({"tsize": 65537})]
        self.assertIn("status has 65537 bytes, more than 65536", self.pilot("status", board.name, status=1))

    def test_wrong_packets_are_passed_over(self):
        board = self.board(long="x" * 5000)
        strays = [b"", b"\0", b"\0\3", b"\0\3\0", b"\0\5\0", data(9, b"from elsewhere"), data(0), ack(1),
                  data(2, b"x" * 1500), b"\0\1status\0octet\0", b"\xff" * 20]
        genuine = board.send

        def send(datagram, to):
            for stray in strays:
                genuine(stray, to)
            genuine(datagram, to)
            genuine(datagram, to)       # and everything comes twice

        board.send = send
        self.assertEqual(self.pilot("status", board.name), board.file("status").decode())

    def test_nothing_but_noise_has_an_end(self):
        board = self.board()
        dice = random.Random(3)
        board.hostile = lambda _: [bytes(dice.choice((0, 0, 1, 2, 3, 4, 6, 255)) for _ in range(
            dice.randrange(40))) for _ in range(4)]
        for _ in range(10):
            result = subprocess.run([build(), "status", board.name], stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, timeout=30, check=False)
            self.assertIn(result.returncode, (0, 1))
            self.assertNotRegex(result.stdout, b"Sanitizer|runtime error|[^\x20-\x7e\n]")

    def test_wrong_arguments_get_one_sentence(self):
        for arguments in (["a", "b"], ["--what"]):
            self.assertIn("status wants one board", self.pilot("status", *arguments, status=1))


class TestCore(PilotCase):
    def setUp(self):
        super().setUp()
        self.content = b"\x7fELF" + bytes(i * 7 & 255 for i in range(200000))

    def crashed_board(self, **status):
        board = self.board(core_name="dns", core_number="7", core_bytes=str(len(self.content)),
                           crash="data abort at 0x10", **status)
        board.core = self.content
        return board

    def core(self, name="core.dns.7"):
        with open(self.path(name), "rb") as source:
            return source.read()

    def test_it_is_fetched_and_says_how_to_open_it(self):
        output = self.pilot("core", self.crashed_board().name)
        self.assertEqual(self.core(), self.content)
        self.assertEqual(output, f"core.dns.7: {len(self.content)} bytes\ndata abort at 0x10\n\n"
                         "    gdb-multiarch dns.elf core.dns.7\n\n")

    def test_the_elf_that_was_built_is_named_as_it_is_found_from_here(self):
        self.project()
        self.write("build/dns.elf", b"\x7fELF")
        self.assertIn("    gdb-multiarch build/dns.elf core.dns.7\n", self.pilot("core", self.crashed_board().name))

    def core_of(self, elf, notes=None):
        """A core whose own note, behind another one, has the SHA-256 of that file."""
        digest = hashlib.sha256(elf).digest()
        if notes is None:
            notes = (note_head(b"CORE", 4, 2) + b"1234"
                     + note_head(b"pilotlight", 208, 2) + digest + bytes(176))
        header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 4, 183, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
        return header + struct.pack("<IIQQQQQQ", 4, 4, 120, 0, 0, len(notes), 0, 4) + notes

    def test_an_elf_that_was_built_anew_since_is_told(self):
        self.project()
        crashed = os.urandom(100000)
        self.content = self.core_of(crashed)
        for elf, told in ((crashed, False), (crashed + b"!", True), (b"", True)):
            with self.subTest(len(elf)):
                self.write("build/dns.elf", elf)
                output = self.pilot("core", "-o", "a.core", self.crashed_board().name)
                self.assertEqual("\nbuild/dns.elf is not what crashed (SHA-256 "
                                 f"{hashlib.sha256(elf).hexdigest()[:16]}..., not "
                                 f"{hashlib.sha256(crashed).hexdigest()[:16]}...): gdb will show wrong "
                                 "lines\n" in output, told, output)
                self.assertEqual("is not what crashed" in output, told, output)
                self.assertIn("    gdb-multiarch build/dns.elf a.core\n", output)

    def test_an_elf_that_ran_with_its_signature_behind_it_is_known(self):
        self.project()
        signature = b"Ed" + bytes(range(8)) + bytes(64)
        elf = os.urandom(5000)
        footer = struct.pack("<QIH", len(elf), 1, 0) + signature + b"PLsigned"
        self.write("build/dns.elf", elf)
        self.content = self.core_of(elf + footer)
        self.assertIn("is not what crashed", self.pilot("core", "-o", "a.core", self.crashed_board().name))
        self.write("build/dns.elf.sig", b"untrusted comment: x\n" + base64.b64encode(signature) + b"\n")
        self.assertNotIn("is not what crashed", self.pilot("core", "-o", "a.core", self.crashed_board().name))

    def test_a_core_whose_notes_are_damaged_tells_nothing(self):
        self.project()
        self.write("build/dns.elf", "another")
        whole = self.core_of(b"crashed")
        huge = struct.pack("<I", 0xFFFFFFFF)
        damaged = {length: whole[:length] for length in range(4, len(whole))}
        damaged |= {f"{at}": whole[:at] + huge + whole[at + 4:] for at in (120, 124, 144, 148, 152)}
        damaged |= {"headers": whole[:32] + b"\xff" * 8 + whole[40:],
                    "notes": whole[:72] + b"\xff" * 8 + whole[80:],
                    "length": whole[:96] + b"\xff" * 8 + whole[104:],
                    "owner": whole.replace(b"pilotlight", b"pilotlamps"),
                    "none": self.core_of(b"", notes=b"")}
        for name, self.content in list(damaged.items())[::7] + list(damaged.items())[-10:]:
            with self.subTest(name):
                output = self.pilot("core", "-o", "a.core", self.crashed_board().name)
                self.assertNotIn("is not what crashed", output)

    def test_another_file_when_it_is_said(self):
        output = self.pilot("core", "-o", "there", self.crashed_board().name)
        self.assertEqual(self.core("there"), self.content)
        self.assertIn("gdb-multiarch dns.elf there\n", output)

    def test_a_core_that_is_here_is_not_overwritten(self):
        self.write("core.dns.7", "precious")
        self.assertIn("core.dns.7 is here already; -o names another file",
                      self.pilot("core", self.crashed_board().name, status=1))
        self.assertEqual(self.core(), b"precious")

    def test_a_name_that_would_lead_elsewhere_is_not_used(self):
        for name in ("../../evil", "/etc/passwd", ".hidden", "-rf", "a b", "$(id)", ""):
            with self.subTest(name):
                board = self.crashed_board()
                board.status["core_name"] = name
                self.assertIn("core.service.7: ", self.pilot("core", board.name))
                os.remove(self.path("core.service.7"))
        self.assertEqual(sorted(os.listdir(self.folder)), ["temporary"])

    def test_no_core_is_said_to_be_none(self):
        self.assertIn("has no core: no service has crashed", self.pilot("core", self.board().name, status=1))

    def test_one_that_is_cut_or_no_elf_is_not_kept(self):
        board = self.crashed_board()
        board.core = self.content[:-1]
        self.assertIn("should have 200004 bytes, but 200003 came", self.pilot("core", board.name, status=1))
        board.core = b"no elf"
        self.assertIn("is no ELF file", self.pilot("core", board.name, status=1))
        self.assertEqual(sorted(os.listdir(self.folder)), ["temporary"])


class TestFindingTheMachine(PilotCase):
    """What `pilot run` leaves, and what was left behind."""

    def announce(self, number, port, service="dns", locked=True):
        path = os.path.join(self.temporary, f"pilot-run-{os.getuid()}-{number}")
        out = self.stack.enter_context(open(path, "w", encoding="utf-8"))
        out.write(f"port = {port}\npid = {number}\nservice = {service}\n")
        out.flush()
        if locked:
            fcntl.flock(out, fcntl.LOCK_EX)
        return path

    def test_the_one_that_runs_is_found(self):
        board = self.board()
        kept, stale = self.announce(1, board.port), self.announce(2, 9, locked=False)
        self.assertEqual(self.pilot("status"), board.file("status").decode())
        self.assertTrue(os.path.exists(kept))
        self.assertFalse(os.path.exists(stale), "what was left behind is removed")

    def test_of_two_the_user_must_choose(self):
        self.announce(1, 40001)
        self.announce(2, 40002, "echo\x1b[1m")
        sentence = self.pilot("status", status=1)
        self.assertTrue(re.search(r"2 machines are running, say which: ", sentence))
        self.assertIn("127.0.0.1:40001 (dns)", sentence)
        self.assertIn("127.0.0.1:40002 (echo.[1m)", sentence)

    def test_files_that_say_nothing_useful_are_passed_over(self):
        for number, port in enumerate(("0", "65536", "x", "-1", "")):
            self.announce(number + 1, port)
        os.symlink("/etc/passwd", os.path.join(self.temporary, f"pilot-run-{os.getuid()}-99"))
        os.mkfifo(os.path.join(self.temporary, f"pilot-run-{os.getuid()}-98"))
        self.assertIn("no machine of pilot run is running; name a board", self.pilot("status", status=1))


class TestBusyBoard(PilotCase):
    def busy_board(self, word, times):
        board = self.board()
        requests = []

        def hostile(datagram):
            if datagram[:2] in (b"\0\1", b"\0\2"):
                requests.append(datagram)
                if len(requests) <= times:
                    return [error(0, f"busy: 10.0.0.9 is {word} log")]
            return None

        board.hostile = hostile
        return board

    def test_one_that_serves_another_client_is_asked_again(self):
        for word in ("reading", "writing"):
            board = self.busy_board(word, 5)
            self.assertEqual(self.pilot("status", board.name), board.file("status").decode())

    def test_one_that_does_so_for_ever_is_told(self):
        board = self.busy_board("reading", 10000)
        self.assertIn("busy: 10.0.0.9 is reading log", self.pilot("status", board.name, status=1))
