"""servers: the real DHCP and TFTP servers, each ended by its process id.

SPDX-License-Identifier: BSD-2-Clause
"""
import glob
import os
import signal
import subprocess

from machine import BUILD, wait_until
from wire import GUEST_FIRST, GUEST_LAST, HOST


def udp_port_is_open(port):
    with open("/proc/self/net/udp", encoding="ascii") as table:
        return any(line.split()[1].endswith(f":{port:04X}") for line in table.readlines()[1:])


class Server:
    """A server program; waits on entering until its port is open."""

    def __init__(self, folder, name, command, port):
        self.log_path = os.path.join(folder, name + ".log")
        self.name, self.command, self.port = name, command, port
        self.process = None

    def __enter__(self):
        with open(self.log_path, "ab") as log:
            # A session of its own, so that the children it forks end with it.
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, start_new_session=True)
        wait_until(lambda: udp_port_is_open(self.port) or self.process.poll() is not None,
                   f"{self.name} does not open UDP port {self.port}")
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended: {self.log()}")
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process = None
        wait_until(lambda: not udp_port_is_open(self.port), f"port {self.port} stays open")

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()


def dnsmasq(folder, *, file="dns.elf", tftp_root=None, extra=()):
    """DHCP, and TFTP as well if tftp_root is given."""
    command = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--no-ping",
               "--interface=tap0", "--bind-interfaces", "--user=root", "--log-dhcp", "--log-facility=-",
               f"--pid-file={folder}/dnsmasq.pid", f"--dhcp-leasefile={folder}/leases",
               f"--dhcp-range={GUEST_FIRST},{GUEST_LAST},1h", f"--dhcp-boot={file},,{HOST}"]
    if tftp_root:
        command += ["--enable-tftp", f"--tftp-root={tftp_root}"]
    return Server(folder, "dnsmasq", command + list(extra), 67)


def rsyslogd():
    """The program, and the folder of its libraries; with modules in rsyslog/ there."""
    unpacked = os.path.join(BUILD, "servers/rsyslog")
    modules = glob.glob(os.path.join(unpacked, "usr/lib/*/rsyslog"))
    return os.path.join(unpacked, "usr/sbin/rsyslogd"), os.path.dirname(modules[0])


def tftpd_hpa(folder, root, extra=()):
    program = os.path.join(BUILD, "servers/tftpd-hpa/usr/sbin/in.tftpd")
    return Server(folder, "tftpd-hpa", [program, "--foreground", "--listen", "--address", f"{HOST}:69",
                                        "--user", "root", "--secure", "-v", *extra, root], 69)


def atftpd(folder, root):
    program = os.path.join(BUILD, "servers/atftpd/usr/sbin/atftpd")
    return Server(folder, "atftpd", [program, "--daemon", "--no-fork", "--bind-address", HOST,
                                     "--port", "69", "--user", "root.root", "--verbose=6",
                                     "--logfile", os.path.join(folder, "atftpd.log"), root], 69)
