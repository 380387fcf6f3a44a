from datetime import UTC, datetime

from inboxsync.model.report import Counts, ErrorInfo, IntegrationReport, RunStatus
from inboxsync.store.control_rows import PART_COLUMNS, part_values, read_part

AT = datetime(2026, 3, 1, tzinfo=UTC)


def row(**changes: object) -> list[object]:
    report = IntegrationReport("a", RunStatus.PARTIAL, "why", ErrorInfo("x", "m", "h", 69), Counts(stored=2))
    values = dict(zip(PART_COLUMNS, (*part_values(1, 2, report), AT, AT), strict=True))
    return [7, "a", *{**values, **changes}.values()]


def test_a_part_comes_back_as_it_was_reported() -> None:
    part = read_part(row())
    assert (part.id, part.run_id, part.integration, part.status, part.reason) == (7, 1, "a", RunStatus.PARTIAL, "why")
    assert (part.error, part.counts) == (ErrorInfo("x", "m", "h", 69), Counts(stored=2))


def test_history_written_by_another_version_can_be_read() -> None:
    part = read_part(row(counts='{"stored": 5, "counted_by_a_later_version": 1}'))
    assert part.counts == Counts(stored=5)


def test_an_error_without_its_later_columns_can_be_read() -> None:
    part = read_part(row(error_message=None, error_hint=None, error_exit_code=None))
    assert part.error == ErrorInfo("x", "", "", 75)
