"""tftp_peer: a TFTP client that does only what a test tells it, packet by packet.

Real clients (tftp_client) show that pushes work; this one stops after a block, comes twice,
asks for what cannot be, or uses the options no stock client offers.

SPDX-License-Identifier: BSD-2-Clause
"""
import socket
import struct

READ, WRITE, DATA, ACK, ERROR, OACK = range(1, 7)

# The codes of RFC 1350 that the board uses.
CODE_OTHER, CODE_ABSENT, CODE_DENIED, CODE_TOO_LARGE, CODE_BAD = 0, 1, 2, 3, 4

WAIT_S = 5      # for a packet
TRIES = 4


class Refused(AssertionError):
    """The board's ERROR: .code and .sentence."""

    def __init__(self, code, sentence):
        super().__init__(f"ERROR {code}: {sentence}")
        self.code, self.sentence = code, sentence


class Peer:
    """One port of ours and a transfer with the board's port 69."""

    def __init__(self, port=69, address="127.0.0.1", wait_s=WAIT_S):
        self.board = (address, port)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(wait_s)
        self.block_bytes, self.window = 512, 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    # ---- packets ----

    def send(self, packet):
        self.socket.sendto(packet, self.board)

    def send_request(self, opcode, name, mode="octet", **options):
        words = [name, mode]
        for option, value in options.items():
            words += [option, str(value)]
        self.send(struct.pack(">H", opcode) + b"".join(word.encode() + b"\0" for word in words))

    def send_data(self, block, content):
        self.send(struct.pack(">HH", DATA, block & 0xFFFF) + content)

    def send_ack(self, block):
        self.send(struct.pack(">HH", ACK, block & 0xFFFF))

    def send_error(self, sentence="the client gives up", code=CODE_OTHER):
        self.send(struct.pack(">HH", ERROR, code) + sentence.encode() + b"\0")

    def receive(self):
        """(opcode, number, rest) of the next packet. An ERROR is raised as Refused."""
        packet, sender = self.socket.recvfrom(2048)
        if sender[1] != self.board[1]:
            raise AssertionError(f"an answer from port {sender[1]}, not {self.board[1]}")
        opcode, number = struct.unpack_from(">HH", packet)
        if opcode == OACK:
            return opcode, 0, packet[2:]
        if opcode == ERROR:
            raise Refused(number, packet[4:].rstrip(b"\0").decode("ascii", "replace"))
        return opcode, number, packet[4:]

    def receive_ack(self):
        """The next ACK's number; a first answer that comes once more is passed over."""
        while True:
            opcode, number, _ = self.receive()
            if opcode == ACK:
                return number
            if opcode != OACK:
                raise AssertionError(f"opcode {opcode} where an ACK should be")

    # ---- a push ----

    def begin(self, name="x.elf", **options):
        """Asks to write; returns when the board agrees. Takes over what it agrees to."""
        self.send_request(WRITE, name, **options)
        opcode, number, rest = self.receive()
        while opcode == ACK and number != 0:    # of a push before this one
            opcode, number, rest = self.receive()
        self.block_bytes, self.window = 512, 1
        if opcode == OACK:
            words = rest.split(b"\0")
            agreed = dict(zip(words[0:-1:2], words[1::2]))
            self.block_bytes = int(agreed.get(b"blksize", 512))
            self.window = int(agreed.get(b"windowsize", 1))
        elif opcode != ACK:
            raise AssertionError(f"opcode {opcode} in answer to the request")

    def blocks(self, content):
        """The last one is shorter than the others, if need be empty."""
        return [content[at:at + self.block_bytes]
                for at in range(0, len(content) + 1, self.block_bytes)]

    def put_blocks(self, blocks, first=1):
        """Sends them window by window and waits for each ACK there is to come: for whole
        windows, and for the file's last block, which is short. What got lost is sent again
        (RFC 7440, 4). Returns how many were acknowledged: whoever has more goes on there, since
        windows begin behind what is lost."""
        at, tries = 0, 0
        while at < len(blocks):
            part = blocks[at:at + self.window]
            for i, block in enumerate(part):
                self.send_data(first + at + i, block)
            if len(part) < self.window and len(part[-1]) == self.block_bytes:
                break
            try:
                done = (self.receive_ack() - (first + at - 1)) & 0xFFFF
                while done > len(part) or (done == 0 and self.window == 1):     # of before
                    done = (self.receive_ack() - (first + at - 1)) & 0xFFFF
                at, tries = at + done, 0 if done else tries + 1
            except socket.timeout:
                tries += 1
            if tries > TRIES:
                raise AssertionError(f"block {first + at} was not acknowledged")
        return at

    def push(self, content, name="x.elf", **options):
        """A whole push with large blocks and windows."""
        self.begin(name, **{"blksize": 1468, "windowsize": 16, "tsize": len(content), **options})
        self.put_blocks(self.blocks(content))

    # ---- a read ----

    def fetch(self, name):
        """The bytes of a file, 512 at a time."""
        self.send_request(READ, name)
        content, block = b"", 1
        while True:
            opcode, number, rest = self.receive()
            if opcode != DATA:
                raise AssertionError(f"opcode {opcode} where a block should be")
            self.send_ack(number)
            if number != block & 0xFFFF:
                continue
            content += rest
            block += 1
            if len(rest) < 512:
                return content
