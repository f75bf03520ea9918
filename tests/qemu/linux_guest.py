"""linux_guest: Debian's Linux, started by QEMU itself and ready for what a test types.

It is the witness for models of the board's devices, and the measure for our figures: its
drivers are Debian's, unchanged. On the terminal, which is the mini UART, stands the shell
of linux_image's init; the kernel's own lines are kept back and asked for (dmesg).

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import re

import linux_image
from machine import DEADLINE_S, Machine
from terminal import Terminal

START_S = 60            # to the shell; 3 s when alone
INTERFACE_S = 90        # of which the shell itself waits 20 s, and then fails


class LinuxShell:
    """Of an init of linux_image's that has come to its prompt, on a Terminal."""

    def __init__(self, terminal):
        self.terminal, self.asked = terminal, 0

    def ask(self, command, timeout_s=DEADLINE_S):
        """What the shell says to a command that has to succeed: lines."""
        lines, status = self.try_to(command, timeout_s)
        if status != 0:
            raise AssertionError(f"Linux: {command}: status {status}: " + " / ".join(lines[-12:])
                                 + "; the kernel: " + " / ".join(self.kernel_log()[-12:]))
        return lines

    def try_to(self, command, timeout_s=DEADLINE_S):
        """(lines, status)."""
        # Quoted, so that what the terminal echoes is neither mark; numbered, so that neither is that
        # of a command that was given up. A program's last line may lack its end.
        self.asked += 1
        mark = f'"-{self.asked}"'
        self.terminal.type(f"echo begins{mark}; {command}; status=$?; echo; echo ends{mark}=$status")
        match = self.terminal.wait_for(rf"begins-{self.asked}\n((?:.*\n)*?)ends-{self.asked}=(\d+)\n",
                                       timeout_s)
        return match[1].removesuffix("\n").splitlines(), int(match[2])

    def kernel_log(self):
        return self.try_to("dmesg | tail -n 60")[0]

    # ---- its network ----

    def find_interface(self):
        """The name of the Ethernet interface, which the drivers make in their own time."""
        self.ask("for i in $(seq 1000); do ls -d /sys/class/net/[!l]* 2>/dev/null && break; usleep 20000; done",
                 INTERFACE_S)
        found = self.ask("cd /sys/class/net; ls -d [!l]*")
        if len(found) != 1:
            raise AssertionError(f"Linux has the interfaces {found}, not one")
        return found[0]

    def get_lease(self, interface):
        """The address, by DHCP."""
        self.ask(f"ip link set {interface} up && udhcpc -i {interface} -n -q -f -t 15 -T 1 -s /bin/lease")
        lines = self.ask(f"ip -4 -o address show dev {interface}")
        return re.search(r"inet (\d+\.\d+\.\d+\.\d+)/", "\n".join(lines))[1]


class LinuxGuest(LinuxShell):
    """A Machine with Linux and its Terminal."""

    def __init__(self, folder, *, board="3-b", programs=None, arguments="", options=(), descriptors=(),
                 **machine_options):
        """board: whose device tree. programs: {name in /bin: bytes}. The rest is a Machine's."""
        image, archive = (os.path.join(folder, name) for name in ("Image", "initrd.img"))
        with open(image, "wb") as out:
            out.write(linux_image.kernel())
        with open(archive, "wb") as out:
            out.write(linux_image.initramfs(linux_image.NETWORK_MODULES, programs))
        super().__init__(Terminal())
        self.machine = Machine(
            kernel=image, arguments=f"console={linux_image.CONSOLE} loglevel=1 panic=-1 ipv6.disable=1 {arguments}",
            options=["-dtb", linux_image.device_tree(board), "-initrd", archive, *self.terminal.options, *options],
            **machine_options)
        for descriptor in (self.terminal.theirs, *descriptors):
            self.machine.pass_descriptor(descriptor)

    def __enter__(self):
        self.terminal.__enter__()
        try:
            self.machine.__enter__()
            try:
                self.terminal.wait_for(linux_image.PROMPT, START_S)
            except BaseException:
                self.machine.__exit__()
                raise
        except BaseException:
            self.terminal.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.machine.__exit__()
        self.terminal.__exit__()
