#!/usr/bin/env python3
"""check_layers: who may include what.

The table is the architecture (docs/architecture.md); this holds every #include line
against it. A header is known by the folder it lies in; headers of third parties by
their own names.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import re
import sys

import lint

# layer: (layers it may include from, third-party headers it may include)
LAYERS = {
    "include": ({"include"}, set()),
    "lib": ({"include", "lib"}, set()),
    "drivers": ({"include", "lib", "drivers"}, set()),
    "board/aarch64": ({"include", "lib", "board/aarch64"}, set()),
    "board/rpi3": ({"include", "lib", "drivers", "board/aarch64", "board/rpi3"}, {"libfdt"}),
    "net": ({"include", "lib", "net"}, {"lwip"}),
    "kernel": ({"include", "lib", "net", "kernel"}, set()),
    "loader": ({"include", "lib", "net", "loader"}, {"libfdt", "fatfs", "sodium"}),
    "payloads": ({"payloads"}, set()),
}
# What a service sees of include/.
SERVICE_HEADERS = {"service.h", "error.h", "image_note.h"}
# What tests a board looks below that, at the machine.
BELOW_SERVICE = {"payloads/self_test/": {"include", "lib", "drivers", "board/rpi3"}}

THIRD_PARTY = {
    "lwip": r"(lwip|netif|arch)/.*",
    "libfdt": r"(libfdt|fdt|libfdt_env)\.h",
    "fatfs": r"(ff|diskio|ffconf)\.h",
    "sodium": r"(sodium|crypto_\w+|sodium/.*|private/.*|utils|export|randombytes|core)\.h",
}

# Headers of the C library that a program without an operating system can have.
LIBC = set("""assert.h ctype.h errno.h float.h inttypes.h limits.h locale.h setjmp.h stdalign.h
    stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h stdnoreturn.h string.h
    strings.h time.h math.h sys/types.h sys/lock.h""".split())
# What picolibc has beyond that is for the files that put something beneath it.
LIBC_INSIDE = {"malloc.h", "unistd.h", "sys/stat.h", "picotls.h"}


def layer_of(path):
    for layer in sorted(LAYERS, key=len, reverse=True):
        if path.startswith(layer + "/"):
            return layer
    return None


def third_party_of(name):
    for part, pattern in THIRD_PARTY.items():
        if re.fullmatch(pattern, name):
            return part
    return None


def find_header(name, path, headers):
    """The file an #include of ours means: beside the includer, else anywhere in a layer."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
    if beside in headers:
        return [beside]
    return [header for header in headers if header.endswith("/" + name) and layer_of(header)]


def judge(path, name, headers):
    """What is wrong with an #include of name in path, or None."""
    layer = layer_of(path)
    allowed, parties = LAYERS[layer]
    found = find_header(name, path, headers)
    if found:
        owners = {layer_of(header) for header in found}
        if layer == "payloads":
            service = path.split("/")[1]
            if name in SERVICE_HEADERS or any(header.startswith(f"payloads/{service}/")
                                              for header in found):
                return None
            if owners & BELOW_SERVICE.get(f"payloads/{service}/", set()):
                return None
            return f"a service may include only service.h and its own headers, not {name}"
        if not owners & allowed:
            return f"{layer}/ may not include {name} of {', '.join(sorted(map(str, owners)))}/"
        return None
    party = third_party_of(name)
    if party:
        return None if party in parties else f"{layer}/ may not include {name} of {party}"
    if name in LIBC or (name in LIBC_INSIDE and os.path.basename(path) == "libc.c"):
        return None
    return f"{name} is neither ours nor the C library's"


def check(tree):
    headers = {path for path in tree if path.endswith((".h", ".inc"))}
    complaints = []
    for path, text in tree.items():
        if layer_of(path) is None:
            continue
        for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^">]+)[">]',
                                 lint.without_comments(text), re.M):
            wrong = judge(path, match[1], headers)
            if wrong:
                complaints.append(f"{path}:{lint.line_of(text, match.start())}: {wrong}")
    return complaints


CLEAN = {
    "include/clock.h": "#include <stdint.h>\n", "include/service.h": '#include "error.h"\n',
    "include/error.h": "", "lib/ring.h": "", "net/net.h": '#include "clock.h"\n',
    "net/net.c": '#include "lwip/udp.h"\n#include "net.h"\n', "kernel/loop.h": "",
    "drivers/console_x.c": '#include "clock.h"\n// #include "net.h"\n',
    "payloads/dns/dns.h": "", "payloads/dns/main.c": '#include <service.h>\n#include "dns.h"\n',
    "payloads/self_test/clocks.c": '#include "clock.h"\n',
    "payloads/echo/echo.h": "", "board/rpi3/board.h": "", "loader/main.c": '#include "libfdt.h"\n',
    "board/rpi3/tree.c": '#include <libfdt.h>\n#include "board.h"\n',
    "tests/unit/test_x.c": '#include "net.h"\n#include <unistd.h>\n',
}
VIOLATIONS = {
    "a driver that knows the network": ({"drivers/a.c": '#include "net.h"\n'},
                                        "drivers/a.c:1: drivers/ may not include net.h"),
    "lwIP outside net": ({"kernel/udp.c": '\n# include "lwip/udp.h"\n'},
                         "kernel/udp.c:2: kernel/ may not include lwip/udp.h of lwip"),
    "the loader knowing the kernel": ({"loader/x.c": '#include "loop.h"\n'}, "may not include loop.h"),
    "the network knowing the board": ({"net/x.c": '#include "../board/rpi3/board.h"\n'},
                                      "may not include ../board/rpi3/board.h"),
    "a service with a seam": ({"payloads/dns/x.c": '#include "clock.h"\n'}, "only service.h"),
    "the board's test with the kernel": ({"payloads/self_test/x.c": '#include "loop.h"\n'},
                                         "only service.h"),
    "a service with another's header": ({"payloads/dns/x.c": '#include "echo.h"\n'}, "only service.h"),
    "an operating system's header": ({"lib/x.c": "#include <unistd.h>\n"}, "unistd.h is neither"),
    "libfdt in the kernel": ({"kernel/x.c": "#include <libfdt.h>\n"}, "libfdt.h of libfdt"),
}

if __name__ == "__main__":
    sys.exit(lint.main(check, lambda: lint.read_tree(".c", ".h", ".S", ".inc"), VIOLATIONS, CLEAN))
