"""A private Dovecot on free loopback ports: a real IMAP server for tests, the demo and benchmarks.

It lives in one temporary directory, needs no root, and is stopped by its own process id. Mail is dropped into the
maildirs directly (no APPEND), so thousands of messages arrive in a second and hostile octets are not refused.
"""

from __future__ import annotations

import base64
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType

from imapclient import imap_utf7

from devtools.dovecot_config import HOST, make_config, write_certificates

START_TIMEOUT_S = 10.0
# Dovecot takes the UIDs of new files in the order of the number that their names begin with.
_FIRST_FILE_NUMBER = 1_600_000_000


class DovecotMissing(RuntimeError):
    """Dovecot is not installed on this machine."""

    def __init__(self) -> None:
        super().__init__("Dovecot is not installed: run `apt-get install dovecot-imapd`")


class DovecotFailed(RuntimeError):
    """Dovecot did not start; the text ends with what it logged."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to drop: `flags` are maildir letters (D F P R S T), `internal_date` becomes INTERNALDATE."""

    octets: bytes
    flags: str = ""
    internal_date: datetime | None = None


def find_dovecot(directories: Sequence[str] | None = None) -> str:
    """Answer the path of the server program, by default from PATH and where Debian puts it; raises DovecotMissing."""
    places = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"] if directories is None else directories
    found = shutil.which("dovecot", path=os.pathsep.join(places))
    if found is None:
        raise DovecotMissing
    return found


