"""transfer_list: makes the lists of include/transfer_list.h, right ones and wrong ones.

SPDX-License-Identifier: BSD-2-Clause
"""
import struct

INTEGRITY, HAND_BACK = 0xFFF000, 0xFFF013
REBOOT, EXIT, NEXT, IMAGE = 1, 2, 3, 4      # enum boot_hand_back_kind
SIGNATURE = 0x4A0FB10B
CHECKSUM_AT, INTEGRITY_AT = 4, 32           # of the header; of the first entry's data


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def entry(tag, data):
    """A header and the data, up to the next multiple of 8."""
    head = struct.pack("<II", tag | 8 << 24, len(data))
    return head + data + bytes(-len(data) % 8)


def build(*entries, sealed=True):
    """A list with an integrity entry and these."""
    rest = b"".join(entries)
    used = 24 + 16 + len(rest)
    made = bytearray(struct.pack("<IBBBBIIII", SIGNATURE, 0, 1, 24, 3, used, used, 1, 0))
    made += entry(INTEGRITY, struct.pack("<II", used, 0)) + rest
    if sealed:
        made[INTEGRITY_AT + 4:INTEGRITY_AT + 8] = struct.pack("<I", crc32c(made))
        made[CHECKSUM_AT] = -sum(made) & 255
    return bytes(made)


def hand_back(kind, *, status=0, image_bytes=0, name=b""):
    """The entry struct boot_hand_back."""
    return entry(HAND_BACK, struct.pack("<IiQQQ128s", kind, status, image_bytes, 0, 0, name))
