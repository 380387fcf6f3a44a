"""What the commands need of the application: the composition root offers it, tests offer one over their own store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from inboxsync.config.settings import Settings
    from inboxsync.credentials.keys import FoundKey, KeySources
    from inboxsync.delivery.deliverer import Tools as DeliveryTools
    from inboxsync.imap.session import Session
    from inboxsync.model.integration import Integration
    from inboxsync.model.provider import ProviderLimits
    from inboxsync.model.report import SyncReport
    from inboxsync.model.secret import Secret
    from inboxsync.model.verification import IntegrationCheck
    from inboxsync.model.webhook import Webhook
    from inboxsync.render.progress import SyncObserver
    from inboxsync.store.ports import Store
    from inboxsync.sync.context import Tools
    from inboxsync.sync.engine import Order
    from inboxsync.sync.verify import VerifyOrder


class Vault(Protocol):
    """Seals and opens passwords with the master key."""

    def seal(self, secret: Secret, integration: Integration) -> bytes:
        """Encrypt a password for this integration as it is configured now. UsageError where no login could send it."""

    def open(self, record: bytes, integration: Integration) -> Secret:
        """Decrypt a password. Raises KeyWrong, SecretUnreadable."""

    def seal_bound(self, secret: Secret, place: Sequence[str]) -> bytes:
        """Encrypt a secret that belongs to no integration, bound to its place."""

    def open_bound(self, record: bytes, place: Sequence[str], what: str) -> Secret:
        """Decrypt what `seal_bound` sealed. Raises KeyWrong, SecretUnreadable."""

    def seal_canary(self, store_id: str) -> bytes:
        """Make the record that later tells a wrong key."""

    def derived_keys(self, derive: Callable[[bytes], bytes]) -> tuple[bytes, ...]:
        """Answer what `derive` makes of each master key, of the one that encrypts first."""


class Application(Protocol):
    """Settings, store, vault, clock and engine, put together for one command."""

    @property
    def settings(self) -> Settings:
        """What options, environment and file say."""

    @property
    def store(self) -> Store:
        """The store, its schema made current on first use. Raises StoreError."""

    def open_store(self) -> Store:
        """The store as it is, for commands that look before they touch."""

    @property
    def stop(self) -> threading.Event:
        """Set it, and a run that goes on ends soon and in order."""

    @property
    def zone(self) -> tzinfo:
        """The time zone of cron expressions."""

    def now(self) -> datetime:
        """The time, aware and UTC."""

    @property
    def key_sources(self) -> KeySources:
        """Where a master key is looked for."""

    def find_key(self) -> FoundKey:
        """Find the master key, or make one while the store holds no secret. Raises KeyMissing and ConfigError."""

    def vault(self) -> Vault:
        """The vault, its key proved by the store's canary. Raises KeyMissing, KeyWrong and ConfigError."""

    def integrations(self) -> Sequence[Integration]:
        """The stored integrations, or the environment's one mailbox while there are none."""

    def integration(self, name: str) -> Integration:
        """The integration of this name; UsageError where there is none."""

    def secret_of(self, integration: Integration) -> Secret:
        """The password of an integration; raises SecretMissing, SecretUnreadable and key errors."""

    def open_session(self, integration: Integration, secret: Secret) -> Session:
        """Log in; raises ImapError."""

    def sync(self, names: Sequence[str], order: Order, observer: SyncObserver | None = None) -> SyncReport:
        """Sync the named integrations, or all that are active where no name is given. UsageError on an unknown name."""

    def webhook_secrets(self, webhook: Webhook) -> Sequence[Secret]:
        """The secrets that sign for a webhook now. Raises SecretUnreadable and key errors."""

    def delivery_tools(self) -> DeliveryTools:
        """What sends events to webhooks."""

    def limits_of(self, provider: str | None) -> ProviderLimits:
        """What a provider stands, by the key of its preset."""

    def engine_tools(self) -> Tools:
        """The tools of a run, for work on what is stored."""

    def verify(self, names: Sequence[str], order: VerifyOrder) -> Sequence[IntegrationCheck]:
        """Compare the named integrations, or all, with their servers. UsageError on an unknown name."""

    def close(self) -> None:
        """Give everything back."""
