"""linux_image: Debian's Linux for the board, and a small initramfs for it.

The initramfs is a cpio archive of the "newc" format (kernel documentation: Buffer format
of initramfs), made here: a static busybox, the console's device node, kernel modules and
programs if a test wants some, and an init that loads the modules, tells what a test wants
to know of the start, in lines "init: NAME VALUE", then leaves the console to a shell.
The package has no list of what module needs which (depmod makes it where it is installed):
each module says so itself.
Kernel and device tree are as Debian's package has them: an Image, or one that is
compressed (gzip, or what EFI's "zboot" form wraps), which is undone here, because it is
an Image that a bootloader gets.

SPDX-License-Identifier: BSD-2-Clause
"""
import glob
import gzip
import lzma
import os
import re
import stat

from machine import BUILD

PACKAGE = os.path.join(BUILD, "servers/linux-image")
BUSYBOX = os.path.join(BUILD, "servers/busybox-static/bin/busybox")
CONSOLE = "ttyS1"       # the mini UART: Debian's tree gives the PL011 to Bluetooth
PROMPT = "linux# "
# USB, the board's two chips with the drivers of their PHYs, and QEMU's usb-net.
NETWORK_MODULES = ("phy-generic", "dwc2", "smsc", "microchip", "smsc95xx", "lan78xx", "cdc_ether")

INIT = fr"""#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin PS1='{PROMPT}'
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in $(ls /modules); do insmod /modules/$module || echo "init: no $module"; done
echo "init: version $(cat /proc/version)"
echo "init: cmdline $(cat /proc/cmdline)"
echo "init: cores $(nproc)"
echo "init: levels $(dmesg | sed -n 's/.*\(CPU: .* started .*\)/\1/p')"
exec setsid cttyhack sh -i
"""

# What udhcpc runs when it has a lease, in variables.
LEASE = """#!/bin/busybox sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip address flush dev $interface
ip address add $ip/$mask dev $interface
[ -z "$router" ] || ip route replace default via $router
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


def device_tree(board="3-b"):
    """The path of a board's device tree as the kernel's package has it; "3-b-plus" is the other."""
    return only_one(os.path.join(PACKAGE, f"usr/lib/linux-image-*/broadcom/bcm2837-rpi-{board}.dtb"))


def only_one(pattern):
    found = glob.glob(pattern, recursive=True)
    if len(found) != 1:
        raise FileNotFoundError(f"{pattern}: {len(found)} files where one should be; make qemu fetches it")
    return found[0]


def dependencies(name, content):
    """The names of the modules that a module says it needs."""
    found = re.search(rb"\0depends=([^\0]*)\0", content)
    if not found:
        raise ValueError(f"the module {name} does not say what it needs")
    return [part for part in found[1].decode("ascii").split(",") if part]


def module(name):
    """A module's bytes, or None where the kernel itself has it."""
    # Files are named with either sign; what they say of each other need not agree.
    pattern = re.sub("[-_]", "[-_]", name) + ".ko"
    found = glob.glob(os.path.join(PACKAGE, f"**/kernel/**/{pattern}*"), recursive=True)
    if not found:
        with open(only_one(os.path.join(PACKAGE, "**/modules.builtin")), encoding="ascii") as listed:
            if re.search(rf"/{pattern}$", listed.read(), re.M):
                return None
    if len(found) != 1:
        raise FileNotFoundError(f"{PACKAGE} has {len(found)} modules {name}; make qemu fetches them")
    with open(found[0], "rb") as source:
        content = source.read()
    return lzma.decompress(content) if found[0].endswith(".xz") else content


def modules(names):
    """{name: bytes} of these and all they need, in an order in which they can be loaded."""
    loaded = {}

    def load(name):
        if name in loaded:
            return
        content = module(name)
        for needed in dependencies(name, content) if content else ():
            load(needed)
        loaded[name] = content

    for name in names:
        load(name)
    return {name: content for name, content in loaded.items() if content}


def initramfs(module_names=(), programs=None):
    """The archive, not compressed: Linux unpacks it sooner under emulation. programs: {name in
    /bin: bytes}."""
    with open(BUSYBOX, "rb") as source:
        files = {"bin/busybox": source.read(), "bin/lease": LEASE.encode()}
    files.update({f"bin/{name}": content for name, content in (programs or {}).items()})
    files.update({f"modules/{number:02}-{name}.ko": content
                  for number, (name, content) in enumerate(modules(module_names).items())})
    entries = [(folder, stat.S_IFDIR | 0o755, b"", (0, 0))
               for folder in ("bin", "dev", "modules", "proc", "sys", "tmp")]
    # What init's own standard streams are opened on, before there is a devtmpfs.
    entries += [("dev/console", stat.S_IFCHR | 0o600, b"", (5, 1)),
                ("init", stat.S_IFREG | 0o755, INIT.encode(), (0, 0))]
    entries += [(name, stat.S_IFREG | 0o755, content, (0, 0)) for name, content in files.items()]
    entries += [("TRAILER!!!", 0, b"", (0, 0))]
    return b"".join(entry(number, *fields) for number, fields in enumerate(entries, 1))


def entry(number, name, mode, content, device):
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    return padded(head) + padded(content)


def padded(part):
    return part + bytes(-len(part) % 4)
