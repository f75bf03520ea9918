"""terminal: the far end of a serial line that a test reads and types on.

Given to a Machine's options it becomes its next serial line; the second is the mini UART,
where U-Boot and Linux have their consoles.

SPDX-License-Identifier: BSD-2-Clause
"""
import codecs
import re
import select
import socket
import time

from machine import DEADLINE_S, Silence


class Terminal:
    def __init__(self):
        self.ours, self.theirs = socket.socketpair()
        self.options = ["-chardev", f"socket,id=terminal,fd={self.theirs.fileno()}",
                        "-serial", "chardev:terminal"]
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.text, self.position = "", 0    # what came, without CR; how far it was waited for

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ours.close()

    def wait_for(self, pattern, timeout_s=DEADLINE_S):
        """What fits the pattern next, as its match; ^ is any line's beginning. The line may still
        be growing: a pattern that is to see all of it ends in a \\n."""
        deadline = time.monotonic() + timeout_s
        while True:
            match = re.compile(pattern, re.M).search(self.text, self.position)
            if match:
                self.position = match.end()
                return match
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.ours], [], [], left)[0]:
                raise Silence(f"after {timeout_s} s {self.lacks(pattern)}")
            part = self.ours.recv(65536)
            if not part:
                raise Silence(f"QEMU ended, {self.lacks(pattern)}")
            self.text += self.decoder.decode(part).replace("\r", "")

    def lacks(self, pattern):
        return f"no {pattern!r} on the terminal; it ends: " + " / ".join(self.text.splitlines()[-12:])

    def type(self, line):
        self.ours.sendall(line.encode() + b"\r")
