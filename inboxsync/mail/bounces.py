"""Reports of delivery, told by headers, types and, for old mail systems, words; and the recipients that they name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice

from inboxsync.mail import bounce_phrases
from inboxsync.mail.bounce_subjects import subject_announces
from inboxsync.mail.bounce_text import names_recipients, read_bounce_text
from inboxsync.mail.delivery_status import canonical_address, read_delivery_status
from inboxsync.mail.evidence import Evidence
from inboxsync.mail.other_reports import receipts
from inboxsync.model.conversation import has_prefix
from inboxsync.model.message import DeliveryReport, Report

_READ_BYTES = 256 * 1024
_RECIPIENTS_MAX = 1000
_PARTS_MAX = 20
_TRIED_MAX = 3
_REFUSAL_CHARS = 1000
_HEADER_ADDRESS = re.compile(r"[^\s<>,;\"]{1,64}@[^\s<>,;\"]{1,255}")
_OTHER_REPORTS = frozenset({"message/feedback-report", "message/disposition-notification"})
_NOTICE = re.compile(r"quarantine|digest|summary")
# They write other mail as well.
_POSTMASTERS = frozenset({"postmaster", "post_master", "<>"})


@dataclass(frozen=True, slots=True)
class Delivery:
    """A report of delivery, the sign by which it was told, and what became of the mail to whom."""

    report: Report
    signal: str
    recipients: tuple[DeliveryReport, ...]


def delivery(evidence: Evidence) -> Delivery | None:
    """Read a report of delivery, None where it is none."""
    signal = next(_signs(evidence), None)
    if signal is None:
        return _refusal(evidence)
    recipients = _addressed(_reported(evidence), evidence)
    actions = {recipient.action for recipient in recipients}
    if not recipients and bounce_phrases.says_delayed(evidence.subject, evidence.words):
        return Delivery(Report.DELAYED, signal, _named(evidence, "delayed"))
    if not recipients:
        return Delivery(Report.FAILED, signal, _named(evidence) or _inside(evidence))
    report = Report.FAILED if "failed" in actions else Report.DELAYED if "delayed" in actions else Report.DELIVERED
    return Delivery(report, signal, recipients)


def _signs(evidence: Evidence) -> Iterator[str]:
    if evidence.statuses and _is_of_machine(evidence):
        yield "report-type: delivery-status"
    if evidence.contents(_OTHER_REPORTS):  # of abuse, of reading: mail systems send them too, and give mail back
        return
    if evidence.report_type == "delivery-status":
        yield "report-type: delivery-status"
    if evidence.first("x-failed-recipients") is not None:
        yield "x-failed-recipients"
    daemon = evidence.daemon
    if _is_answer(evidence):
        return
    if daemon and _is_of_daemon(evidence, daemon):
        yield f"from: {daemon}"
    if evidence.returns_to_daemon and _tells(evidence):
        yield "return-path: <>" if evidence.has_null_return_path else "return-path: daemon"
    if (evidence.returns_to_daemon or daemon) and bounce_phrases.announces_failure(evidence.words):
        yield "text: delivery failure"
    if not evidence.first("list-unsubscribe"):  # newsletters speak of such things too
        yield from _signs_of_gateways(evidence)


def _is_of_machine(evidence: Evidence) -> bool:
    """Whether parts for machines are its own, as they are in a multipart/report: people send on those they got."""
    is_of_daemon = evidence.daemon is not None or evidence.returns_to_daemon
    return not _is_answer(evidence) and (is_of_daemon or subject_announces(evidence.subject))


def _is_answer(evidence: Evidence) -> bool:
    """Whether a person, who may be a postmaster, answers a report or sends it on."""
    is_of_system = evidence.has_null_return_path or evidence.daemon not in (None, "postmaster")
    if is_of_system or not has_prefix(evidence.subject):
        return False
    return evidence.first("in-reply-to") is not None or subject_announces(evidence.subject)


def _tells(evidence: Evidence) -> bool:
    """Whether mail that goes back to nobody tells of mail: parcels are not delivered either."""
    if not bounce_phrases.speaks_of_failure(evidence.words):
        return False
    is_headed = subject_announces(evidence.subject) and not has_prefix(evidence.subject)
    return evidence.gives_mail_back or (is_headed and names_recipients(evidence.words, _own(evidence)))


def _signs_of_gateways(evidence: Evidence) -> Iterator[str]:
    """Tell reports that come from any address; people write under the same subjects."""
    if not subject_announces(evidence.subject) or bounce_phrases.greets(evidence.words):
        return
    if evidence.gives_mail_back and bounce_phrases.speaks_of_failure(evidence.words):
        yield "subject: delivery failure"
    if bounce_phrases.begins_with_failure(evidence.words) or bounce_phrases.opens_as_system(evidence.words):
        yield "text: delivery failure"


def _is_of_daemon(evidence: Evidence, daemon: str) -> bool:
    """Whether mail of a mail system is a report of delivery: other mail of theirs is rare, of postmasters it is not."""
    if subject_announces(evidence.subject) or bounce_phrases.says_refused(evidence.words):
        return True
    if daemon in _POSTMASTERS and not evidence.returns_to_daemon:
        return False
    is_notice = _NOTICE.search(evidence.subject.lower()) is not None
    if daemon not in _POSTMASTERS and evidence.returns_to_daemon and not is_notice:
        return True
    is_told = bounce_phrases.speaks_of_failure(evidence.words) or evidence.gives_mail_back
    return is_told or (not is_notice and names_recipients(evidence.words, _own(evidence)))


def _reported(evidence: Evidence) -> tuple[DeliveryReport, ...]:
    """Read what is made for machines; some systems label that part as plain text, or leave it in the body."""
    if found := read_delivery_status(b"\n\n".join(octets[:_READ_BYTES] for octets in evidence.statuses[:_PARTS_MAX])):
        return found
    texts = (one.content for one in evidence.attachments if one.content_type.startswith("text/"))
    return _first_found(chain(texts, [evidence.text[:_READ_BYTES].encode("utf-8", "replace")]))


def _inside(evidence: Evidence) -> tuple[DeliveryReport, ...]:
    """Read a report that another system has wrapped into its own, which names nobody."""
    found = _first_found(evidence.returned)
    return tuple(report for report in found if report.action == "failed")


def _first_found(parts: Iterable[bytes]) -> tuple[DeliveryReport, ...]:
    """Read the first of some parts that name a recipient as reports for machines do; no more than a few are tried."""
    beginnings = (octets[:_READ_BYTES] for octets in parts)
    promising = islice((octets for octets in beginnings if b"final-recipient:" in octets.lower()), _TRIED_MAX)
    return next(filter(None, map(read_delivery_status, promising)), ())


def _refusal(evidence: Evidence) -> Delivery | None:
    """Read with what a Sieve script refuses mail where that is a receipt: deleted by a machine (RFC 5429 §2.1)."""
    said = f"{evidence.first('auto-submitted') or ''} {evidence.words[:_REFUSAL_CHARS]}"
    notices = evidence.contents({"message/disposition-notification"})
    if not notices or "rejected" not in said.lower() or b"automatic-action" not in notices[0][:_READ_BYTES].lower():
        return None
    why = " ".join(evidence.words[:_REFUSAL_CHARS].split())
    refused = [replace(one, action="failed", diagnostic=why) for one in receipts(notices[0]) if one.action == "deleted"]
    return Delivery(Report.FAILED, "disposition: rejected", tuple(refused)) if refused else None


def _addressed(reports: tuple[DeliveryReport, ...], evidence: Evidence) -> tuple[DeliveryReport, ...]:
    """Give files and programs that mail could not be put into the addresses that exim's header has for them."""
    known = _header_addresses(evidence)
    if len(known) != len(reports) or all("@" in report.address for report in reports):
        return reports
    pairs = zip(reports, known, strict=True)
    return tuple(one if "@" in one.address else replace(one, address=address) for one, address in pairs)


def _header_addresses(evidence: Evidence) -> list[str]:
    known = _HEADER_ADDRESS.findall(", ".join(evidence.headers.get("x-failed-recipients", ())))
    return [canonical_address(address) for address in islice(dict.fromkeys(known), _RECIPIENTS_MAX)]


def _named(evidence: Evidence, action: str = "failed") -> tuple[DeliveryReport, ...]:
    """Take the recipients from exim's header and from the words of the report."""
    return read_bounce_text(evidence.words, _own(evidence), _header_addresses(evidence), action=action)


def _own(evidence: Evidence) -> set[str]:
    """Give the addresses of those who write and get the report."""
    return {address.address.lower() for address in (*evidence.recipients, *filter(None, [evidence.author]))}
