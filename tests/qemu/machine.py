"""machine: QEMU's raspi3b for the tests.

A Machine is one QEMU: started on entering its context, ended by its process id on
leaving it. Its serial log arrives in a list of lines; wait_for() waits for one of them
with a deadline and, when it does not come, raises with the log's end.

SPDX-License-Identifier: BSD-2-Clause
"""
import json
import os
import re
import select
import socket
import subprocess
import tempfile
import threading
import time

from usb_chip import CHIPS, UsbChip

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")

# How long the machine may take for one thing. Ten times what it takes when alone: a
# test says what must happen, bench says how fast.
DEADLINE_S = 20

# Function select of pins 48 to 53: their function 0 leads the card to SDHOST.
GPIO_CARD_TO_SDHOST = ((0x3F200010, 0x24000000), (0x3F200014, 0x00000924))


def built(name):
    path = os.path.join(BUILD, name)
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path} is not built; make all")
    return path


class Silence(AssertionError):
    """A line did not come in time."""


class Machine:
    def __init__(self, *, network=None, port1=True, arguments="", card=None, card_on_sdhost=False,
                 stopped=False, options=(), kernel=None, memory_access=False, adapter="usb-net",
                 chip_options=None):
        """network: an argument of -netdev with id=net, or None for no adapter at all.
        memory_access: read_word() and write_word() can be used.
        adapter: what is on the USB: QEMU's usb-net, or the model of one of the board's own chips,
        "lan9514" or "lan7515", which is self.chip then; chip_options: see UsbChip."""
        self.lines, self.process = [], None
        self.changed = threading.Condition()
        self.ended = False
        self.complaints = ""        # what QEMU wrote to its standard error
        self.pass_fds, self.controls = [], []
        self.command = [
            "qemu-system-aarch64", "-M", "raspi3b", "-accel", "tcg,thread=single", "-display", "none",
            "-monitor", "none", "-serial", "stdio", "-kernel", kernel or built("kernel8.img"),
            "-dtb", built("raspi3b.dtb")]
        if arguments:
            self.command += ["-append", arguments]
        self.chip = None
        if network and adapter in CHIPS:
            self.chip = UsbChip(adapter, network, build=built("usb_chip"),
                                on_complaint=self.chip_complained, **(chip_options or {}))
            self.pass_descriptor(self.chip.qemus)
            self.command += self.chip.qemu_options
        elif network:
            if adapter != "usb-net":
                raise ValueError(f"there is no adapter {adapter}")
            self.command += ["-netdev", network, "-device",
                             "usb-net,netdev=net" + (",port=1" if port1 else "")]
        if card:
            self.command += ["-drive", f"if=sd,format=raw,file={card}"]
        self.card_on_sdhost, self.stopped = card_on_sdhost, stopped
        memory_access = memory_access or card_on_sdhost
        self.qtest = self.add_socket("qtest") if memory_access else None
        self.qmp = self.add_socket("qmp")
        self.command += ["-mon", "chardev=qmp,mode=control"]
        if memory_access:
            self.command += ["-object", "qtest,id=qtest0,chardev=qtest,log=/dev/null"]
        if card_on_sdhost or stopped:
            self.command += ["-S"]
        self.command += list(options)

    def add_socket(self, name):
        ours, theirs = socket.socketpair()
        self.pass_fds.append(theirs)
        self.command += ["-chardev", f"socket,id={name},fd={theirs.fileno()}"]
        self.controls += [ours.makefile("rw", encoding="utf-8"), ours]
        return self.controls[-2]

    def pass_descriptor(self, theirs):
        """Has QEMU inherit a socket under its own number."""
        self.pass_fds.append(theirs)

    def __enter__(self):
        self.errors = tempfile.TemporaryFile()
        try:
            if self.chip:
                self.chip.__enter__()
            self.start()
        except BaseException as error:
            self.end()
            if self.chip:
                self.chip.check()       # which is then the cause
            if isinstance(error, (ValueError, OSError)):
                raise AssertionError(f"QEMU did not start: {error}: {self.standard_error()}") from error
            raise
        return self

    def __exit__(self, *_):
        self.end()
        if self.chip:
            self.chip.check()

    def start(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors,
            pass_fds=[end.fileno() for end in self.pass_fds])
        for end in self.pass_fds:
            end.close()
        self.reader = threading.Thread(target=self.read_serial, daemon=True)
        self.reader.start()
        json.loads(self.qmp.readline())
        self.tell("qmp_capabilities")
        if self.card_on_sdhost:
            self.move_card()
            if not self.stopped:
                self.tell("cont")

    def end(self):
        """QEMU, and only then the chip."""
        try:
            self.end_qemu()
        finally:
            if self.chip and self.chip.process:
                self.chip.__exit__()

    def end_qemu(self):
        if self.process:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
            self.reader.join()
            self.process.stdout.close()
        self.standard_error()
        self.errors.close()
        for control in (*self.controls, *self.pass_fds):
            try:
                control.close()
            except OSError:
                pass        # what was left to say to a QEMU that has ended

    def chip_complained(self):
        with self.changed:
            self.changed.notify_all()

    def standard_error(self):
        if not self.errors.closed:
            self.errors.seek(0)
            self.complaints = self.errors.read().decode("utf-8", "replace").strip()
        return self.complaints

    def read_serial(self):
        rest = b""
        while True:
            part = os.read(self.process.stdout.fileno(), 65536)
            *lines, rest = (rest + part).split(b"\n")
            with self.changed:
                self.lines += [line.decode("utf-8", "replace").rstrip("\r") for line in lines]
                if not part:
                    self.lines += [rest.decode("utf-8", "replace")] if rest else []
                    self.ended = True
                self.changed.notify_all()
            if not part:
                return

    # ---- the log ----

    def wait_for(self, pattern, timeout_s=DEADLINE_S, since=0):
        """The first line from number since on that pattern is found in, as its match; the
        line's own number is match.number."""
        deadline = time.monotonic() + timeout_s
        position = since
        with self.changed:
            while True:
                while position < len(self.lines):
                    match = re.search(pattern, self.lines[position])
                    position += 1
                    if match:
                        return Found(match, position - 1)
                if self.chip:
                    self.chip.check()
                left = deadline - time.monotonic()
                if self.ended or left <= 0:
                    why = "QEMU ended" if self.ended else f"after {timeout_s} s"
                    raise Silence(f"{why} no line with {pattern!r}; the log ends: "
                                  + " / ".join(self.lines[-12:]) + " " + self.standard_error())
                self.changed.wait(left)

    def has_line(self, pattern, since=0):
        with self.changed:
            return any(re.search(pattern, line) for line in self.lines[since:])

    def log(self):
        with self.changed:
            return "\n".join(self.lines)

    def wait_for_end(self, timeout_s=DEADLINE_S):
        """Waits until QEMU ends by itself; returns its exit status."""
        return self.process.wait(timeout_s)

    # ---- QEMU's controls ----

    def tell(self, command, **arguments):
        json.dump({"execute": command, "arguments": arguments}, self.qmp)
        self.qmp.write("\n")
        self.qmp.flush()
        while True:
            answer = json.loads(self.qmp.readline())
            if "error" in answer:
                raise AssertionError(f"QEMU refuses {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def set_link(self, up):
        if self.chip:
            self.chip.set_link(up)
            return
        self.tell("set_link", name="net", up=up)

    def ask_qtest(self, command):
        self.qtest.write(command + "\n")
        self.qtest.flush()
        answer = self.qtest.readline()
        if not answer.startswith("OK"):
            raise AssertionError(f"QEMU's qtest answers {answer!r} to {command}")
        return answer[len("OK"):].strip()

    def read_word(self, address):
        """32 bits of RAM or of a device, past every map of the processors."""
        return int(self.ask_qtest(f"readl {address:#x}"), 0)

    def write_word(self, address, value):
        self.ask_qtest(f"writel {address:#x} {value:#x}")

    def move_card(self):
        """Before the first instruction: the card as U-Boot leaves it."""
        for address, value in GPIO_CARD_TO_SDHOST:
            self.write_word(address, value)


class Found:
    """A line of the log that was waited for."""

    def __init__(self, match, number):
        self.match, self.number = match, number
        self.after = number + 1     # where a later wait may begin

    def __getitem__(self, group):
        return self.match[group]


def wait_until(condition, what, timeout_s=DEADLINE_S):
    """For what has no event to wait on: another program's socket or file."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise Silence(f"after {timeout_s} s: {what}")
        select.select([], [], [], 0.01)


def make_card(folder, files):
    """A card image as `pilot run --sd` makes it: files is {name: bytes}."""
    image = os.path.join(folder, "card.img")
    size, first = 64 << 20, 2048
    table = bytearray(512)
    table[446:462] = b"\0\xfe\xff\xff\x0c\xfe\xff\xff" + first.to_bytes(4, "little") + (
        size // 512 - first).to_bytes(4, "little")
    table[510:512] = b"\x55\xaa"
    with open(image, "wb") as out:
        out.write(table)
        out.truncate(size)
    where = f"{image}@@{first * 512}"
    subprocess.run(["mformat", "-i", where, "-F", "-c", "1", "-h", "255", "-s", "63", "-T",
                    str(size // 512 - first), "::"], check=True, timeout=30)
    for name, content in files.items():
        subprocess.run(["mcopy", "-i", where, "-", f"::{name}"], input=content, check=True, timeout=30)
    return image
