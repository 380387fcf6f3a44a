"""Writes docs/providers.md from the presets, so that documentation and data cannot disagree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from inboxsync.model.roles import FolderRole
from inboxsync.providers.preset import QUIRK_MEANINGS, Preset
from inboxsync.providers.presets import presets

_INTRODUCTION = """\
# Mail providers

This page is made from `inboxsync/providers/presets.toml` by `inboxsync.providers.document`; a test keeps the two alike.
Every entry names its source and the day it was checked. Nothing here was tried against a live account, and providers
change their minds: `inboxsync test NAME` tells what is true for your mailbox today.

`inboxsync add NAME --email ADDRESS` finds the provider by the domain of the address. For an address at a domain of your
own, name it with `--provider KEY`, or give `--host`, `--port` and `--tls`. Options always win over the preset.

Every run keeps to the numbers of an entry (connections, commands sent ahead, download a day); `inboxsync providers KEY`
shows them. To add a provider, add a table to the data file; no code has to change.
"""


def markdown(given: Sequence[Preset] | None = None) -> str:
    """Give the whole page for these presets, by default all that come with inboxsync."""
    shown = presets() if given is None else given
    blocks = [_INTRODUCTION, _overview(shown), *(_section(preset) for preset in shown), _quirks(), _folders(shown)]
    return "\n".join(block.rstrip("\n") + "\n" for block in blocks)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines) + "\n"


def _overview(given: Sequence[Preset]) -> str:
    rows = [
        (f"[`{p.key}`](#{p.key})", p.name, f"`{p.host}:{p.port}`", p.tls, "yes" if p.takes_passwords else "**no**")
        for p in given
    ]
    return "## At a glance\n\n" + _table(("key", "provider", "server", "TLS", "takes a password"), rows)


def _section(preset: Preset) -> str:
    """Describe one provider under a heading that is its key, so that links to it stay short."""
    facts = [
        ("Server", f"`{preset.host}`, port {preset.port}, TLS {preset.tls}"),
        ("Login", "the whole address" if preset.username == "address" else "what stands before the `@`"),
        ("Password", preset.auth_note),
        ("Where to make an app password", f"<{preset.app_password_url}>" if preset.app_password_url else ""),
        ("Before the first sync", preset.enable_imap or ""),
        ("Recognised domains", ", ".join(f"`{domain}`" for domain in preset.domains)),
        ("Connections allowed for one account", str(preset.max_connections or "")),
        ("Connections to the host", str(preset.max_connections_per_host or "")),
        ("Download of one account in 24 hours", _megabytes(preset.daily_bytes)),
        ("Commands sent ahead", str(preset.pipeline_depth)),
        ("Quirks", ", ".join(f"`{quirk}`" for quirk in preset.quirks)),
        ("Source", f"{preset.source} (checked {preset.checked:%Y-%m-%d})"),
    ]
    lines = [f"- {label}: {text}" for label, text in facts if text]
    return f"## {preset.key}\n\n{preset.name}\n\n" + "\n".join(lines) + "\n"


def _megabytes(size_bytes: int | None) -> str:
    return "" if size_bytes is None else f"at most {size_bytes // 1_000_000:,} MB, then the next runs wait"


def _quirks() -> str:
    return "## Quirks\n\n" + _table(("word", "meaning"), [(f"`{q}`", meaning) for q, meaning in QUIRK_MEANINGS.items()])


def _folders(given: Sequence[Preset]) -> str:
    """List every folder name that tells a role, over all presets, in the order of first mention."""
    rows = []
    for role in FolderRole:
        names = dict.fromkeys(name for preset in given for name in preset.folder_roles.get(role, ()))
        rows.append((role.value, ", ".join(names)))
    text = "A server that announces SPECIAL-USE (RFC 6154) says what a folder is for; these names help with the others."
    return f"## Folder names\n\n{text}\n\n" + _table(("role", "names"), rows)
