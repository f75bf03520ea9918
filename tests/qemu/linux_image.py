"""linux_image: Debian's Linux for the board, and a small initramfs for it.

The initramfs is a cpio archive of the "newc" format (kernel documentation: Buffer format
of initramfs), made here: a static busybox, the console's device node, and an init that
tells what a test wants to know of the start, in lines "init: NAME VALUE", then leaves the
console to a shell.
Kernel and device tree are as Debian's package has them: an Image, or one that is
compressed (gzip, or what EFI's "zboot" form wraps), which is undone here, because it is
an Image that a bootloader gets.

SPDX-License-Identifier: BSD-2-Clause
"""
import glob
import gzip
import lzma
import os
import stat

from machine import BUILD

PACKAGE = os.path.join(BUILD, "servers/linux-image")
BUSYBOX = os.path.join(BUILD, "servers/busybox-static/bin/busybox")
CONSOLE = "ttyS1"       # the mini UART: Debian's tree gives the PL011 to Bluetooth
PROMPT = "linux# "

INIT = fr"""#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin PS1='{PROMPT}'
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
echo "init: version $(cat /proc/version)"
echo "init: cmdline $(cat /proc/cmdline)"
echo "init: cores $(nproc)"
echo "init: levels $(dmesg | sed -n 's/.*\(CPU: .* started .*\)/\1/p')"
exec setsid cttyhack sh -i
"""


def kernel():
    """The Image: bytes."""
    path = only_one(os.path.join(PACKAGE, "boot/vmlinuz-*"))
    with open(path, "rb") as source:
        image = source.read()
    if image[:2] == b"MZ" and image[4:8] == b"zimg":
        image = undo_zboot(path, image)
    elif image[:2] == b"\x1f\x8b":
        image = gzip.decompress(image)
    if image[0x38:0x3c] != b"ARM\x64":
        raise ValueError(f"{path} is no arm64 Image, and none compressed in a form known here")
    return image


def undo_zboot(path, image):
    """EFI's self-decompressing form: where the compressed Image is stands in its head."""
    first, length = (int.from_bytes(image[at:at + 4], "little") for at in (8, 12))
    method = image[24:56].split(b"\0")[0].decode("ascii", "replace")
    undo = {"gzip": gzip.decompress, "xzkern": lzma.decompress, "lzma": lzma.decompress}.get(method)
    if undo is None:
        raise ValueError(f"{path} is compressed by {method!r}, which is not undone here")
    return undo(image[first:first + length])


def device_tree():
    """The path of the board's device tree as the kernel's package has it."""
    return only_one(os.path.join(PACKAGE, "usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb"))


def only_one(pattern):
    found = glob.glob(pattern)
    if len(found) != 1:
        raise FileNotFoundError(f"{pattern}: {len(found)} files where one should be; make qemu fetches it")
    return found[0]


def initramfs():
    """The archive, not compressed: Linux unpacks it sooner under emulation."""
    with open(BUSYBOX, "rb") as source:
        busybox = source.read()
    entries = [(folder, stat.S_IFDIR | 0o755, b"", (0, 0))
               for folder in ("bin", "dev", "proc", "sys")]
    # What init's own standard streams are opened on, before there is a devtmpfs.
    entries += [("dev/console", stat.S_IFCHR | 0o600, b"", (5, 1)),
                ("bin/busybox", stat.S_IFREG | 0o755, busybox, (0, 0)),
                ("init", stat.S_IFREG | 0o755, INIT.encode(), (0, 0)),
                ("TRAILER!!!", 0, b"", (0, 0))]
    return b"".join(entry(number, *fields) for number, fields in enumerate(entries, 1))


def entry(number, name, mode, content, device):
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    return padded(head) + padded(content)


def padded(part):
    return part + bytes(-len(part) % 4)
