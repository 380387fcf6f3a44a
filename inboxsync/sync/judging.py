"""What a filter and rules decide about mail that is here already, and why. Pure but for the octets it is handed.

The facts come from the columns where these say exactly what the octets say, else from the octets: the verdict is the
same either way, and the one that a sync would come to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from inboxsync.errors import OctetsPruned, StoreCorrupt
from inboxsync.mail.dates import received_at
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.rules.decode import decode_filter, decode_rules
from inboxsync.rules.evaluate import compile_filter, compile_rules
from inboxsync.rules.facts import Facts
from inboxsync.rules.parts import asks_company, fields_named, needs_octets, nodes_of, parts_read
from inboxsync.rules.reasons import Reasons

if TYPE_CHECKING:
    from inboxsync.model.judging import Part, StoredMail
    from inboxsync.model.message import ParsedMessage
    from inboxsync.rules.nodes import Node, Rule
    from inboxsync.rules.routing import Routing

NOT_READABLE = "its stored octets are missing or damaged"
# Mail of a file, or of an integration that was removed: fields of it are missing.
NOBODY = Integration(uuid="", name="", email="", endpoint=Endpoint("", 0, TlsMode.IMPLICIT, ""))


class Ruling(StrEnum):
    """What becomes of a message: taken, refused by the filter, or set aside because it took too long to decide."""

    TAKEN = "taken"
    REFUSED = "refused"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One verdict. `why` is the JSON pointer of what decided in the filter; `routing` is there for taken mail."""

    ruling: Ruling
    fault: str | None = None
    why: str | None = None
    routing: Routing | None = None

    @property
    def actions(self) -> Mapping[str, object]:
        """What the rules ask for, as data; empty where there are none or nothing is taken."""
        found = self.routing.as_data()["actions"] if self.routing else {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Judge:
    """A filter and rules, decoded and compiled. Without filter all mail is taken; without rules nothing is routed."""

    filter: Node | None
    rules: tuple[Rule, ...]
    monotonic: Callable[[], float]
    fields: frozenset[str] = field(init=False)
    parts: frozenset[Part] = field(init=False)
    _decide: Callable[[Facts], Judgement] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        fields = fields_named(nodes_of(self.filter, self.rules))
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "parts", parts_read(fields))
        object.__setattr__(self, "_decide", _compiled(self.filter, self.rules, self.monotonic))

    @classmethod
    def of(
        cls, filter_json: str | bytes | None, rules_json: str | bytes | None, monotonic: Callable[[], float]
    ) -> Judge:
        """Decode both. Raises FilterInvalid with every fault."""
        node = None if filter_json is None else decode_filter(filter_json)
        rules = () if rules_json is None else decode_rules(rules_json)
        return cls(node, rules, monotonic)

    @property
    def needs_octets(self) -> bool:
        """Whether it asks what only the octets and today's settings answer."""
        return needs_octets(self.fields)

    @property
    def asks_company(self) -> bool:
        """Whether our number of the company is to be looked up."""
        return asks_company(self.fields)

    def judge(self, facts: Facts) -> Judgement:
        """Decide about one message. Never raises."""
        return self._decide(facts)


def _compiled(
    node: Node | None, rules: tuple[Rule, ...], monotonic: Callable[[], float]
) -> Callable[[Facts], Judgement]:
    filter_, reasons = compile_filter(node, monotonic), Reasons(node, monotonic)
    routes = compile_rules(rules, monotonic) if rules else None

    def decide(facts: Facts) -> Judgement:
        verdict = filter_.decide(facts)
        if verdict.fault is not None:
            return Judgement(Ruling.FAULT, verdict.fault)
        why = reasons.why(facts)
        if not verdict.taken:
            return Judgement(Ruling.REFUSED, why=why)
        routing = routes.route(facts, verdict.spent_s) if routes else None
        if routing is not None and routing.fault is not None:
            return Judgement(Ruling.FAULT, routing.fault, routing=routing)
        return Judgement(Ruling.TAKEN, why=why, routing=routing)

    return decide


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What facts of stored mail need beside the mail: whose it is, the time, and the way to octets.

    `integrations` and `companies` (our ids) are by the integration's id. `octets` answers what is kept of a message by
    our id, None where nothing is; it may raise StoreCorrupt and OctetsPruned.
    """

    integrations: Mapping[int, Integration]
    companies: Mapping[int, int | None]
    now: datetime
    trusted_authserv_ids: Collection[str]
    octets: Callable[[int], bytes | None]

    def facts(self, mail: StoredMail, *, from_octets: bool = False) -> Facts | None:
        """Gather what filter and rules may ask of a stored message; None where neither rows nor octets can tell."""
        parsed = None if from_octets else mail.parsed
        if parsed is None:
            parsed = self.parsed(mail)
        return None if parsed is None else self._facts(mail, parsed)

    def parsed(self, mail: StoredMail) -> ParsedMessage | None:
        """Read a stored message from its octets, as the run that stored it did."""
        try:
            octets = self.octets(mail.id)
        except (StoreCorrupt, OctetsPruned):
            return None
        if octets is None:
            return None
        from inboxsync.mail.parse import parse_message  # most stored mail is judged without it
        from inboxsync.sync.ingest import with_sane_date

        return with_sane_date(parse_message(octets, trusted_authserv_ids=self.trusted_authserv_ids), mail.stored_at)

    def _facts(self, mail: StoredMail, parsed: ParsedMessage) -> Facts:
        integration_id = mail.place.integration_id
        return Facts.of(
            parsed,
            flags=mail.flags,
            folder=mail.place.folder,
            integration=self.integrations.get(integration_id, NOBODY),
            size_bytes=mail.size_bytes,
            received_at=received_at(mail.internal_date, parsed, mail.stored_at),
            now=self.now,
            company_id=self.companies.get(integration_id),
        )
