"""ethernet: the figures of the board's own Ethernet chips, on their models: ours beside U-Boot's
and Linux', each with its own driver on the same model in the same run.

The models answer as the chip would, but take no time for it; QEMU's controller asks an empty pipe
again every 250 us. So times say something only beside others from the same run, and
instructions of the guest are what carries over to a board.

SPDX-License-Identifier: BSD-2-Clause
"""
import contextlib
import os
import random
import statistics

from ethernet_linux import LARGE, SMALL, Counter, per_frame
from ethernet_linux import instructions as linux_instructions
from ethernet_linux import times as linux_times

import u_boot
from servers import atftpd, dnsmasq
from terminal import Terminal
from traffic import COUNT_PORT, ECHO_PORT, SEND_PORT, Traffic
from usb_chip import CHIPS
from wire import enter_namespace, open_tap

from cases import READY, free_udp_port
from machine import Machine, built, make_card

MEGABYTES = 8
TRANSFER_S = 120
ONE_WAY_US = 500        # each way: a round trip of a millisecond
LOAD_AT = "0x1000000"
BOARDS = {"lan9514": "3-b", "lan7515": "3-b-plus"}
# U-Boot's best: blocks that fill a frame (its own size), and the window that is fastest for it.
WINDOWS = (8, 16, 32, 64)


def user_network(folder, file, ports=()):
    forwards = "".join(f",hostfwd=udp:127.0.0.1:{ports[there]}-:{there}" for there in ports)
    return f"user,id=net,tftp={folder},bootfile={file}{forwards}"


# ---- TFTP ----

def our_transfer(network, **options):
    """Seconds for the file, by the loader's log."""
    with Machine(network=network, **options) as machine:
        found = machine.wait_for(r"hello\.elf: (\d+) bytes in (\d+) ms", TRANSFER_S)
        assert int(found[1]) == MEGABYTES << 20
        return int(found[2]) / 1000


def u_boots_transfer(folder, network, settings="", descriptors=(), **options):
    """Seconds for the same file, by U-Boot's own count."""
    card = make_card(folder, {u_boot.ENVIRONMENT: u_boot.environment(None, "autoload=no", "autostart=no")})
    with contextlib.ExitStack() as stack:
        terminal = stack.enter_context(Terminal())
        machine = Machine(kernel=built(u_boot.BINARY), card=card, network=network,
                          options=terminal.options, **options)
        for descriptor in (terminal.theirs, *descriptors):
            machine.pass_descriptor(descriptor)
        stack.enter_context(machine)
        terminal.wait_for(u_boot.PROMPT)
        for command in ("usb start", "dhcp"):
            terminal.type(command)
            terminal.wait_for(u_boot.PROMPT, 30)
        terminal.type(f"{settings}tftpboot {LOAD_AT} hello.elf")
        rate = terminal.wait_for(r"([0-9.]+) ([MKG])iB/s", TRANSFER_S)
        terminal.wait_for(rf"Bytes transferred = {MEGABYTES << 20} ")
        return MEGABYTES / (float(rate[1]) * {"K": 1 / 1024, "M": 1, "G": 1024}[rate[2]])


def offer(folder):
    with open(built("hello.elf"), "rb") as source:
        content = source.read()
    # Behind the ELF's own end nothing is looked at, but all of it is transferred and hashed.
    content += random.Random(1).randbytes((MEGABYTES << 20) - len(content))
    with open(os.path.join(folder, "hello.elf"), "wb") as out:
        out.write(content)


def transfers(row, folder, adapter):
    """From a server without windows: a round trip for each block, for both. By turns, the medians:
    most of a round trip is processes of the host that wake each other."""
    network = user_network(folder, "hello.elf")
    pairs = [(our_transfer(network, adapter=adapter), u_boots_transfer(folder, network, adapter=adapter))
             for _ in range(3)]
    ours, theirs = (statistics.median(times) for times in zip(*pairs))
    row(f"{adapter}: TFTP, {MEGABYTES} MiB, emulator's server", f"{MEGABYTES / ours:.1f} MiB/s", "2x U-Boot",
        f"U-Boot {MEGABYTES / theirs:.1f}: {theirs / ours:.1f}x")


@contextlib.contextmanager
def real_servers(folder, one_way_us):
    """DHCP and a TFTP server with windows, in this process's namespace; gives the -netdev."""
    tap = open_tap()
    try:
        with dnsmasq(folder, file="hello.elf"), atftpd(folder, folder):
            yield f"tap,fd={tap},delay-us={one_way_us}"
    finally:
        os.close(tap)


