#!/usr/bin/env python3
"""check_headers: every header compiles alone, and twice.

Headers of the target with the cross compiler and the target's C library, those of
tests/ and host/ with the host's. The include paths are wide: which layer may include
what is check_layers.py's business.

SPDX-License-Identifier: BSD-2-Clause
"""
import glob
import os
import subprocess
import sys
import tempfile

import lint

FLAGS = ["-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE",
         '-DPILOTLIGHT_VERSION="0"', "-x", "c", "-"]
# What libsodium's own headers want to know: SODIUM_FLAGS of the Makefile.
FLAGS += ["-DCONFIGURED=1", "-DNATIVE_LITTLE_ENDIAN=1", "-DHAVE_TI_MODE=1"]
TARGET = ["aarch64-linux-gnu-gcc", "-mcpu=cortex-a53", "--specs=picolibc.specs"]
HOST = ["gcc"]
OURS = ["include", "lib", "drivers", "net", "kernel", "loader", "board/aarch64", "board/rpi3",
        "net/lwip", "loader/fatfs", "loader/sodium", "host", "tests", "tests/sim", "tests/devices"]
THIRD_PARTY = ["lwip/src/include", "dtc/libfdt", "fatfs", "sodium/src/libsodium/include",
               "sodium/src/libsodium/include/sodium"]
# Not ours to shape: lwIP, FatFs and libsodium include them at places of their own.
PARTS = ("net/lwip/", "loader/fatfs/", "loader/sodium/")


def compile_alone(root, path):
    compiler = HOST if path.startswith(("tests/", "host/")) else TARGET
    folders = [f"-I{os.path.dirname(path)}"] + [f"-I{folder}" for folder in OURS]
    folders += [f"-I{payload}" for payload in sorted(glob.glob("payloads/*", root_dir=root))]
    for folder in THIRD_PARTY:
        folders += ["-isystem", os.path.join(lint.ROOT, "build/deps", folder)]
    result = subprocess.run(compiler + folders + FLAGS, cwd=root, text=True,
                            input=f'#include "{path}"\n#include "{path}"\n',
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode == 0:
        return []
    lines = [line for line in result.stdout.splitlines() if "error:" in line] or [result.stdout]
    return [f"{path}: does not compile alone: {lines[0]}"]


def check_folder(root, paths):
    complaints = []
    for path in paths:
        complaints += compile_alone(root, path)
    return complaints


def check(tree):
    """Of a tree in memory: written out first, since compilers read files."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in tree.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as out:
                out.write(text)
        return check_folder(root, [path for path in tree if not path.startswith(PARTS)])


CLEAN = {"lib/a.h": "#ifndef A_H\n#define A_H\n#include <stdint.h>\nstruct a { uint8_t b; };\n#endif\n",
         "net/n.h": '#ifndef N_H\n#define N_H\n#include "a.h"\nint f(struct a *);\n#endif\n'}
VIOLATIONS = {
    "a type it does not include": (
        {"lib/b.h": "#ifndef B_H\n#define B_H\nuint8_t b(void);\n#endif\n"}, "lib/b.h: does not compile"),
    "a definition without guard": ({"lib/b.h": "struct b { int c; };\n"}, "lib/b.h: does not compile"),
    "a header of the tests": ({"tests/b.h": "size_t b;\n"}, "tests/b.h: does not compile"),
}

if __name__ == "__main__":
    sys.exit(lint.main(check, lambda: lint.read_tree(".h"), VIOLATIONS, CLEAN))
