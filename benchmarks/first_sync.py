"""First syncs: against the usual way of writing an importer, and against mbsync where Debian's isync is installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks import bench
from benchmarks.bench import Row
from benchmarks.measure import Figure
from devtools.corpus import mixed
from devtools.dovecot import Delivery, Dovecot

MBSYNC_CONFIG = """
IMAPAccount account
Host localhost
Port {port}
User {user}
Pass {password}
SSLType IMAPS
CertificateFile {ca_file}

IMAPStore far
Account account

MaildirStore near
Path {home}/mail/
Inbox {home}/mail/INBOX

Channel all
Far :far:
Near :near:
Patterns INBOX
Create Near
Sync Pull New
SyncState {home}/mail/
"""


def the_mix(count: int) -> Iterator[Delivery]:
    """The mix as a server holds it."""
    return (Delivery(specimen.octets, internal_date=specimen.sent_at) for specimen in mixed(count))


def tiny(count: int) -> Iterator[Delivery]:
    """Texts of a few hundred octets."""
    head = "From: Ana <ana@example.com>\r\nTo: support@example.com\r\nDate: Mon, 2 Mar 2026 08:00:00 +0000\r\n"
    for number in range(count):
        own = f"Subject: Note {number}\r\nMessage-ID: <{number}@example.com>\r\n\r\nThe text of note {number}.\r\n"
        yield Delivery((head + own).encode())


def against_naive(server: Dovecot, home: Path, count: int, runs: int) -> list[Row]:
    """The mix, against the same engine with the default parser and a commit a message, and against a plain importer."""
    size_bytes = bench.deliver(server, "naive", the_mix(count))
    mine, same, plain = bench.in_turn(
        runs,
        lambda: first(server, "naive", home),
        lambda: through_policy_default(server, "naive", home),
        lambda: naive(server, "naive", home),
    )
    work = f"first sync of {count:,} mixed messages ({size_bytes / 1e6:.0f} MB; {count / mine.wall_s:,.0f} a second)"
    ratio, other = same.wall_s / mine.wall_s, plain.wall_s / mine.wall_s
    goal = ">= 5 x the same through email.policy.default, a commit a message"
    return [
        Row(work, goal, f"{ratio:.1f} x ({mine.wall_s:.2f} s against {same.wall_s:.2f} s)", ratio >= 5),
        Row(
            "  beside a plain importer (no ledger, no tickets)",
            "for comparison",
            f"{other:.1f} x ({plain.wall_s:.2f} s)",
            met=True,
        ),
        peak(mine, same),
    ]


def through_policy_default(server: Dovecot, user: str, home: Path) -> Figure:
    """A first sync of our engine with the default parser and one commit a message."""
    bench.forget(home)
    bench.add(server, user, home)
    return bench.run(bench.program("policy_default.py"), home)


def against_mbsync(server: Dovecot, home: Path, what: str, count: int, runs: int) -> list[Row]:
    """The same mailbox by mbsync as shipped; its goal depends on what the mailbox holds."""
    messages, share = (the_mix(count), 1.0) if what == "mixed messages" else (tiny(count), 0.5)
    user = what.split()[0]
    size_bytes = bench.deliver(server, user, messages)
    mine, other = bench.in_turn(runs, lambda: first(server, user, home), lambda: mbsync(server, user, home))
    ratio = mine.wall_s / other.wall_s
    row = Row(
        f"first sync of {count:,} {what} ({size_bytes / 1e6:.0f} MB)",
        f"<= {share:g} x mbsync as shipped",
        f"{ratio:.2f} x ({mine.wall_s:.1f} s against {other.wall_s:.1f} s; {count / mine.wall_s:,.0f} a second)",
        ratio <= share,
    )
    return [row, peak(mine, other)]


def peak(mine: Figure, other: Figure) -> Row:
    """The memory of the run above."""
    return Row(
        "  its peak memory", "<= 96 MiB", f"{mine.peak_mib:.0f} MiB (other {other.peak_mib:.0f})", mine.peak_mib <= 96
    )


def first(server: Dovecot, user: str, home: Path) -> Figure:
    """A first sync of ours."""
    bench.forget(home)
    bench.add(server, user, home)
    return bench.run(bench.inboxsync("sync", user), home)


def naive(server: Dovecot, user: str, home: Path) -> Figure:
    """A first import of the baseline's."""
    directory = home / "naive"
    bench.forget(home, directory.name)
    directory.mkdir()
    account = ["localhost", str(server.tls_port), str(server.ca_file), user, bench.PASSWORD]
    return bench.run(bench.program("naive.py", *account, str(directory / "mail.sqlite3")), home)


def has_mbsync() -> bool:
    """Whether there is something to compare with."""
    return shutil.which("mbsync") is not None


def mbsync(server: Dovecot, user: str, home: Path) -> Figure:
    """A first pull by mbsync."""
    bench.forget(home, "mail")
    (home / "mail").mkdir()
    config = home / "mbsyncrc"
    values = {
        "port": server.tls_port,
        "ca_file": server.ca_file,
        "home": home,
        "user": user,
        "password": bench.PASSWORD,
    }
    config.write_text(MBSYNC_CONFIG.format(**values))
    return bench.run(["mbsync", "-q", "-c", str(config), "all"], home)
