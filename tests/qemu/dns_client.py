"""dns_client: questions and answers of RFC 1035, as little as the tests need.

SPDX-License-Identifier: BSD-2-Clause
"""
import socket
import struct

RCODE_NAMES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}


def expected_address(i):
    return f"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}"


def make_query(identity, name, kind=1):
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    return struct.pack(">HHHHHH", identity, 0x0100, 1, 0, 0, 0) + question + struct.pack(">HH", kind, 1)


def parse_answer(answer, query):
    """(rcode, [addresses]); raises AssertionError when it is no answer to the query."""
    identity, flags, questions, answers = struct.unpack_from(">HHHH", answer)
    assert identity == struct.unpack_from(">H", query)[0], "another identity"
    assert flags & 0x8000, "not a response"
    assert questions == 1 and answer[12:len(query)] == query[12:], "another question"
    addresses, at = [], len(query)
    for _ in range(answers):
        if answer[at] & 0xC0 == 0xC0:
            at += 2
        else:
            while answer[at]:
                at += answer[at] + 1
            at += 1
        kind, _, _, length = struct.unpack_from(">HHIH", answer, at)
        at += 10
        if kind == 1:
            assert length == 4, "an address of other than 4 bytes"
            addresses.append(".".join(map(str, answer[at:at + 4])))
        at += length
    return flags & 15, addresses


class Client:
    def __init__(self, address, port=53, timeout_s=2):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(timeout_s)
        self.socket.connect((address, port))
        self.identity = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, name, kind=1, tries=3):
        """(rcode, [addresses]) of the answer."""
        self.identity = (self.identity + 1) & 0xFFFF
        query = make_query(self.identity, name, kind)
        for attempt in range(tries):
            self.socket.send(query)
            try:
                while True:
                    answer = self.socket.recv(2048)
                    if answer[:2] == query[:2]:
                        return parse_answer(answer, query)
            except socket.timeout:
                if attempt + 1 == tries:
                    raise AssertionError(f"no answer to {name} in {tries} tries") from None
        return None
