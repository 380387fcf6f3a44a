"""A preset: what is known of one provider, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from inboxsync.errors import UsageError
from inboxsync.model.provider import ProviderLimits
from inboxsync.model.roles import FolderRole

if TYPE_CHECKING:
    from inboxsync.model.integration import TlsMode


class UsernameForm(StrEnum):
    """What a provider takes as login name: the whole address, or only what stands before the `@`."""

    ADDRESS = "address"
    LOCALPART = "localpart"


class Quirk(StrEnum):
    """A provider's peculiarity that no capability announces. `QUIRK_MEANINGS` says what each one means."""

    ALIAS_CANNOT_LOG_IN = "alias_cannot_log_in"
    AUTOCONFIG_MISLEADS = "autoconfig_misleads"
    BODY_FETCH_ONLY = "body_fetch_only"
    DAILY_DOWNLOAD_LIMIT = "daily_download_limit"
    FOLDER_MAY_BE_CAPPED = "folder_may_be_capped"
    LABELS_AS_FOLDERS = "labels_as_folders"
    NO_PUSH = "no_push"
    NOT_CONNECTED_IS_RIGHTS = "not_connected_is_rights"
    OVER_QUOTA_ENDS_SESSION = "over_quota_ends_session"
    REGION_IN_HOST = "region_in_host"
    SEARCH_CHARSET_REFUSED = "search_charset_refused"
    SELF_SIGNED_CERTIFICATE = "self_signed_certificate"
    THROTTLES_WITH_BAD = "throttles_with_bad"
    TLS_1_2_AT_MOST = "tls_1_2_at_most"
    UIDVALIDITY_MAY_CHANGE = "uidvalidity_may_change"
    UNSORTED_UIDS = "unsorted_uids"


QUIRK_MEANINGS: Mapping[Quirk, str] = {
    Quirk.ALIAS_CANNOT_LOG_IN: "Only the main address of the account logs in; an alias is refused.",
    Quirk.AUTOCONFIG_MISLEADS: "Automatic configuration answers with the host of another product.",
    Quirk.BODY_FETCH_ONLY: "Messages are to be fetched as `BODY[]`; the old item `RFC822` is answered wrongly.",
    Quirk.DAILY_DOWNLOAD_LIMIT: "Downloads are limited by the day; a large first sync may take several.",
    Quirk.FOLDER_MAY_BE_CAPPED: "Of a large folder the server may show only a part.",
    Quirk.LABELS_AS_FOLDERS: "Folders are labels: one message appears in several folders, each time with another UID.",
    Quirk.NO_PUSH: "The server was reported not to announce new mail.",
    Quirk.NOT_CONNECTED_IS_RIGHTS: "`User is authenticated but not connected` means a wrong mailbox or missing rights.",
    Quirk.OVER_QUOTA_ENDS_SESSION: "Over the limit the server ends the session with BYE, or crawls.",
    Quirk.REGION_IN_HOST: "The host depends on the account's region; that of another region refuses the login.",
    Quirk.SEARCH_CHARSET_REFUSED: "Some servers refuse SEARCH with a CHARSET.",
    Quirk.SELF_SIGNED_CERTIFICATE: "The certificate is self-signed: `--pin-sha256` pins it.",
    Quirk.THROTTLES_WITH_BAD: "Throttling comes as `BAD Request is throttled`, with a time to wait.",
    Quirk.TLS_1_2_AT_MOST: "The server was reported not to speak TLS 1.3.",
    Quirk.UIDVALIDITY_MAY_CHANGE: "Migrations and updates at the provider change UIDVALIDITY.",
    Quirk.UNSORTED_UIDS: "Lists of UIDs do not come in ascending order.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One provider's settings and facts, as `presets.toml` states them on the day `checked` from `source`.

    `host` may hold `{server}`, a number that the customer knows, or be `{host}`, a name that the customer gives.
    `pipeline_depth` is the number of commands sent ahead; `max_connections` how many connections at a time the provider
    allows for one account, `max_connections_per_host` from one customer over all accounts, `daily_bytes` what we let an
    account download in 24 hours; None where no number is known. `folder_roles` are names to fall back on where the
    server announces no SPECIAL-USE (RFC 6154). `takes_passwords` False is a warning to give, not a reason to refuse.
    """

    key: str
    name: str
    host: str
    port: int
    tls: TlsMode
    username: UsernameForm
    takes_passwords: bool
    auth_note: str
    app_password_url: str | None
    enable_imap: str | None
    domains: tuple[str, ...]
    folder_roles: Mapping[FolderRole, tuple[str, ...]] = field(hash=False)
    quirks: tuple[Quirk, ...]
    pipeline_depth: int
    max_connections: int | None
    max_connections_per_host: int | None
    daily_bytes: int | None
    source: str
    checked: date

    @property
    def needs_host(self) -> bool:
        """Whether a person has to name the server, or its number."""
        return "{" in self.host

    @property
    def limits(self) -> ProviderLimits:
        """What the engine keeps to with this provider."""
        return ProviderLimits(
            pipeline_depth=self.pipeline_depth,
            connections_per_account=self.max_connections,
            connections_per_host=self.max_connections_per_host,
            daily_bytes=self.daily_bytes,
        )

    def host_for(self, given: str | None = None) -> str:
        """Give the server to connect to: a number fills `{server}`, a name replaces the preset's own host.

        Raises UsageError where the preset cannot do without and nothing is given.
        """
        if not given:
            if self.needs_host:
                raise UsageError(f"provider {self.key} needs to know your server", hint=self._host_hint())
            return self.host
        number = given.strip()
        if "{server}" in self.host and number.isascii() and number.isdigit():
            return self.host.replace("{server}", number)
        return number

    def login_for(self, email: str) -> str:
        """Give the login name that this provider expects for an address."""
        return email if self.username is UsernameForm.ADDRESS else email.rpartition("@")[0] or email

    def role_of(self, folder: str) -> FolderRole | None:
        """Tell what a folder of this name is for, or None; case does not matter, a leading `INBOX` level neither."""
        name = folder.casefold()
        short = name[len("inbox") + 1 :] if name.startswith(("inbox.", "inbox/")) else name
        for role, names in self.folder_roles.items():
            if any(known.casefold() in (name, short) for known in names):
                return role
        return None

    def _host_hint(self) -> str:
        if "{server}" not in self.host:
            return "give it with --host"
        return f"give the number in {self.host}, or the whole name, with --host; the provider's control panel shows it"
