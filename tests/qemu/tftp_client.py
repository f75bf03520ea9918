"""tftp_client: files of the board, by the client people have (tftp-hpa).

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import subprocess
import tempfile

LIMIT_S = 40


class Refused(AssertionError):
    """The board, or nobody, answered; what tftp said."""


def run(address, port, *command):
    result = subprocess.run(["tftp", "-m", "binary", address, str(port), "-c", *command],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=LIMIT_S,
                            stderr=subprocess.STDOUT, text=True, check=False)
    # tftp tells of an ERROR packet, but not in its exit status.
    if result.returncode != 0 or result.stdout.strip():
        raise Refused(f"{' '.join(command)}: {result.stdout.strip()}")


def push(path, port=69, address="127.0.0.1", name=None):
    """Puts a file on the board. Raises Refused with the board's sentence."""
    run(address, port, "put", path, name or os.path.basename(path))


def fetch(name, port=69, address="127.0.0.1"):
    """The bytes of a file of the board: log, status, core. Raises Refused."""
    with tempfile.TemporaryDirectory(prefix="pilotlight-tftp-") as folder:
        path = os.path.join(folder, "got")
        run(address, port, "get", name, path)
        with open(path, "rb") as got:
            return got.read()


def fetch_text(name, port=69, address="127.0.0.1"):
    return fetch(name, port, address).decode("ascii")
