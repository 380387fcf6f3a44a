"""The heartbeat: one GET that tells a monitor of cron jobs how a run went.

Healthchecks and those like it take a request to a URL as "it went well", and one with `/fail` behind the path as "it
did not"; silence is what they wake people for. GET, since every such monitor takes it. The URL is a secret: whoever has
it can tell the monitor that all is well.
"""

from __future__ import annotations

from dataclasses import replace

from inboxsync import __version__
from inboxsync.delivery.post import Outgoing, PostLimits, post
from inboxsync.delivery.retry import Fault
from inboxsync.delivery.target import Target, read_target

# Together 11 s: a monitor that is down must not hold up the next run.
LIMITS = PostLimits(resolve_s=3.0, connect_s=3.0, total_s=5.0)
_HEADERS = {"User-Agent": f"inboxsync/{__version__}"}


def read_ping_target(url: str) -> Target:
    """Read the URL of a monitor, https or http. UsageError, which never repeats the URL, for what cannot be one."""
    return read_target(url, allow_http=True, purpose="that of a monitor")


def after_run(target: Target, *, good: bool) -> Target:
    """Answer where to tell how a run went: a bad one with `/fail` behind the path, before a query."""
    path, mark, query = target.path.partition("?")
    return target if good else replace(target, path=f"{path.rstrip('/')}/fail{mark}{query}")


def ping(target: Target, *, good: bool, limits: PostLimits = LIMITS) -> str | None:
    """Tell the monitor; answers why it did not take it, without the URL, or None where it did. Never raises.

    No redirect is followed: the URL would go to whoever the answer names. Every address is allowed that is one host's,
    loopback too, since the URL comes from who runs this machine.
    """
    told = post(Outgoing(after_run(target, good=good), _HEADERS, b"", allow_private=True, method="GET"), limits=limits)
    if isinstance(told, Fault):
        return told.message
    return None if told.is_success else f"{target.place} answered with status {told.status}"
