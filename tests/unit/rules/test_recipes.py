"""What people write most: each recipe takes the message it is meant for and leaves the one it is not."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from inboxsync.rules.facts import Facts
from tests.unit.rules.samples import Situation, facts, message, takes

TABLE = "<p>Report</p>\n<table>\n<tr><td>1</td></tr>\n</table>\n"


def sent_by(address: str, subject: str = "Hello", **fields: object) -> Facts:
    return facts(from_=(address,), subject=subject, **fields)


def at(folder: str = "INBOX", *flags: str, sender: str = "ann@vendor.example") -> Facts:
    return facts(message(from_=(sender,)), Situation(folder=folder, flags=flags))


def field(name: str, operator: str, operand: object) -> dict[str, object]:
    return {"field": name, operator: operand}


@dataclass(frozen=True)
class Recipe:
    """A filter, a message it takes, and one that it leaves."""

    name: str
    filter_: dict[str, object]
    taken: Facts
    left: Facts


VENDOR = "ann@vendor.example"
RECIPES = (
    Recipe("one sender domain", field("from.domain", "equals", "vendor.example"),
           sent_by("Ann@Vendor.Example"), sent_by("ann@mail.vendor.example")),
    Recipe("one of several domains", field("from.domain", "in", ["vendor.example", "partner.example"]),
           sent_by("bob@partner.example"), sent_by("bob@other.example")),
    Recipe("unread only", field("is_unread", "equals", True), at(), at("INBOX", "\\Seen")),
    Recipe("one folder", field("mailbox.folder", "equals", "Support/Open"), at("support/open"), at("Support")),
    Recipe("subject begins with a tag", field("subject", "starts_with", "[Urgent]"),
           sent_by(VENDOR, "[URGENT] Down"), sent_by(VENDOR, "Re: [Urgent] Down")),
    Recipe("subject names a ticket", field("subject", "matches", r"ticket\s*#?\d{3,}"),
           sent_by(VENDOR, "About TICKET #1234"), sent_by(VENDOR, "About ticket #12")),
    Recipe("no monitoring noise", field("subject", "not_matches", r"^\[(nagios|monitor)\]"),
           sent_by(VENDOR, "Nagios licence"), sent_by(VENDOR, "[Nagios] host down")),
    Recipe("word in the body", field("body", "contains", "refund"),
           sent_by(VENDOR, body_text="a Refund please"), sent_by(VENDOR, body_text="thanks")),
    Recipe("body has an HTML table, over several lines", field("body", "matches", r"<table.*</table>"),
           sent_by(VENDOR, body_text="Report 1", body_html=TABLE), sent_by(VENDOR, body_html="<p>table</p>")),
    Recipe("one sender", field("from.address", "equals", "ann@vendor.example"),
           sent_by("ANN@vendor.example"), sent_by("bob@vendor.example")),
    Recipe("domain and subject",
           {"all": [field("from.domain", "equals", "vendor.example"), field("subject", "contains", "order")]},
           sent_by(VENDOR, "Your Order"), sent_by(VENDOR, "Your offer")),
    Recipe("either of two senders",
           {"any": [field("from.address", "equals", VENDOR), field("from.address", "equals", "eve@partner.example")]},
           sent_by("eve@partner.example"), sent_by("eve@vendor.example")),
    Recipe("a vendor without its newsletters",
           {"all": [field("from.domain", "equals", "vendor.example"),
                    {"none": [field("subject", "contains", "newsletter"), field("subject", "contains", "webinar")]}]},
           sent_by(VENDOR, "Invoice"), sent_by(VENDOR, "Join our Webinar")),
    Recipe("word in subject or body",
           {"any": [field("subject", "contains", "outage"), field("body", "contains", "outage")]},
           sent_by(VENDOR, body_html="<b>Outage</b>"), sent_by(VENDOR, "Outing", body_text="out")),
    Recipe("it says where to reply", field("reply_to.addresses", "present", True),
           facts(reply_to=(VENDOR,)), facts()),
    Recipe("not what is read already", field("flags", "not_equals", "\\Seen"),
           at("INBOX", "\\Flagged"), at("INBOX", "\\Flagged", "\\Seen")),
    Recipe("any author of a list", field("from.addresses", "in", ["a@example.com", "b@example.com"]),
           facts(from_=("x@example.com", "b@example.com")), facts(from_=("x@example.com",))),
    Recipe("a copy for somebody", field("cc", "contains", "boss@example.com"),
           facts(cc=("x@example.com", "Boss@example.com")), facts(to=("boss@example.com",))),
    Recipe("ids of one server", field("message_id", "starts_with", "<srv-"),
           facts(message_id="srv-9@example.com"), facts(message_id="x-srv-9@example.com")),
    Recipe("folder, domain and unread",
           {"all": [field("folder", "equals", "INBOX"), field("from.domain", "equals", "vendor.example"),
                    field("is_unread", "equals", True)]},
           at(), at("INBOX", "\\Seen")),
    Recipe("to support, and no out-of-office",
           {"all": [field("to", "contains", "support@"),
                    field("subject", "not_matches", "out of office|automatic reply")]},
           facts(to=("support@example.com",), subject="Help"),
           facts(to=("support@example.com",), subject="Out of Office: x")),
    Recipe("certain senders with an order number",
           {"all": [field("from.address", "in", [VENDOR]), field("body", "matches", r"\bPO-\d+\b")]},
           sent_by(VENDOR, body_text="see PO-77\n"), sent_by(VENDOR, body_text="see PO-x")),
    Recipe("nobody in copy", field("cc", "absent", True), facts(to=(VENDOR,)), facts(cc=(VENDOR,))),
    Recipe("a client, also behind a mailing service",
           {"any": [field("from.domain", "equals", "client.example"),
                    field("reply_to.addresses", "matches", r"@client\.example$")]},
           facts(from_=("x@service.example",), reply_to=("y@client.example",)),
           facts(from_=("x@service.example",), reply_to=("y@client.example.net",))),
    Recipe("first mails of a sender, no replies",
           {"all": [field("from.address", "equals", VENDOR), field("subject", "not_contains", "Re:")]},
           sent_by(VENDOR, "Question"), sent_by(VENDOR, "RE: Question")),
)  # fmt: skip


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_recipe_takes_what_it_means_and_leaves_the_rest(recipe: Recipe) -> None:
    assert takes(recipe.filter_, recipe.taken)
    assert not takes(recipe.filter_, recipe.left)


def test_all_25_are_here() -> None:
    assert len(RECIPES) == 25
