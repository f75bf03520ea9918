"""pilot sign: what becomes of files, links and folders, and when a file cannot be written.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import resource
import signal
import stat
import subprocess

from test_pilot_sign import FileCase, read


class TestSignedFiles(FileCase):
    def test_what_is_beside_the_file_stays_and_a_link_leads_where_it_led(self):
        self.write("dns.elf.new", "precious")
        os.symlink("dns.elf", self.path("link"))
        before = sorted(os.listdir(self.folder))
        self.pilot("sign", "link", "--append", "--key", "fleet.sec")
        self.check_footer("dns.elf")
        self.assertTrue(os.path.islink(self.path("link")))
        self.assertEqual(read(self.path("dns.elf.new")), b"precious")
        self.assertEqual(sorted(set(os.listdir(self.folder)) - {"check", "check.sig"}), before)

    def test_what_is_no_file_is_not_replaced(self):
        os.mkfifo(self.path("pipe"))
        os.mkdir(self.path("folder"))
        for name in "pipe", "folder":
            self.assertIn(f"{name} is not a regular file",
                          self.pilot("sign", "dns.elf", "--key", "fleet.sec", "-o", name, status=1))
        self.assertTrue(stat.S_ISFIFO(os.stat(self.path("pipe")).st_mode))

    def test_a_folder_is_not_taken_for_the_service_of_its_name(self):
        self.project()
        self.write("build/dns.elf", self.content)
        os.mkdir(self.path("dns"))
        self.pilot("sign", "dns", "--key", "fleet.sec")
        self.assertTrue(self.signify_verifies("build/dns.elf", "build/dns.elf.sig"))

    def test_a_file_that_cannot_be_written_whole_stays_as_it_was(self):
        def small():
            resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        result = subprocess.run([self.pilot_path, "sign", "dns.elf", "--append", "--key", "fleet.sec"],
                                cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                check=False, env=self.environment(), timeout=30, preexec_fn=small)
        self.assertEqual((result.returncode, result.stderr),
                         (1, "pilot: cannot write dns.elf: File too large\n"))
        self.assertEqual(read(self.path("dns.elf")), self.content)
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("dns")], ["dns.elf"])
