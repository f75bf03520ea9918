"""What costs what in the loader: its bytes by part, from the line table of build/loader.elf.

Code that was inlined counts where it was written, not where it ended up. Constants (mostly the
sentences of the log) are not told apart; the names for fault reports are.

SPDX-License-Identifier: BSD-2-Clause
"""
import collections
import os
import re
import subprocess
import sys

CROSS = "aarch64-linux-gnu-"

# The first pattern that is found in the path of a source decides.
PARTS = (
    ("signatures: Ed25519, SHA-512, keys", r"crypto_(sign|core|verify|scalarmult)|sha512|signature|sodium/.*fe_"),
    ("SHA-256", r"sha256|loader/digest"),
    ("slots: store, selection, install", r"loader/slot|partition_table|card_files"),
    ("chainload: U-Boot, Linux", r"chainload|spin_table|el2/leave"),
    ("SD controllers and card", r"drivers/(sd|block_device|gpio)"),
    ("FAT: FatFs and our checks", r"fatfs|loader/fat|boot_from_sd"),
    ("USB: DWC2, hubs", r"drivers/usb"),
    ("Ethernet: both chips, CDC-ECM", r"drivers/ethernet"),
    ("lwIP: DHCP, ARP, ICMP, UDP", r"lwip"),
    ("network: our own path", r"/net/(?!tftp|net_files)"),
    ("TFTP client", r"loader/(tftp|boot_from_tftp)"),
    ("TFTP server: pushes, files, live log", r"net/(tftp|net_files)|loader/(rescue|status|guard_files)|syslog"),
    ("guard: stage 2, calls, cores, PSCI", r"el2/|guard_calls|after_service|policy"),
    ("crash: report, core file", r"loader/(crash|core|backtrace)|aarch64/fault|lib/symbols"),
    ("ELF: check, place, start", r"loader/(elf|place|start_image|image_accept)|image_note"),
    ("boot-info block", r"boot_info|transfer_list|hand_over|phases"),
    ("device tree: reading, libfdt, editing", r"libfdt|fdt|device_tree"),
    ("configuration", r"configuration|settings|boot_arguments"),
    ("log and what is kept", r"lib/log|loader/keep|log_split"),
    ("loader: main, sources, memory", r"/loader/"),
    ("board and processor", r"/board/|drivers/"),
    ("helpers", r"/lib/|/include/"),
)


def run(tool, *arguments):
    return subprocess.run([CROSS + tool, *arguments], check=True, capture_output=True, text=True).stdout


def sections(program):
    found = {}
    for line in run("size", "-A", "-d", program).splitlines():
        words = line.split()
        if len(words) == 3 and words[0].startswith("."):
            found[words[0]] = (int(words[2]), int(words[1]))
    return found


def paths_by_name(program):
    """The table names sources without their folders. Of two of one name the first here counts."""
    build = os.path.dirname(program)
    found = {}
    ours = ("loader", "board/aarch64/el2", "board", "net", "drivers", "lib", "include")
    for top in (*ours, os.path.join(build, "deps")):
        for folder, _, names in os.walk(top):
            for name in names:
                found.setdefault(name, "/" + os.path.join(folder, name))
    return found


def rows_of_line_table(program):
    """(address, path or None at the end of a sequence), as they stand in the table."""
    paths = paths_by_name(program)
    for line in run("objdump", "-W", "--dwarf=decodedline", program).splitlines():
        row = re.match(r"^(\S+)\s+(\d+|-)\s+(0x[0-9a-f]+|0)\b", line)
        if row:
            yield int(row[3], 0), None if row[2] == "-" else paths.get(row[1], row[1])


def part_of(path):
    if path is None:
        return "C library, no line known"
    for name, pattern in PARTS:
        if re.search(pattern, path):
            return name
    return "C library, no line known"


def code_by_part(program, begin, end):
    rows = sorted(rows_of_line_table(program), key=lambda row: row[0])  # stable: the last counts
    bytes_of = collections.Counter()
    covered = begin
    previous, path = begin, None
    for address, next_path in rows:
        if begin <= address <= end:
            bytes_of[part_of(path)] += address - previous
            previous, path = address, next_path
            covered = address
    bytes_of[part_of(path if covered < end else None)] += end - previous
    return bytes_of


def symbol(program, name):
    for line in run("nm", program).splitlines():
        words = line.split()
        if words[-1] == name:
            return int(words[0], 16)
    return None


def main():
    program, image_bytes = sys.argv[1], int(sys.argv[2])
    found = sections(program)
    text, text_bytes = found[".text"]
    table = code_by_part(program, text, text + text_bytes)
    constants, constant_bytes = found[".rodata"]
    names = symbol(program, "symbol_table_count")
    if names is not None and constants <= names < constants + constant_bytes:
        table["names of functions, for fault reports"] = constants + constant_bytes - names
        constant_bytes = names - constants
    table["constants: sentences, tables"] = constant_bytes
    table["data, relocations, rest of the image"] = image_bytes - sum(table.values())
    for name, count in table.most_common():
        print(f"{count:8,}  {count * 100 / image_bytes:5.1f} %  {name}")
    print(f"{image_bytes:8,}  100.0 %  {program.replace('loader.elf', 'kernel8.img')}")


if __name__ == "__main__":
    main()
