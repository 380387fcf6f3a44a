from __future__ import annotations

from inboxsync.model.structure import PartStructure
from inboxsync.render.structure import structure_json, structure_text

TEXT = PartStructure("text/plain", None, None, "utf-8", "quoted-printable", 1_234)
FILE = PartStructure("application/pdf", "attachment", "a\x1b[2J\u202e.pdf", None, "base64", 35)
WHOLE = PartStructure("multipart/mixed", None, None, None, "7bit", 2_000_000, (TEXT, FILE))


def test_people_see_a_line_for_each_part_and_nothing_that_acts_on_a_terminal() -> None:
    lines = structure_text(WHOLE).split("\n")
    assert lines[:2] == ["multipart/mixed (2.0 MB)", "  text/plain (utf-8, quoted-printable, 1.2 kB)"]
    assert lines[2].startswith('  application/pdf (attachment, "a')
    assert lines[2].endswith('.pdf", base64, 35 B)')
    assert not {"\x1b", "\u202e"} & set(lines[2])


def test_programs_get_the_same_as_data() -> None:
    told = structure_json(WHOLE)
    assert list(told) == [
        "content_type", "disposition", "filename", "charset", "transfer_encoding", "size_bytes", "children",
    ]  # fmt: skip
    assert [child["size_bytes"] for child in told["children"]] == [1_234, 35]
