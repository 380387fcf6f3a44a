from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.limits import ParseLimits
from inboxsync.mail.parse import parse_message
from inboxsync.mail.part_structure import structure_of
from inboxsync.model.structure import PartStructure
from tests.unit.mail.hazard_mails import HAZARDS
from tests.unit.mail.samples import PNG, RICH, crlf, mail, multipart


def test_each_part_says_what_it_is() -> None:
    octets = mail(
        "Content-Type: multipart/mixed; boundary=b",
        body=multipart(
            "b",
            mail("Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: 8bit", body="Grüße\n"),
            mail(
                "Content-Type: image/png; name=x.png",
                "Content-Disposition: attachment; filename*=utf-8''%C3%A9.png",
                "Content-Transfer-Encoding: Base64",
                body=base64.encodebytes(PNG),
            ),
        ),
    )
    for one in (octets, crlf(octets)):
        assert structure_of(one).children == (
            PartStructure("text/plain", None, None, "utf-8", "8bit", len("Grüße\n".encode())),
            PartStructure("image/png", "attachment", "é.png", None, "base64", len(PNG)),
        )
    whole = structure_of(octets)
    assert (whole.content_type, whole.disposition, whole.transfer_encoding) == ("multipart/mixed", None, "7bit")
    assert whole.size_bytes == len(octets.partition(b"\n\n")[2])


def leaves(part: PartStructure) -> list[PartStructure]:
    return [leaf for child in part.children for leaf in leaves(child)] if part.children else [part]


@pytest.mark.parametrize("octets", [RICH, *HAZARDS.values()])
def test_it_is_the_tree_that_attachments_were_read_from(octets: bytes) -> None:
    shown = leaves(structure_of(octets))
    attached = parse_message(octets).attachments
    assert len(shown) >= len(attached)
    assert {(one.content_type, one.size_bytes) for one in attached} <= {
        (leaf.content_type, leaf.size_bytes) for leaf in shown
    }


def test_limits_hold() -> None:
    octets = mail("Content-Type: multipart/mixed; boundary=b", body=multipart("b", *[mail()] * 50))
    assert len(structure_of(octets, ParseLimits(parts=10)).children) == 9


@given(st.binary(max_size=300))
@settings(deadline=None, max_examples=200)
def test_it_is_total(octets: bytes) -> None:
    assert structure_of(octets).content_type
