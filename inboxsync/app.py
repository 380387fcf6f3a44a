"""The composition root: the one module that names concrete classes and hands them to those who use them."""

from __future__ import annotations

import difflib
import functools
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING

from inboxsync import system
from inboxsync.config.database import SQLITE, identity
from inboxsync.config.zones import zone_of
from inboxsync.credentials.keys import FoundKey, KeySources, find_key_ring
from inboxsync.credentials.vault import Vault
from inboxsync.errors import InboxsyncError, SecretMissing, UsageError
from inboxsync.imap.session import Session, SessionLimits
from inboxsync.model.provider import NO_LIMITS, ProviderLimits
from inboxsync.model.report import IntegrationReport, RunStatus, SyncReport
from inboxsync.model.state import Owner
from inboxsync.store.sql import open_store
from inboxsync.store.stamp import key_of, renew, take_away
from inboxsync.sync.context import EngineLimits, NobodyWatches, Observer, Tools
from inboxsync.sync.engine import Engine, Order
from inboxsync.system.processes import host_name, owner_is_dead, process_start

if TYPE_CHECKING:
    from inboxsync.config.environment import SingleMailbox
    from inboxsync.config.settings import Settings
    from inboxsync.delivery.deliverer import Tools as DeliveryTools
    from inboxsync.model.integration import Integration
    from inboxsync.model.roles import RoleNames
    from inboxsync.model.secret import Secret
    from inboxsync.model.verification import IntegrationCheck
    from inboxsync.model.webhook import Webhook
    from inboxsync.providers.preset import Preset
    from inboxsync.store.ports import Store
    from inboxsync.sync.verify import VerifyOrder

ENVIRONMENT_PROVIDER = "environment"
# Three may fail before others take an integration over.
HEARTBEATS_PER_LEASE = 4
MAILBOX_PREFIXES = ("INBOXSYNC_IMAP_", "IMAP_")


def this_owner() -> Owner:
    """Name this process as leases record it."""
    pid = os.getpid()
    return Owner(host=host_name(), pid=pid, process_start=process_start(pid) or "unknown")


def is_dead(owner: Owner) -> bool:
    """Whether a lease's owner is surely gone."""
    return owner_is_dead(owner.host, owner.pid, owner.process_start)


def _preset(key: str) -> Preset | None:
    from inboxsync.providers.presets import preset  # reads the data file, which an account without a preset spares

    return preset(key)


def _folder_names(integration: Integration) -> RoleNames:
    from inboxsync.providers.presets import folder_names

    return folder_names(integration.provider)


