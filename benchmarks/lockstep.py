"""Many bare sockets in lockstep: each command goes out on all of them before any answer is read.

As a program: lockstep.py HOST PORT PASSWORD USER…; the least that many mailboxes can cost at a given round trip.
"""

from __future__ import annotations

import socket
import sys

from benchmarks.raw_socket import Line


def main(host: str, port: str, password: str, *users: str) -> None:
    """Log in, open the INBOX and log out, all at once."""
    lines = [Line(socket.create_connection((host, int(port)))) for _ in users]
    for line in lines:
        line.until(b"* OK")
    for tag, command in ((b"a", "LOGIN {user} {password}"), (b"b", "EXAMINE INBOX"), (b"c", "LOGOUT")):
        for line, user in zip(lines, users, strict=True):
            line.send(tag, command.format(user=user, password=password).encode())
        for line in lines:
            line.until(tag + b" ")


if __name__ == "__main__":
    main(*sys.argv[1:])
