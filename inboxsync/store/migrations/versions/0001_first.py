"""The first schema: tables, indexes and read views.

Revision ID: 0001
"""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

from inboxsync.store.migrations.first import access, accounts, delivery, derived, mail, tickets, views

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything, and the name that the store keeps for ever."""
    for part in (accounts, mail, tickets, delivery, derived, access):
        part.create()
    op.execute(views.MESSAGES_V1)
    op.execute(views.TICKETS_V1)
    meta = sa.table("inboxsync_meta", sa.column("name"), sa.column("value"))
    op.execute(meta.insert().values(name="store_uuid", value=str(uuid.uuid4())))