class App:
    """All parts of the program put together from settings. Use as a context manager; leaving it closes the store.

    `environ` is the environment the process was started with; `tell` takes sentences that a person must see once
    (a key was made, a key source is weak).
    """

    def __init__(
        self, settings: Settings, environ: Mapping[str, str], *, tell: Callable[[str], None] = lambda _sentence: None
    ) -> None:
        self.settings = settings
        self.stop = threading.Event()
        self._environ = environ
        self._tell = tell
        self._guard = threading.RLock()
        self._looked_at_all = False

    def __enter__(self) -> App:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened."""
        if "store" in self.__dict__:
            self._stamp()
            self.store.close()

    def _stamp(self) -> None:
        """After `sync-all` tell the next one until when nothing is due; after all else forget it (docs/adr/0015)."""
        settings = self.settings
        if settings.database_url is None or settings.database_url.startswith(SQLITE):
            return
        take_away(str(settings.data_dir))
        if self._looked_at_all:
            config_file = None if settings.config_file is None else str(settings.config_file)
            key = key_of(identity(settings.database_url), config_file)
            renew(str(settings.data_dir), key, self.store.control.idle_until, self.now())

    # --- parts -----------------------------------------------------------------------------------------------------

    @cached_property
    def store(self) -> Store:
        """The store, with its schema made current where that is ours to do. Raises StoreError."""
        store = self.open_store()
        store.schema.ensure()
        return store

    def open_store(self) -> Store:
        """The store as it is, for `db` commands that look before they touch."""
        return open_store(self.settings.connection_url(), self.settings.data_dir)

    @cached_property
    def zone(self) -> tzinfo:
        """The time zone of cron expressions."""
        return zone_of(self.settings.timezone, self._environ)

    @cached_property
    def session_limits(self) -> SessionLimits:
        """The deadlines of a session as the settings want them."""
        settings = self.settings
        return SessionLimits(
            connect_timeout_s=settings.connect_timeout_s,
            tls_timeout_s=settings.connect_timeout_s,
            command_timeout_s=settings.command_timeout_s,
        )

    @property
    def engine_limits(self) -> EngineLimits:
        """The sizes of a run as the settings want them."""
        settings = self.settings
        return EngineLimits(
            max_message_bytes=settings.message_size_limit_bytes,
            batch_bytes=settings.batch_bytes,
            batch_messages=settings.batch_messages,
            integration_s=settings.deadline_s,
            per_host=settings.connections_per_host,
            per_account=settings.connections_per_account,
            lease_lifetime_s=settings.lease_s,
            heartbeat_s=settings.lease_s / HEARTBEATS_PER_LEASE,
            session=self.session_limits,
        )

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return system.utc_now()

    @property
    def key_sources(self) -> KeySources:
        """Where a master key is looked for."""
        return KeySources.of(self._environ, data_dir=self.settings.data_dir, key_file=self.settings.key_file)

    def find_key(self) -> FoundKey:
        """Find the master key, or make one while the store holds no secret. Raises KeyMissing and ConfigError."""
        has_secrets = bool(self.store.control.secrets()) or self.store.control.canary() is not None
        return find_key_ring(self.key_sources, store_has_secrets=has_secrets)

    @cached_property
    def _vault(self) -> Vault:
        found = self.find_key()
        if found.warning:
            self._tell(found.warning)
        vault = Vault(found.ring)
        control = self.store.control
        canary = control.canary()
        if canary is None:
            control.set_canary(vault.seal_canary(control.store_uuid))
        else:
            vault.check_canary(canary, control.store_uuid)
        return vault

    def vault(self) -> Vault:
        """The vault, its key proved by the store's canary. Raises KeyMissing, KeyWrong and ConfigError (exit 78)."""
        with self._guard:  # worker threads ask at once; a key must be made only once
            return self._vault

    # --- accounts --------------------------------------------------------------------------------------------------

    @cached_property
    def _single(self) -> SingleMailbox | None:
        if not any(name.startswith(MAILBOX_PREFIXES) for name in self._environ):
            return None  # as nearly always: then what reads it need not be imported
        from inboxsync.config.environment import single_mailbox

        return single_mailbox(self._environ)

    def integrations(self) -> Sequence[Integration]:
        """What a run considers: the stored integrations, or the environment's one mailbox while there are none."""
        stored = self.store.control.integrations()
        configured = [i for i in stored if i.provider != ENVIRONMENT_PROVIDER]
        wanted = None if configured or self._single is None else self._single.integration
        self._retire_others(wanted, stored)
        return configured if wanted is None else [self._adopted(wanted, stored)]

    def _retire_others(self, wanted: Integration | None, stored: Sequence[Integration]) -> None:
        """Switch earlier mailboxes of the environment off, so that none stays due for ever, and free their name.

        Their ledger stays: where the variables come back, `_adopted` finds the row by its uuid.
        """
        for row in stored:
            is_other = row.provider == ENVIRONMENT_PROVIDER and (wanted is None or row.uuid != wanted.uuid)
            if is_other and row.active:
                retired = replace(row, name=f"{row.name}#{row.uuid[:8]}", active=False, updated_at=self.now())
                self.store.control.update_integration(retired)

    def _adopted(self, wanted: Integration, stored: Sequence[Integration]) -> Integration:
        """Give the environment's mailbox its row, so that its ledger has an owner; its secret is never stored."""
        wanted = replace(wanted, provider=ENVIRONMENT_PROVIDER)
        found = next((i for i in stored if i.uuid == wanted.uuid), None)
        control = self.store.control
        if found is None:
            return control.add_integration(replace(wanted, created_at=self.now(), updated_at=self.now()), None)
        current = replace(
            wanted, id=found.id, created_at=found.created_at, updated_at=found.updated_at, since=found.since,
            tickets_since=found.tickets_since,
        )  # fmt: skip
        return current if current == found else control.update_integration(replace(current, updated_at=self.now()))

    def integration(self, name: str) -> Integration:
        """The integration of this name; UsageError with the nearest name where there is none."""
        found = next((i for i in self.integrations() if i.name == name), None)
        if found is not None:
            return found
        names = [i.name for i in self.integrations()]
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "`inboxsync list` shows all integrations"
        raise UsageError(f"there is no integration {name!r}", hint=hint)

    def secret_of(self, integration: Integration) -> Secret:
        """The password of an integration; raises SecretMissing, SecretUnreadable and key errors, before any login."""
        if integration.provider == ENVIRONMENT_PROVIDER and self._single is not None:
            return self._single.secret
        record = self.store.control.secret(integration)
        if record is None:
            raise SecretMissing(f"integration {integration.name!r} has no stored password")
        return self.vault().open(record, integration)

    def token_keys(self) -> Sequence[bytes]:
        """The keys that reply tokens of this store may be signed with; none where no key was ever used with it.

        A mail that looks as if it held a token must neither make a key nor stop a run that needs none.
        """
        from inboxsync.tickets.tokens import token_key

        control = self.store.control
        if control.canary() is None:
            return ()
        try:
            return self.vault().derived_keys(functools.partial(token_key, store_uuid=control.store_uuid))
        except InboxsyncError:
            return ()

    def open_session(self, integration: Integration, secret: Secret, limits: SessionLimits | None = None) -> Session:
        """Log in to an account, with the pipelining its provider stands. Raises ImapError."""
        from inboxsync.imap.adapter import connect

        limits = limits or self.session_limits
        stands = self.provider_limits(integration).pipeline_depth
        if stands is not None:
            limits = replace(limits, pipeline_depth=min(limits.pipeline_depth, stands))
        return connect(integration.endpoint, secret, limits)

    def provider_limits(self, integration: Integration) -> ProviderLimits:
        """What the integration's provider stands; an account without a preset reads no data file."""
        return self.limits_of(integration.provider)

    def limits_of(self, provider: str | None) -> ProviderLimits:
        """What a provider stands, by the key of its preset."""
        known = _preset(provider) if provider else None
        return NO_LIMITS if known is None else known.limits

    # --- webhooks --------------------------------------------------------------------------------------------------

    def webhook_secrets(self, webhook: Webhook) -> Sequence[Secret]:
        """The secrets that sign for a webhook now. Raises key errors, and UsageError where it is gone."""
        from inboxsync.delivery.assembly import signing_secrets

        return signing_secrets(self.store, self.vault(), webhook, self.now())

    def delivery_tools(self) -> DeliveryTools:
        """What sends events to webhooks. Imported when there is something to send: no other run pays for it."""
        from inboxsync.delivery.assembly import delivery_tools
        from inboxsync.render.json_shapes import message_json

        process = (this_owner(), is_dead, self.stop.is_set)
        return delivery_tools(self.store, self.webhook_secrets, self.now, *process, shape=message_json)

    # --- runs ------------------------------------------------------------------------------------------------------

    def engine(self, observer: Observer | None = None) -> Engine:
        """The engine with all its tools."""
        return Engine(
            Tools(
                store=self.store,
                open_session=self.open_session,
                secret_of=self.secret_of,
                now=self.now,
                monotonic_s=system.monotonic_s,
                zone=self.zone,
                owner=this_owner(),
                owner_is_dead=is_dead,
                stopped=self.stop.is_set,
                limits=self.engine_limits,
                trusted_authserv_ids=frozenset(self.settings.trusted_authserv_ids),
                observer=observer or NobodyWatches(),
                provider_limits=self.provider_limits,
                folder_names=_folder_names,
                token_keys=self.token_keys,
            )
        )

    def engine_tools(self) -> Tools:
        """The tools of a run, for work on what is stored."""
        return self.engine().tools

    def verify(self, names: Sequence[str], order: VerifyOrder) -> Sequence[IntegrationCheck]:
        """Compare the named integrations, or all, with their servers. UsageError on an unknown name."""
        from inboxsync.sync.verify import Verifier

        chosen = [self.integration(name) for name in dict.fromkeys(names)] if names else self.integrations()
        return Verifier(self.engine().tools).run(chosen, order)

    def sync(self, names: Sequence[str], order: Order, observer: Observer | None = None) -> SyncReport:
        """Sync the named integrations, or all that are active where no name is given. UsageError on an unknown name."""
        if names:
            chosen = [self.integration(name) for name in dict.fromkeys(names)]
        else:
            chosen = [i for i in self.integrations() if i.active]
        report = self.engine(observer).run([i for i in chosen if i.active], order)
        self._looked_at_all = not names
        inactive = tuple(
            IntegrationReport(i.name, RunStatus.SKIPPED, reason="inactive") for i in chosen if not i.active
        )
        return replace(report, integrations=(*report.integrations, *inactive))