class Dovecot:
    """A running server as a context manager; `port` offers STARTTLS and takes clear logins, `tls_port` is TLS at once.

    `ca_file` is the PEM file of the authority that signed its certificate, which names localhost and 127.0.0.1.
    `namespace_prefix` and `separator` shape the personal namespace (RFC 2342), `settings` are lines at the end of the
    configuration, such as which capabilities are offered. Raises DovecotMissing, DovecotFailed.
    """

    host = HOST

    def __init__(
        self, *, namespace_prefix: str = "", separator: str = "/", clear_logins: bool = True, settings: str = ""
    ) -> None:
        self._program = find_dovecot()
        self._namespace = (namespace_prefix, separator)
        self._clear_logins = clear_logins
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._delivered = 0
        self.directory = Path()
        self.port = 0
        self.tls_port = 0

    @property
    def ca_file(self) -> Path:
        """The PEM file a client must trust."""
        return self.directory / "ca.pem"

    @property
    def certificate_file(self) -> Path:
        """The PEM file of the server's own certificate, for pins."""
        return self.directory / "server.pem"

    @property
    def log(self) -> str:
        """What the server has logged so far."""
        path = self.directory / "dovecot.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def __enter__(self) -> Dovecot:
        self.directory = Path(tempfile.mkdtemp(prefix="inboxsync-dovecot-"))
        self.directory.chmod(0o755)  # the login and mail processes are other users when this one is root
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        shutil.rmtree(self.directory, ignore_errors=True)

    def _start(self) -> None:
        self.port, self.tls_port = _free_ports(2)
        write_certificates(self.directory)
        (self.directory / "users").mkdir()
        (self.directory / "mail").mkdir()
        config = self.directory / "dovecot.conf"
        made = make_config(self.directory, self.port, self.tls_port, self._namespace, self._clear_logins)
        config.write_text(f"{made}\n{self._settings}\n")
        with (self.directory / "stderr.log").open("wb") as errors:
            self._process = subprocess.Popen(
                [self._program, "-F", "-c", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
        self._wait_until_listening(time.monotonic() + START_TIMEOUT_S)

    def _wait_until_listening(self, deadline: float) -> None:
        assert self._process is not None
        while time.monotonic() < deadline and self._process.poll() is None:
            if _listens(self.port) and _listens(self.tls_port):
                return
            time.sleep(0.02)
        said = (self.directory / "stderr.log").read_text(errors="replace") + self.log
        raise DovecotFailed(f"Dovecot did not start: {said[-2000:]}")

    # --- accounts and mail ------------------------------------------------------------------------------------------

    def add_user(self, name: str, password: str) -> None:
        """Add an account with an empty INBOX; its name may be an address."""
        uid, gid = _mail_owner()
        home = self.directory / "mail" / name
        home.mkdir()
        _own(home)
        self._make_folder(home / "Maildir")
        coded = base64.b64encode(password.encode()).decode()
        # A file each: Dovecot looks for changes in one file once a second only, and would not know the new user.
        (self.directory / "users" / name).write_text(f"{name}:{{PLAIN.b64}}{coded}:{uid}:{gid}::{home}::\n")

    def deliver(
        self,
        user: str,
        octets: bytes,
        folder: str = "INBOX",
        flags: str = "",
        internal_date: datetime | None = None,
    ) -> Path:
        """Drop one message and answer its file. UIDs follow the order of delivery; bare LF is served as CRLF."""
        return self.deliver_all(user, [Delivery(octets, flags, internal_date)], folder)[0]

    def deliver_all(self, user: str, deliveries: Iterable[Delivery], folder: str = "INBOX") -> list[Path]:
        """Drop many messages, in order; several thousand a second."""
        place = self.maildir(user, folder)
        if not place.exists():
            self._make_folder(place)
        return [self._drop(place, delivery) for delivery in deliveries]

    def _drop(self, place: Path, delivery: Delivery) -> Path:
        self._delivered += 1
        name = f"{_FIRST_FILE_NUMBER + self._delivered}.M{self._delivered}P1.localhost"
        temporary = place / "tmp" / name
        temporary.write_bytes(delivery.octets)
        if delivery.internal_date is not None:
            seconds = delivery.internal_date.timestamp()
            os.utime(temporary, (seconds, seconds))
        _own(temporary)
        flags = "".join(sorted(delivery.flags))
        return temporary.rename(place / "cur" / f"{name}:2,{flags}" if flags else place / "new" / name)

    def add_folder(self, user: str, folder: str) -> None:
        """Make an empty folder, if it is not there."""
        place = self.maildir(user, folder)
        if not place.exists():
            self._make_folder(place)

    def remove_folder(self, user: str, folder: str) -> None:
        """Delete a folder with all it holds."""
        shutil.rmtree(self.maildir(user, folder))

    def renumber(self, user: str, folder: str = "INBOX") -> None:
        """Give the folder a new UIDVALIDITY and number its messages anew, in the same order; open sessions lose it."""
        place = self.maildir(user, folder)
        uid_list = place / "dovecot-uidlist"
        known = re.search(r" V(\d+)", uid_list.read_text()) if uid_list.exists() else None
        for path in place.glob("dovecot*"):
            path.unlink()
        # Left alone Dovecot takes the clock's second, which may be the old value again.
        uid_list.write_text(f"3 V{int(known[1] if known else time.time()) + 1} N1 G{os.urandom(16).hex()}\n")
        _own(uid_list)

    def message_files(self, user: str, folder: str = "INBOX") -> list[Path]:
        """List the message files in the order of delivery; unlink one to expunge it behind everybody's back."""
        place = self.maildir(user, folder)
        return sorted((*place.glob("new/*"), *place.glob("cur/*")), key=lambda path: path.name)

    def flags(self, user: str, folder: str = "INBOX") -> list[str]:
        """List the maildir flag letters of each message, in the order of delivery."""
        return [path.name.partition(":2,")[2] for path in self.message_files(user, folder)]

    def maildir(self, user: str, folder: str = "INBOX") -> Path:
        """Where a folder lies on disk (Maildir++: levels are parted by dots, names in modified UTF-7)."""
        root = self.directory / "mail" / user / "Maildir"
        if folder.upper() == "INBOX":
            return root
        prefix, separator = self._namespace
        inner = folder.removeprefix(prefix)
        encoded: bytes = imap_utf7.encode(inner)
        return root / ("." + encoded.decode("ascii").replace(separator, "."))

    def _make_folder(self, place: Path) -> None:
        for path in (place, *(place / part for part in ("cur", "new", "tmp"))):
            path.mkdir()
            _own(path)


def _mail_owner() -> tuple[int, int]:
    """Who owns the mail: this user, or when that is root, `nobody`, for Dovecot refuses to serve mail as root."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def _own(path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(path, *_mail_owner())


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
