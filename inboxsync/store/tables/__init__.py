"""The tables: one definition for SQLite and Postgres, read by migrations, both planes and docs/schema.md.

Times are aware UTC (on SQLite the text `YYYY-MM-DD HH:MM:SS.ffffff` in UTC). Lists and maps are JSON.
A column's description here is its public documentation: other applications read these tables.
"""

from __future__ import annotations

from inboxsync.store.tables.access import TokenRow
from inboxsync.store.tables.accounts import FolderRow, IntegrationRow, LeaseRow, Meta, SecretRow, SyncStateRow
from inboxsync.store.tables.delivery import ConsumerRow, DeliveryRow, WebhookRow
from inboxsync.store.tables.derived import SearchQueueRow, SearchRow, ThreadTieRow
from inboxsync.store.tables.directory import CompanyDomainRow, CompanyRow, ContactRow
from inboxsync.store.tables.ledger import PlacementHeaderRow, PlacementRow, QuarantineRow
from inboxsync.store.tables.mail import AttachmentRow, BodyRow, MessageRow, RawRow
from inboxsync.store.tables.runs import RunPartRow, RunRow
from inboxsync.store.tables.tickets import EventRow, TicketEffectRow, TicketLinkRow, TicketMessageRow, TicketRow

__all__ = [
    "AttachmentRow",
    "BodyRow",
    "CompanyDomainRow",
    "CompanyRow",
    "ConsumerRow",
    "ContactRow",
    "DeliveryRow",
    "EventRow",
    "FolderRow",
    "IntegrationRow",
    "LeaseRow",
    "MessageRow",
    "Meta",
    "PlacementHeaderRow",
    "PlacementRow",
    "QuarantineRow",
    "RawRow",
    "RunPartRow",
    "RunRow",
    "SearchQueueRow",
    "SearchRow",
    "SecretRow",
    "SyncStateRow",
    "ThreadTieRow",
    "TicketEffectRow",
    "TicketLinkRow",
    "TicketMessageRow",
    "TicketRow",
    "TokenRow",
    "WebhookRow",
]
