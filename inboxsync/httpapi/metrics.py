"""Metrics for Prometheus, collected from the store when asked: no registry of the process, no state of their own.

The same collector answers `/metrics` and writes the file for node_exporter's textfile collector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from inboxsync import __version__
from inboxsync.render.standing import StateWord

if TYPE_CHECKING:
    from datetime import datetime

    from prometheus_client.core import Metric

    from inboxsync.httpapi.counters import Counters
    from inboxsync.model.figures import Figures
    from inboxsync.render.status import StatusLine

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is told at one instant. Without `whole_store` nothing but these integrations is."""

    lines: Sequence[StatusLine]
    figures: Figures
    whole_store: bool = True
    counters: Counters | None = None


def exposition(snapshot: Snapshot) -> bytes:
    """Write the text format 0.0.4; metrics and labels in the order of the collector."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StoreCollector(snapshot))
    return generate_latest(registry)


class StoreCollector(Collector):
    """Gives one snapshot as metrics."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        """Give every metric."""
        lines = self._snapshot.lines
        yield _times("last_success", "End of the last run that was success or partial", lines, _last_success)
        yield _times("last_run", "End of the last run", lines, _last_end)
        yield _durations(lines)
        yield _states(lines)
        yield _active(lines)
        yield from self._by_fate()
        yield self._last_run()
        yield self._failures()
        yield _gauge("tickets", "Tickets made from mail", [(_name(line), line.totals.tickets) for line in lines])
        yield _gauge(
            "pending_messages", "Messages to be fetched", [(_name(line), line.totals.pending) for line in lines]
        )
        yield _gauge("failed_runs_in_a_row", "Runs failed in a row", [(_name(line), _in_a_row(line)) for line in lines])
        yield from self._of_the_store()

    def _by_fate(self) -> Iterator[Metric]:
        fates = CounterMetricFamily(
            "inboxsync_messages", "Messages the server listed, by what became of them", labels=["integration", "fate"]
        )
        stored = GaugeMetricFamily("inboxsync_stored_bytes", "Octets of mail with content", labels=["integration"])
        for line in self._snapshot.lines:
            figures = self._snapshot.figures.of(line.integration.id)
            for fate, count in sorted(figures.fates.items()):
                fates.add_metric([_name(line), fate], count)
            stored.add_metric([_name(line)], figures.bytes)
        yield fates
        yield stored

    def _last_run(self) -> Metric:
        family = GaugeMetricFamily(
            "inboxsync_last_run_messages", "What the last run did, by its counts", labels=["integration", "count"]
        )
        for line in self._snapshot.lines:
            counts = self._snapshot.figures.of(line.integration.id).last_counts
            for count in ("fetched", "stored", "quarantined"):
                family.add_metric([_name(line), count], counts.get(count, 0))
        return family

    def _failures(self) -> Metric:
        family = CounterMetricFamily(
            "inboxsync_sync_failures", "Failed runs by the class of the error", labels=["integration", "code"]
        )
        for line in self._snapshot.lines:
            for code, count in sorted(self._snapshot.figures.of(line.integration.id).failures.items()):
                family.add_metric([_name(line), code], count)
        return family

    def _of_the_store(self) -> Iterator[Metric]:
        if not self._snapshot.whole_store:
            return
        size, counters = self._snapshot.figures.store_bytes, self._snapshot.counters
        if size is not None:
            yield GaugeMetricFamily("inboxsync_store_bytes", "Size of the database", value=size)
        if counters is not None:
            requests = CounterMetricFamily("inboxsync_http_requests", "Requests answered", labels=["outcome"])
            requests.add_metric(["success"], counters.successful)
            requests.add_metric(["failure"], counters.failed)
            yield requests
        yield InfoMetricFamily("inboxsync_build", "Version of inboxsync", value={"version": __version__})


def _gauge(name: str, text: str, values: Sequence[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(f"inboxsync_{name}", text, labels=["integration"])
    for integration, value in values:
        family.add_metric([integration], value)
    return family


def _times(name: str, text: str, lines: Sequence[StatusLine], when: Callable[[StatusLine], datetime | None]) -> Metric:
    moments = [(_name(line), when(line)) for line in lines]
    return _gauge(f"{name}_timestamp_seconds", text, [(one, at.timestamp()) for one, at in moments if at is not None])


def _last_success(line: StatusLine) -> datetime | None:
    return line.state.last_success_at if line.state else None


def _last_end(line: StatusLine) -> datetime | None:
    return line.state.last_finished_at if line.state else None


def _durations(lines: Sequence[StatusLine]) -> Metric:
    spans = [
        (_name(line), (line.state.last_finished_at - line.state.last_started_at).total_seconds())
        for line in lines
        if line.state and line.state.last_finished_at and line.state.last_started_at
    ]
    # A run that goes on began after the last one ended.
    return _gauge("sync_duration_seconds", "How long the last run took", [one for one in spans if one[1] >= 0])


def _states(lines: Sequence[StatusLine]) -> Metric:
    family = GaugeMetricFamily(
        "inboxsync_integration_state", "1 for the state it is in", labels=["integration", "state"]
    )
    for line in lines:
        for word in StateWord:
            family.add_metric([_name(line), word.value], int(line.standing.state is word))
    return family


def _active(lines: Sequence[StatusLine]) -> Metric:
    values = [(_name(line), int(line.integration.active)) for line in lines]
    return _gauge("integration_active", "1 where it is switched on", values)


def _in_a_row(line: StatusLine) -> int:
    return line.state.failures if line.state else 0


def _name(line: StatusLine) -> str:
    return line.integration.name