def window_transfers(row, folder, adapter):
    with real_servers(folder, 0) as network:
        ours = statistics.median(our_transfer(network, adapter=adapter) for _ in range(3))
        plain = u_boots_transfer(folder, network, adapter=adapter)
    row(f"{adapter}: TFTP, {MEGABYTES} MiB, real server", f"{MEGABYTES / ours:.1f} MiB/s", "2x U-Boot",
        f"U-Boot {MEGABYTES / plain:.1f}: {plain / ours:.1f}x")
    with real_servers(folder, ONE_WAY_US) as network:
        ours = statistics.median(our_transfer(network, adapter=adapter) for _ in range(3))
        plain = u_boots_transfer(folder, network, adapter=adapter)
        tuned = min(u_boots_transfer(
            folder, network, f"setenv tftpblocksize 1468; setenv tftpwindowsize {window}; ",
            adapter=adapter) for window in WINDOWS)
    row(f"{adapter}: TFTP, {MEGABYTES} MiB, real server 1 ms away", f"{MEGABYTES / ours:.2f} MiB/s",
        "8x, 1.2x tuned",
        f"U-Boot {MEGABYTES / plain:.2f}: {plain / ours:.1f}x; tuned {MEGABYTES / tuned:.2f}: {tuned / ours:.1f}x")


# ---- UDP ----

@contextlib.contextmanager
def our_traffic(folder, adapter, options=()):
    ports = {port: free_udp_port() for port in (ECHO_PORT, COUNT_PORT, SEND_PORT)}
    network = user_network(folder, "traffic.elf", ports)
    with Machine(network=network, adapter=adapter, options=options) as machine, Traffic(ports) as traffic:
        machine.wait_for(READY, 60)
        machine.wait_for("confirmed itself")
        yield machine, traffic


def our_times(folder, adapter):
    with our_traffic(folder, adapter) as (_, traffic):
        figures = {"latency 64": traffic.latency(SMALL, 200), "latency 1400": traffic.latency(LARGE, 200)}
        lost = {}
        figures["rate in"], lost["in"] = traffic.rate_in(LARGE)
        figures["rate out"], lost["out"] = traffic.rate_out(LARGE)
        return figures, lost


def our_instructions(folder, adapter):
    counter = Counter(folder)
    with our_traffic(folder, adapter, counter.options) as (_, traffic), counter:
        traffic.rate_in(LARGE, 1)
        traffic.rate_out(LARGE, 1)
        return {"per frame in": per_frame(counter, lambda: traffic.push(LARGE)),
                "per frame out": per_frame(counter, lambda: traffic.pull(LARGE))}


def udp(row, folder, adapter):
    board = BOARDS[adapter]
    (ours, our_lost), (theirs, their_lost) = our_times(folder, adapter), linux_times(
        folder, adapter=adapter, board=board)
    for size in (SMALL, LARGE):
        mine, other = ours[f"latency {size}"], theirs[f"latency {size}"]
        row(f"{adapter}: UDP echo, {size} bytes, p50", f"{mine * 1e3:.3f} ms", "1/2 of Linux",
            f"Linux {other * 1e3:.3f} ms: 1/{other / mine:.1f}")
    for way in ("in", "out"):
        mine, other = ours[f"rate {way}"], theirs[f"rate {way}"]
        row(f"{adapter}: UDP {way}, {LARGE} bytes", f"{mine / 1e6:.1f} MB/s", "2x Linux",
            f"Linux {other / 1e6:.2f}: {mine / other:.1f}x (lost {our_lost[way]:.0%}, {their_lost[way]:.0%})")
    mine, other = our_instructions(folder, adapter), linux_instructions(folder, adapter=adapter, board=board)
    for way, word in (("in", "received"), ("out", "sent")):
        row(f"{adapter}: instructions per {word} frame", f"{mine[f'per frame {way}']:,.0f}", "",
            f"Linux {other[f'per frame {way}']:,.0f}: 1/{other[f'per frame {way}'] / mine[f'per frame {way}']:.1f}")


def prepare(folder):
    offer(folder)
    with open(built("traffic.elf"), "rb") as source, open(os.path.join(folder, "traffic.elf"), "wb") as out:
        out.write(source.read())


def show(row, folder):
    """Comes last in a process: it does not return from its namespace."""
    prepare(folder)
    for adapter in CHIPS:
        transfers(row, folder, adapter)
        udp(row, folder, adapter)
    reason = enter_namespace()
    if reason:
        print(f"  (no figure 1 ms away: {reason})")
        return
    for adapter in CHIPS:
        window_transfers(row, folder, adapter)
