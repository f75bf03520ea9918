"""usb_chip: one of the board's Ethernet chips as a device of QEMU's, by build/usb_chip.

    QEMU -device usb-redir <-> build/usb_chip (the model) <-> its cable

A UsbChip is one such process. It is started before QEMU and ended after it: QEMU aborts when a
device goes while a transfer is under way. A rule that the guest breaks is a complaint; check()
raises it as an AssertionError that names the rule, and Machine, which is the usual owner, does
so on leaving and in wait_for(). So is (usb-chip-ended) a process that ends before it is to, or
with another status than is due, or that writes anything to standard error.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import queue
import re
import socket
import subprocess
import tempfile
import threading

CHIPS = ("lan9514", "lan7515")
ANSWER_S = 20
COMPLAINED = 3                  # usb_chip's status after a complaint; sanitizers have 1
MAC = "b8:27:eb:95:14:01"       # in EEPROM or OTP, unless a test says otherwise
NEGOTIATION_MS = 100            # from plugged to link up; a real one takes 1 to 3 s


class UsbChip:
    def __init__(self, chip, network, *, build, on_complaint=None, **options):
        """network: an argument of -netdev: user,..., or dgram,... as Wire.netdev has it, or
        tap,fd=N. options: of usb_chip, with _ for -; fault={name: value}; off=(RULE, ...): not to
        be checked, as reception-left-on when the whole machine is reset or crashes; otp_only: the
        address is in the OTP and there is no EEPROM, as on a 3B+, and so with a LAN7515 unless a test
        says otherwise."""
        self.off = options.pop("off", ())
        otp_only = options.pop("otp_only", chip == "lan7515")
        options = {"mac": MAC, "negotiation_ms": NEGOTIATION_MS, **options}
        self.network, self.on_complaint = network, on_complaint
        self.complaint, self.complained = None, threading.Event()      # (rule, text)
        self.expects = None         # the rule a test has the guest break
        self.answers = queue.Queue()
        self.process, self.leaving, self.end = None, False, None    # the end of the process, in words
        self.qemus, self.chips_usb = socket.socketpair()
        self.control, self.chips_control = socket.socketpair()
        self.inherited = [int(number) for number in re.findall(r"(?:local\.str|fd)=(\d+)", network)]
        self.command = [build, "--chip", chip, "--usb", str(self.chips_usb.fileno()),
                        "--control", str(self.chips_control.fileno()), "--cable", network]
        if otp_only:
            self.command.append("--otp-only")
        for name, value in options.pop("fault", {}).items():
            self.command += ["--fault", f"{name.replace('_', '-')}={value}"]
        for name, value in options.items():
            self.command += [f"--{name.replace('_', '-')}", str(value)]

    @property
    def qemu_options(self):
        """QEMU must inherit the socket self.qemus."""
        return ["-chardev", f"socket,id=usbchip,fd={self.qemus.fileno()}",
                "-device", "usb-redir,chardev=usbchip,port=1"]

    def __enter__(self):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stderr=self.errors,
            pass_fds=[self.chips_usb.fileno(), self.chips_control.fileno(), *self.inherited])
        self.chips_usb.close()
        self.chips_control.close()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        try:
            for rule in self.off:
                self.rule(rule, False)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        """To be called when QEMU has ended. A second time does nothing."""
        if self.leaving:
            return
        self.leaving = True
        self.qemus.close()
        try:
            self.control.shutdown(socket.SHUT_WR)      # its signal to end
        except OSError:
            pass        # it has ended already
        self.reader.join()
        self.control.close()
        self.errors.close()

    def read(self):
        """What usb_chip says, up to its end."""
        try:
            for line in self.control.makefile("r", encoding="utf-8"):
                kind, _, rest = line.rstrip("\n").partition(" ")
                if kind == "complaint":
                    self.complain(*rest.split(" ", 1))
                else:
                    self.answers.put((kind, rest))
        except OSError:
            pass        # it has ended without reading what it was told
        self.take_end()
        self.answers.put(("error", "usb_chip has ended: " + self.end))

    def take_end(self):
        try:
            status = self.process.wait(ANSWER_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        errors = os.pread(self.errors.fileno(), 1 << 16, 0).decode("utf-8", "replace").strip()
        self.end = f"status {status}: {errors}"
        due = COMPLAINED if self.complaint else 0
        if not self.leaving or status != due or errors:
            self.complain("usb-chip-ended", self.end)

    def complain(self, rule, text):
        self.complaint = (rule, text)
        self.complained.set()
        if self.on_complaint:
            self.on_complaint()

    def check(self):
        """Raises if the guest has broken a rule of the chip's."""
        if self.complaint and self.complaint[0] != self.expects:
            raise AssertionError("the chip's model complains: {}: {}".format(*self.complaint))

    def wait_for_complaint(self, rule):
        """For a test of the rule itself: this complaint is no failure, its lack is. Returns its
        text. The model is deaf from then on."""
        self.expects = rule
        if not self.complained.wait(ANSWER_S):
            raise AssertionError(f"the chip's model does not complain about {rule}")
        self.check()
        return self.complaint[1]

    def tell(self, command):
        """A line of tests/devices/control.h; returns what the answer says after ok."""
        try:
            self.control.sendall(command.encode() + b"\n")
        except OSError:
            self.reader.join()      # it has ended: the reader knows why
        if self.end:
            raise AssertionError(f"usb_chip has ended, {self.end}, and cannot be told {command!r}")
        try:
            kind, rest = self.answers.get(timeout=ANSWER_S)
        except queue.Empty:
            raise AssertionError(f"usb_chip does not answer to {command!r} in {ANSWER_S} s") from None
        if kind != "ok":
            raise AssertionError(f"usb_chip answers {kind} {rest!r} to {command!r}")
        return rest

    def statistics(self):
        return {name: int(value) for name, value in
                (word.split("=") for word in self.tell("statistics").split())}

    def set_link(self, up):
        self.tell(f"link {'up' if up else 'down'}")

    def plug_in_again(self):
        """The port's edge for a system that waits for one. On a board a reset of the controller gives
        it (HPRT.CONNDET); QEMU gives it when a device is plugged in, and never again. The chip itself
        stays as it is."""
        self.tell("plug-in-again")

    def fault(self, name, value=1):
        """name: a member of struct chip_faults."""
        self.tell(f"fault {name.replace('_', '-')} {int(value)}")

    def left_and_met(self, name):
        """Of a fault that counts down: how often it is still to come, and how often it has."""
        return tuple(int(word) for word in self.tell(f"fault {name.replace('_', '-')}").split())

    def rule(self, name, on):
        self.tell(f"rule {name} {'on' if on else 'off'}")
