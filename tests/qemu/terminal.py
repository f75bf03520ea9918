"""terminal: the far end of a serial line that a test reads and types on.

Given to a Machine's options it becomes its next serial line; the second is the mini UART,
where U-Boot and Linux have their consoles. It is read all the time: QEMU's machine stands
still while nobody takes what it sends.

SPDX-License-Identifier: BSD-2-Clause
"""
import codecs
import re
import socket
import threading
import time

from machine import DEADLINE_S, Silence


class Terminal:
    def __init__(self):
        self.ours, self.theirs = socket.socketpair()
        self.options = ["-chardev", f"socket,id=terminal,fd={self.theirs.fileno()}",
                        "-serial", "chardev:terminal"]
        self.text, self.position = "", 0    # what came, without CR; how far it was waited for
        self.changed, self.ended = threading.Condition(), False
        self.reader = threading.Thread(target=self.read, daemon=True)

    def __enter__(self):
        self.reader.start()
        return self

    def __exit__(self, *_):
        self.ours.shutdown(socket.SHUT_RDWR)
        self.reader.join()
        self.ours.close()
        self.theirs.close()

    def read(self):
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while not self.ended:
            try:
                part = self.ours.recv(65536)
            except ConnectionResetError:
                part = b""      # QEMU ended with something typed still unread
            with self.changed:
                self.text += decoder.decode(part).replace("\r", "")
                self.ended = not part
                self.changed.notify_all()

    def wait_for(self, pattern, timeout_s=DEADLINE_S):
        """What fits the pattern next, as its match; ^ is any line's beginning. The line may still
        be growing: a pattern that is to see all of it ends in a \\n."""
        deadline = time.monotonic() + timeout_s
        with self.changed:
            while True:
                match = re.compile(pattern, re.M).search(self.text, self.position)
                if match:
                    self.position = match.end()
                    return match
                left = deadline - time.monotonic()
                if self.ended or left <= 0:
                    why = "QEMU ended" if self.ended else f"after {timeout_s} s"
                    raise Silence(f"{why} no {pattern!r} on the terminal; it ends: {self.end()}")
                self.changed.wait(left)

    def end(self):
        return " / ".join(self.text.splitlines()[-12:])

    def type(self, line):
        self.ours.sendall(line.encode() + b"\r")
