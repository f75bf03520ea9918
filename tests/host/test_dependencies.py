"""host/dependencies.sh: what it takes from the folder PILOTLIGHT_DEPS names, what it asks of apt,
and what it says of what it cannot take. apt is a script here, and nothing is downloaded.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

LINES = """# the machine's
deb [signed-by=/k.gpg] http://archive.example.org/debian stable main contrib
deb http://archive.example.org/security stable-security main
deb-src http://archive.example.org/debian stable main
deb http://others.example.org/x ./
"""
STANZAS = """Types: deb
URIs: http://archive.example.org/debian
Suites: stable
Components: contrib main
Signed-By: /k.gpg
"""


class TestDependencies(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pilotlight-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.own, self.programs = os.path.join(self.folder, "own files"), os.path.join(self.folder, "bin")
        os.mkdir(self.own)
        os.mkdir(self.programs)
        self.make_program("apt-get", "echo 'no network' >&2; exit 100")

    def make_program(self, name, script):
        """A program that is found before the system's."""
        path = os.path.join(self.programs, name)
        with open(path, "w", encoding="ascii") as out:
            out.write(f"#!/bin/sh\n{script}\n")
        os.chmod(path, 0o755)

    def make_package(self, name, version, files):
        """A Debian package with those files; returns its path."""
        tree = os.path.join(self.folder, f"tree-{name}-{version}")
        files = {**files, "DEBIAN/control": f"Package: {name}\nVersion: {version}\nArchitecture: all\n"
                                            "Maintainer: nobody <nobody@example.org>\nDescription: none\n"}
        for path, content in files.items():
            os.makedirs(os.path.dirname(os.path.join(tree, path)), exist_ok=True)
            with open(os.path.join(tree, path), "w", encoding="ascii") as out:
                out.write(content)
        package = os.path.join(self.own, f"{name}_{version}_all.deb")
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, package], check=True,
                       stdout=subprocess.DEVNULL, timeout=30)
        return package

    def run_script(self, what):
        environment = dict(os.environ, PILOTLIGHT_DEPS=self.own,
                           PATH=self.programs + ":" + os.environ["PATH"])
        return subprocess.run([os.path.join(ROOT, "host/dependencies.sh"), what,
                               os.path.join(self.folder, "into")], env=environment, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def path(self, *names):
        return os.path.join(self.folder, "into", *names)

    def refuses(self, pattern):
        result = self.run_script("firmware")
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertRegex(result.stderr, r"\Adependencies: " + pattern)
        self.assertFalse(os.path.exists(self.path(".complete")))

    def test_the_firmware_comes_from_the_folder(self):
        self.make_package("raspi-firmware", "1", {
            "usr/lib/raspi-firmware/bootcode.bin": "code", "usr/share/doc/raspi-firmware/copyright": "terms",
            "etc/kernel/postinst.d/script": "not wanted"})
        result = self.run_script("firmware")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        with open(self.path("raspi-firmware/usr/lib/raspi-firmware/bootcode.bin"), encoding="ascii") as file:
            self.assertEqual(file.read(), "code")
        self.assertFalse(os.path.exists(self.path("raspi-firmware/etc")))
        self.assertTrue(os.path.exists(self.path(".complete")))

    def test_two_versions_in_the_folder_are_one_too_many(self):
        for version in ("1", "2"):
            self.make_package("raspi-firmware", version, {})
        self.refuses(r".*/own files holds more than one raspi-firmware_\*\.deb; leave one\n")

    def test_a_damaged_package_is_named(self):
        path = self.make_package("raspi-firmware", "1", {"usr/lib/raspi-firmware/bootcode.bin": "code"})
        os.truncate(path, os.path.getsize(path) - 40)
        self.refuses(r"cannot unpack .*/own files/raspi-firmware_1_all\.deb: .*; replace it\n")

    def test_a_package_without_the_files_is_named(self):
        self.make_package("raspi-firmware", "1", {"usr/share/doc/raspi-firmware/copyright": "terms"})
        self.refuses(r"cannot unpack .*raspi-firmware_1_all\.deb: .*usr/lib/raspi-firmware.*; replace it\n")

    def test_without_a_network_it_says_what_to_put_where(self):
        self.refuses(r"apt-get cannot fetch the lists of packages \(see .*/into/apt/update\.log\);\n"
                     r" +put raspi-firmware_\*\.deb into a folder and set PILOTLIGHT_DEPS to that folder\n\Z")
        with open(self.path("apt/update.log"), encoding="ascii") as log:
            self.assertEqual(log.read(), "no network\n")

    def test_apt_is_asked_with_the_machines_sources_and_the_firmwares_component(self):
        machines = os.path.join(self.folder, "machine")
        os.mkdir(machines)
        for name, text in {"a.list": LINES, "b.sources": STANZAS}.items():
            with open(os.path.join(machines, name), "w", encoding="ascii") as out:
                out.write(text)
        package = self.make_package("raspi-firmware", "1", {"usr/lib/raspi-firmware/bootcode.bin": "code",
                                                            "usr/share/doc/raspi-firmware/copyright": ""})
        archive = shutil.move(package, self.folder)
        self.make_program("apt-config", f"""echo 'list="{machines}/absent" parts="{machines}/"'""")
        self.make_program("apt-get", f'case "$*" in\n*download*) cp "{archive}" .;;\n*update*)\n'
                                     f'cp -r "${{APT_CONFIG%/*}}/sources.list.d" "{self.folder}/asked";;\nesac')
        result = self.run_script("firmware")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        asked = {}
        for name in ("a.list", "b.sources"):
            with open(os.path.join(self.folder, "asked", name), encoding="ascii") as file:
                asked[name] = file.read()
        self.assertEqual(asked, {
            "a.list": LINES.replace("main contrib", "non-free-firmware").replace(
                "stable-security main", "stable-security non-free-firmware"),
            "b.sources": STANZAS.replace("contrib main", "non-free-firmware")})
        with open(self.path("apt/apt.conf"), encoding="ascii") as file:
            configuration = file.read()
        for setting in ("State::lists", "State::status", "Cache", "Etc::sourcelist", "Etc::sourceparts"):
            self.assertIn(f"Dir::{setting} ", configuration)
