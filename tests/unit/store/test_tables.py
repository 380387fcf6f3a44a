from sqlalchemy import BigInteger, PrimaryKeyConstraint, Text, UniqueConstraint

from inboxsync.store import control_rows, schema
from inboxsync.store.tables import Meta

TABLES = Meta.metadata.tables


def columns(table: str) -> set[str]:
    return {column.name for column in TABLES[table].columns}


def test_the_schema_knows_every_table() -> None:
    assert sorted(schema.TABLES) == sorted(TABLES)


def test_the_control_plane_names_every_column_of_its_tables() -> None:
    written = {*control_rows.INTEGRATION_COLUMNS, "removed_at"}
    assert written == columns("inboxsync_integrations")
    assert set(control_rows.STATE_COLUMNS) == columns("inboxsync_sync_states")
    assert set(control_rows.LEASE_COLUMNS) == columns("inboxsync_leases")
    counts = {"stored_count", "duplicate_count", "retired_count"}  # `folder_counts`: no part of a folder's state
    assert {*control_rows.FOLDER_COLUMNS, *counts} == columns("inboxsync_folders")
    assert {*control_rows.PART_COLUMNS, "id"} == columns("inboxsync_run_parts")


def test_no_text_is_bounded() -> None:
    # A bounded column makes one long subject a poison message on Postgres; an enumeration would be bounded as well.
    for table in TABLES.values():
        for column in table.columns:
            if column.type.python_type is str:
                assert type(column.type) is Text, f"{table.name}.{column.name}"


def test_ids_are_never_reused_and_never_too_small() -> None:
    for table in TABLES.values():
        if "id" in table.columns:
            assert table.dialect_options["sqlite"]["autoincrement"], table.name
            assert isinstance(table.columns["id"].type, BigInteger), table.name


def test_every_reference_by_which_rows_are_deleted_can_be_searched() -> None:
    # Deleting a row looks for those that refer to it: without an index once through the whole table for each.
    small = {"inboxsync_company_domains", "inboxsync_contacts"}
    rare = {("inboxsync_tickets", "requester_contact_id")}
    for table in TABLES.values():
        leading = {next(iter(index.columns)).name for index in table.indexes}
        keys = [one for one in table.constraints if isinstance(one, PrimaryKeyConstraint | UniqueConstraint)]
        leading |= {next(iter(one.columns)).name for one in keys}
        for column in table.columns:
            if column.foreign_keys and table.name not in small and (table.name, column.name) not in rare:
                assert column.name in leading, f"{table.name}.{column.name}"
