"""u_boot: Debian's U-Boot for the board, and how to tell it what to do.

SPDX-License-Identifier: BSD-2-Clause
"""
import zlib

BINARY = "servers/u-boot-rpi/usr/lib/u-boot/rpi_3/u-boot.bin"   # no header: runs at 0x80000 only
ELF = "servers/u-boot-rpi/usr/lib/u-boot/rpi_3/uboot.elf"
ENVIRONMENT = "uboot.env"       # on the card's FAT partition
ENVIRONMENT_BYTES = 0x4000      # CONFIG_ENV_SIZE of rpi_3_defconfig
PROMPT = "U-Boot> "

# U-Boot's own device tree is a part of the program at 0x80000, which kernel8.img overwrites:
# U-Boot itself has moved up, the tree has not.
MOVE_TREE = "fdt addr ${fdtcontroladdr}; fdt move ${fdtcontroladdr} 0x120000 0x20000; "


def environment(command=None, *variables):
    """The file uboot.env: CRC-32, then NAME=VALUE and a NUL each. Without a command U-Boot
    goes to its prompt."""
    # Without preboot= U-Boot starts USB; a bootdelay of 0 or more waits for a key.
    all_variables = ["preboot=", "autostart=yes", *variables]
    all_variables += ["bootdelay=-1"] if command is None else ["bootdelay=-2", f"bootcmd={command}"]
    data = "\0".join(all_variables).encode().ljust(ENVIRONMENT_BYTES - 4, b"\0")
    return zlib.crc32(data).to_bytes(4, "little") + data
