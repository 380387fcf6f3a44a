"""The least a program can do: a bare socket that logs in, opens the INBOX and, where asked, drains messages.

As a program: raw_socket.py HOST PORT CA-FILE USER PASSWORD [FIRST-UID]; prints the seconds from connect to logout.
"""

from __future__ import annotations

import io
import socket
import ssl
import sys
import time


class Line:
    """One connection that sends a command and reads to its tagged answer."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._file = io.BufferedReader(socket.SocketIO(connection, "rb"), 128 * 1024)
        self.octets = 0

    def send(self, tag: bytes, command: bytes) -> None:
        """Send without waiting."""
        self._connection.sendall(tag + b" " + command + b"\r\n")

    def until(self, start: bytes) -> None:
        """Read lines and literals up to the one that begins so."""
        while True:
            line = self._file.readline()
            if line.startswith(start):
                return
            if line.endswith(b"}\r\n"):
                self.octets += len(self._file.read(int(line[line.rindex(b"{") + 1 : -3])))

    def ask(self, tag: bytes, command: bytes) -> None:
        """Send and wait."""
        self.send(tag, command)
        self.until(tag + b" ")


def main(host: str, port: str, ca_file: str, user: str, password: str, first_uid: str = "") -> None:
    """Do it once."""
    began = time.perf_counter()
    context = ssl.create_default_context(cafile=ca_file)
    with context.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host) as connection:
        line = Line(connection)
        line.until(b"* OK")
        line.ask(b"a", f"LOGIN {user} {password}".encode())
        line.ask(b"b", b"EXAMINE INBOX")
        if first_uid:
            line.ask(b"c", f"UID FETCH {first_uid}:4294967295 (UID FLAGS INTERNALDATE BODY.PEEK[])".encode())
        line.ask(b"d", b"LOGOUT")
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main(*sys.argv[1:])
