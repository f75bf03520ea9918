"""pilot keygen, sign, key and info --key, with the real signify-openbsd; and KEYS= of the build.

SPDX-License-Identifier: BSD-2-Clause
"""
import base64
import os
import re
import struct
import subprocess
import unittest

import pilot_case
from card_image import crc32c
from pilot_case import PilotCase, sample_elf

FOOTER = struct.Struct("<QI2x2s8s64s8s")
TABLE = struct.Struct("<8sII")
KEY_BYTES = 40


def second_line(path):
    with open(path, encoding="ascii") as source:
        return base64.b64decode(source.read().split("\n")[1])


def read(path):
    with open(path, "rb") as source:
        return source.read()


class SignCase(PilotCase):
    def keygen(self, name="fleet"):
        """Returns (number, public key)."""
        self.pilot("keygen", name, "-n")
        blob = second_line(self.path(name + ".pub"))
        self.assertEqual((len(blob), blob[:2]), (42, b"Ed"))
        return blob[2:10], blob[10:]

    def signify_verifies(self, file, signature, key="fleet.pub"):
        return subprocess.run(["signify-openbsd", "-V", "-q", "-p", self.path(key), "-m", self.path(file),
                               "-x", self.path(signature)], stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


class TestKeygen(SignCase):
    def test_a_key_pair_is_made_and_its_secret_half_is_for_its_owner_only(self):
        output = self.pilot("keygen", "fleet", "-n")
        number = second_line(self.path("fleet.pub"))[2:10].hex()
        self.assertRegex(output, rf"\Akey {number}: fleet.pub is for loaders, fleet.sec for pilot sign")
        self.assertIn("no passphrase", output)
        self.assertEqual(os.stat(self.path("fleet.sec")).st_mode & 0o777, 0o600)
        self.assertEqual(sorted(os.listdir(self.folder)), ["fleet.pub", "fleet.sec", "temporary"])

    def test_a_key_is_never_written_over(self):
        for suffix in "pub", "sec":
            path = self.write("fleet." + suffix, "precious")
            self.assertIn(f"fleet.{suffix} is here already", self.pilot("keygen", "fleet", "-n", status=1))
            self.assertEqual(read(path), b"precious")
            os.remove(path)

    def test_two_keys_have_two_numbers(self):
        self.assertNotEqual(self.keygen("a"), self.keygen("b"))

    def test_arguments_that_make_no_sense_are_refused(self):
        self.assertIn("keygen wants a name", self.pilot("keygen", status=1))
        self.assertIn("one key, not a and b", self.pilot("keygen", "a", "b", status=1))
        self.assertIn("not -x", self.pilot("keygen", "-x", status=1))
        self.assertIn("too long", self.pilot("keygen", "x" * 5000, status=1))

    def test_signify_asks_for_a_passphrase_and_gets_what_the_user_types(self):
        def pilot(*arguments, typed):
            return subprocess.run([self.pilot_path, *arguments], input=typed, cwd=self.folder, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=30,
                                  env=self.environment(), start_new_session=True)

        # signify wants a terminal for a new one; what it has encrypted it opens with its standard input.
        subprocess.run(["python3", "-c", NEW_PASSPHRASE, self.pilot_path, "keygen", "fleet"], check=True,
                       cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=30,
                       env=self.environment())
        self.write("a.elf", sample_elf())
        result = pilot("sign", "a.elf", "--key", "fleet.sec", typed="wrong\n")
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertRegex(result.stdout, r"(?s)incorrect passphrase.*pilot: signify-openbsd could not sign")
        self.assertFalse(os.path.exists(self.path("a.elf.sig")))
        result = pilot("sign", "a.elf", "--key", "fleet.sec", typed="open sesame\n")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertTrue(self.signify_verifies("a.elf", "a.elf.sig"))


# Runs a program on a terminal of its own and types the new passphrase, twice.
NEW_PASSPHRASE = """
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
shown = b""
for times in 1, 2:
    while shown.count(b"phrase: ") < times:
        shown += os.read(terminal, 1000)
    os.write(terminal, b"open sesame\\n")
try:
    while os.read(terminal, 1000):
        pass
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


class FileCase(SignCase):
    """A file to sign, and a key."""

    def setUp(self):
        super().setUp()
        self.number, self.key = self.keygen()
        self.content = sample_elf()
        self.write("dns.elf", self.content)

    def check_footer(self, name):
        signed = read(self.path(name))
        self.assertEqual(signed[:-96], self.content)
        length, form, algorithm, number, signature, magic = FOOTER.unpack(signed[-96:])
        self.assertEqual((length, form, algorithm, number, magic),
                         (len(self.content), 1, b"Ed", self.number, b"PLsigned"))
        self.assertEqual(signed[-84:-82], b"\0\0")
        self.write("check", self.content)
        blob = base64.b64encode(algorithm + number + signature).decode()
        self.write("check.sig", f"untrusted comment: from the footer\n{blob}\n")
        self.assertTrue(self.signify_verifies("check", "check.sig"))


class TestSign(FileCase):
    def test_a_signature_is_written_beside_the_file_and_nothing_else(self):
        before = set(os.listdir(self.folder))
        output = self.pilot("sign", "dns.elf", "--key", "fleet.sec")
        self.assertEqual(output, f"dns.elf.sig: signed by key {self.number.hex()}\n")
        self.assertEqual(set(os.listdir(self.folder)) - before, {"dns.elf.sig"})
        self.assertEqual(read(self.path("dns.elf")), self.content)
        self.assertTrue(self.signify_verifies("dns.elf", "dns.elf.sig"))
        self.assertEqual(os.listdir(self.temporary), [])

    def test_a_footer_is_written_behind_a_copy(self):
        self.assertEqual(self.pilot("sign", "dns.elf", "--key", "fleet.sec", "-o", "signed.elf"),
                         f"signed.elf: signed by key {self.number.hex()}\n")
        self.check_footer("signed.elf")
        self.assertEqual(read(self.path("dns.elf")), self.content)
        self.assertFalse(os.path.exists(self.path("dns.elf.sig")))
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("signed")], ["signed.elf"])

    def test_a_footer_is_written_behind_the_file_itself_which_keeps_its_rights(self):
        os.chmod(self.path("dns.elf"), 0o640)
        self.pilot("sign", "dns.elf", "--append", "--key", "fleet.sec")
        self.check_footer("dns.elf")
        self.assertEqual(os.stat(self.path("dns.elf")).st_mode & 0o777, 0o640)
        self.assertFalse(os.path.exists(self.path("dns.elf.sig")))

    def test_a_signed_file_is_not_signed_again(self):
        self.pilot("sign", "dns.elf", "--append", "--key", "fleet.sec")
        for more in [], ["--append"], ["-o", "other"]:
            self.assertIn(f"dns.elf is signed already, by key {self.number.hex()}: sign the file as it was",
                          self.pilot("sign", "dns.elf", "--key", "fleet.sec", *more, status=1))
        self.check_footer("dns.elf")

    def test_a_file_with_a_footer_that_does_not_hold_is_not_signed(self):
        self.write("odd", b"x" * 100 + b"PLsigned")
        self.assertIn("odd: signature footer:", self.pilot("sign", "odd", "--key", "fleet.sec", status=1))

    def test_any_file_can_be_signed_whatever_its_name(self):
        for name, content in ("-x", b"with a dash"), ("initrd.gz", b""), ("a b.img", b"\0" * 1000):
            self.write(name, content)
            argument = "./" + name if name.startswith("-") else name
            self.pilot("sign", argument, "--key", "fleet.sec")
            self.assertTrue(self.signify_verifies(name, name + ".sig"), name)

    def test_what_the_public_key_does_not_verify_is_said_and_not_left_there(self):
        self.keygen("other")
        os.replace(self.path("other.pub"), self.path("fleet.pub"))
        errors = self.pilot("sign", "dns.elf", "--key", "fleet.sec", status=1)
        self.assertIn("what fleet.sec signed does not verify with fleet.pub", errors)
        self.assertFalse(os.path.exists(self.path("dns.elf.sig")))

    def test_without_the_public_key_it_signs_and_says_that_it_has_not_looked(self):
        os.rename(self.path("fleet.pub"), self.path("away.pub"))
        output = self.pilot("sign", "dns.elf", "--key", "fleet.sec")
        self.assertIn("not verified: there is no fleet.pub", output)
        self.assertTrue(self.signify_verifies("dns.elf", "dns.elf.sig", "away.pub"))

    def test_sentences_say_what_to_do(self):
        for arguments, sentence in (
                ([], "sign wants a file and a secret key: pilot sign service.elf --key fleet.sec"),
                (["dns.elf"], "sign wants a file and a secret key"),
                (["dns.elf", "--key"], "not --key"),
                (["dns.elf", "b", "--key", "fleet.sec"], "one file, not dns.elf and b"),
                (["dns.elf", "--key", "fleet.pub"], "NAME.sec, not fleet.pub"),
                (["dns.elf", "--key", "none.sec"], "cannot read none.sec: .*pilot keygen"),
                (["none.elf", "--key", "fleet.sec"], "cannot read none.elf"),
                (["dns.elf", "--key", "fleet.sec", "--append", "-o", "x"], "one of them"),
                (["dns.elf", "--key", "fleet.sec", "-o", "no/such/folder"], "cannot write no/such/folder: No such file")):
            self.assertRegex(self.pilot("sign", *arguments, status=1), sentence)
        self.assertFalse(os.path.exists(self.path("dns.elf.sig")))

    def test_a_missing_signify_is_named_with_its_package(self):
        environment = dict(self.environment(), PATH="/nonexistent")
        result = subprocess.run([self.pilot_path, "sign", "dns.elf", "--key", "fleet.sec"], cwd=self.folder,
                                text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                                env=environment, timeout=30)
        self.assertEqual((result.returncode, result.stderr),
                         (1, "pilot: there is no signify-openbsd on this machine; the package "
                             "signify-openbsd has it\n"))


class TestInfo(SignCase):
    def setUp(self):
        super().setUp()
        self.number = self.keygen()[0].hex()
        self.write("dns.elf", sample_elf())

    def info(self, *arguments):
        result = subprocess.run([self.pilot_path, "info", *arguments], cwd=self.folder, text=True, check=False,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30,
                                env=self.environment())
        return result.returncode, result.stdout

    def test_it_says_whether_and_by_whom_a_file_is_signed(self):
        self.assertIn("\nsigned       no\n", self.info("dns.elf")[1])
        self.pilot("sign", "dns.elf", "--key", "fleet.sec")
        status, output = self.info("dns.elf")
        self.assertEqual(status, 0, output)
        self.assertIn(f"\nsigned       by key {self.number}, in dns.elf.sig\n", output)
        with_it = re.search(r"\nwith it      sha256 (\w+), in the loader's log\n", output)[1]
        self.assertNotIn("verified", output)
        self.pilot("sign", "dns.elf", "--append", "--key", "fleet.sec")
        output = self.info("dns.elf")[1]
        self.assertIn(f"\nsigned       by key {self.number}, at its end\n", output)
        self.assertRegex(output, rf"\nsha256       {with_it} ")
        self.assertNotIn("with it", output)

    def test_with_a_key_it_says_what_a_loader_with_that_key_would(self):
        self.keygen("other")
        status, output = self.info("dns.elf", "--key", "fleet.pub")
        self.assertEqual(status, 1)
        self.assertIn("refused      it is not signed, and this loader starts only what is", output)
        self.pilot("sign", "dns.elf", "--key", "fleet.sec")
        status, output = self.info("dns.elf", "--key", "other.pub", "--key", "fleet.pub")
        self.assertEqual(status, 0, output)
        self.assertIn("\nverified     yes\n", output)
        self.assertTrue(output.endswith("accepted\n"))
        status, output = self.info("dns.elf", "--key", "other.pub")
        self.assertEqual(status, 1)
        self.assertIn(f"signed by key {self.number}, which this loader does not have", output)
        self.write("dns.elf", sample_elf()[:-1] + b"!")
        status, output = self.info("dns.elf", "--key", "fleet.pub")
        self.assertEqual(status, 1)
        self.assertIn(f"altered or damaged: the signature by key {self.number} does not fit", output)
        self.assertNotIn("service ", output, "nothing of the file is read")

    def test_a_sig_that_is_no_signature_is_named(self):
        self.write("dns.elf.sig", "hello\n")
        status, output = self.info("dns.elf")
        self.assertEqual(status, 1)
        self.assertRegex(output, r"pilot: dns.elf.sig: not a signature of signify: .*; remove it, or sign")


class TestKey(SignCase):
    def image(self, *, tables=1, at=0x1000, length=0x3000):
        """As much like a loader as the command looks at."""
        content = bytearray(os.urandom(length))
        empty = bytes(4 + 4 * KEY_BYTES)
        for i in range(tables):
            content[at + 256 * i:at + 256 * i + 176] = b"PLkeys1\0" + struct.pack("<I", crc32c(empty)) + empty
        # At another place than a multiple of 8 it is something else.
        content[0x2003:0x200b] = b"PLkeys1\0"
        return self.write("loader.img", bytes(content))

    def table(self, name="loader.img"):
        """[(number, key)] of the one table, after checking it."""
        content = read(self.path(name))
        found = [at for at in range(0, len(content) - 176, 8) if content[at:at + 8] == b"PLkeys1\0"]
        self.assertEqual(len(found), 1)
        table = content[found[0]:found[0] + 176]
        _, crc, count = TABLE.unpack_from(table)
        self.assertEqual(crc, crc32c(table[12:]))
        keys = [table[16 + KEY_BYTES * i:16 + KEY_BYTES * (i + 1)] for i in range(4)]
        self.assertEqual(b"".join(keys[count:]), bytes((4 - count) * KEY_BYTES))
        return [(key[:8], key[8:]) for key in keys[:count]]

    def test_keys_are_added_listed_and_removed(self):
        before = read(self.image())
        keys = [self.keygen(name) for name in "abc"]
        self.assertEqual(self.pilot("key", "loader.img"), "loader.img: no keys; starts unsigned images\n")
        self.pilot("key", "loader.img", "--add", "a.pub", "--add", "b.pub")
        self.assertEqual(self.table(), keys[:2])
        self.assertEqual(self.pilot("key", "loader.img"),
                         "".join(f"loader.img: key {number.hex()}\n" for number, _ in keys[:2]))
        # As a rotation ends: the new one in, the old one out.
        self.pilot("key", "loader.img", "--add", "c.pub", "--remove", keys[0][0].hex())
        self.assertEqual(self.table(), keys[1:])
        self.pilot("key", "loader.img", "--remove", keys[2][0].hex(), "--remove", keys[1][0].hex().upper())
        self.assertEqual(read(self.path("loader.img")), before, "nothing else has changed")

    def test_what_cannot_be_done_changes_nothing(self):
        self.image()
        number = self.keygen("a")[0].hex()
        for name in "bcde":
            self.keygen(name)
        self.write("text", "hello\n")
        self.pilot("key", "loader.img", *(word for name in "abcd" for word in ("--add", name + ".pub")))
        before = read(self.path("loader.img"))
        for arguments, sentence in (
                (["--add", "a.pub"], "a.pub: a key with its number is there already"),
                (["--add", "e.pub"], "e.pub: there are 4 keys, and no room for more"),
                (["--remove", number, "--add", "text"], "text: not a public key of signify"),
                (["--remove", number, "--remove", number], f"loader.img has no key {number}; pilot key"),
                (["--remove"], "--remove wants a key's number"),
                (["--add"], "--add wants a public key"),
                (["--frob"], "not --frob"),
                (["second"], "one loader, not loader.img and second")):
            self.assertIn(sentence, self.pilot("key", "loader.img", *arguments, status=1))
            self.assertEqual(read(self.path("loader.img")), before)
        self.assertIn("key wants a loader's image", self.pilot("key", status=1))

    def test_a_file_that_is_no_loader_is_said_to_be_none(self):
        for tables, sentence in (0, "has no table of keys"), (2, "has two tables of keys"):
            self.image(tables=tables)
            self.assertIn(f"loader.img {sentence}: not an image", self.pilot("key", "loader.img", status=1))
        self.write("loader.img", b"PLkeys1\0" * 3)
        self.assertIn("has no table of keys", self.pilot("key", "loader.img", status=1))
        content = bytearray(read(self.image()))
        content[0x1000 + 100] ^= 4
        self.write("loader.img", bytes(content))
        self.assertIn("its table of keys is damaged; build the loader anew",
                      self.pilot("key", "loader.img", status=1))


class TestLoaderImage(SignCase):
    """The loader as it was built here."""
    table = TestKey.table

    def setUp(self):
        super().setUp()
        built = os.path.join(pilot_case.ROOT, "build", "kernel8.img")
        self.assertTrue(os.path.exists(built), "make builds the loader")
        self.loader = read(built)
        self.write("kernel8.img", self.loader)

    def test_its_table_is_found_filled_in_and_emptied_again(self):
        numbers = [number.hex() for number, _ in self.table("kernel8.img")]
        for number in numbers: # of one that was built with KEYS
            self.pilot("key", "kernel8.img", "--remove", number)
        empty = read(self.path("kernel8.img"))
        keys = [self.keygen(name) for name in "abcd"]
        self.pilot("key", "kernel8.img", *(word for name in "abcd" for word in ("--add", name + ".pub")))
        self.assertEqual(self.table("kernel8.img"), keys)
        filled = read(self.path("kernel8.img"))
        changed = [i for i, (a, b) in enumerate(zip(empty, filled)) if a != b]
        self.assertLess(changed[-1] - changed[0], 168)
        for number, _ in keys:
            self.pilot("key", "kernel8.img", "--remove", number.hex())
        self.assertEqual(read(self.path("kernel8.img")), empty)

    def test_the_build_with_keys_makes_the_image_that_pilot_key_makes(self):
        """Only the step from loader.elf to the image, in a folder of its own."""
        self.keygen("a")
        self.keygen("b")
        for name in self.table("kernel8.img"):
            self.pilot("key", "kernel8.img", "--remove", name[0].hex())
        self.pilot("key", "kernel8.img", "--add", "a.pub", "--add", "b.pub")
        recipe = subprocess.run(["make", "-n", "-C", pilot_case.ROOT, "-o", "build/loader.elf", "-o", "build/pilot",
                                 "build/kernel8.img", f"KEYS={self.path('a.pub')} {self.path('b.pub')}"],
                                text=True, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                env={name: value for name, value in os.environ.items()
                                     if not name.startswith("MAKE")}, timeout=60).stdout
        keys = f"--add {self.path('a.pub')} --add {self.path('b.pub')}"
        self.assertIn(f"build/pilot key build/kernel8.img.new {keys}\nmv build/kernel8.img.new build/kernel8.img\n",
                      recipe)
        built = self.path("built.img")
        subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", "-R", ".dynamic",
                        os.path.join(pilot_case.ROOT, "build", "loader.elf"), built], check=True)
        self.pilot("key", "built.img", "--add", "a.pub", "--add", "b.pub")
        self.assertEqual(read(built), read(self.path("kernel8.img")))


if __name__ == "__main__":
    unittest.main()
