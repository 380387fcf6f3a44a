from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inboxsync.mail.file_names import safe_name

SAFE = {
    "report.pdf": "report.pdf",
    "../../etc/passwd": "passwd",
    "/etc/passwd": "passwd",
    "C:\\Users\\ana\\bill.pdf": "bill.pdf",
    "\\\\server\\share\\bill.pdf": "bill.pdf",
    "con.txt": "_con.txt",
    "NUL": "_NUL",
    "com1.tar.gz": "_com1.tar.gz",
    "LPT²": "_LPT²",
    "console.txt": "console.txt",
    "bill.pdf. . ": "bill.pdf",
    "bill.pdf:hidden": "bill.pdf_hidden",
    'a<b>c"d|e?f*g': "a_b_c_d_e_f_g",
    ".htaccess": "_.htaccess",
    "-rf": "_-rf",
    "~root": "_~root",
    "a\0b\x1b[31m.txt": "ab[31m.txt",
    "invoice\u202efdp.exe": "invoicefdp.exe",
    "zero\u200bwidth.txt": "zerowidth.txt",
    "e\u0301tat.pdf": "état.pdf",
    "two  words\t.txt": "two words.txt",
    "...": "attachment-3",
    "": "attachment-3",
    " / ": "attachment-3",
    "日程表.pdf": "日程表.pdf",
}


@pytest.mark.parametrize("name", SAFE)
def test_a_name_becomes_one_that_every_file_system_takes(name: str) -> None:
    assert safe_name(name, 2) == SAFE[name]


def test_no_name_is_a_number() -> None:
    assert safe_name(None, 0) == "attachment-1"


def test_a_long_name_keeps_its_extension_and_its_characters_whole() -> None:
    made = safe_name("é" * 300 + ".docx", 0)
    assert (made[-5:], made[:-5].strip("é"), len(made.encode()) in (199, 200)) == (".docx", "", True)


@given(st.text(max_size=400))
@example("\ud800.txt")
@settings(deadline=None, max_examples=300)
def test_whatever_the_name_the_result_is_safe(name: str) -> None:
    made = safe_name(name, 0)
    assert 0 < len(made.encode("utf-8")) <= 200
    assert not set(made) & set('/\\<>:"|?*')
    assert not [character for character in made if unicodedata.category(character)[0] == "C"]
    assert made[-1] not in ". "
    assert made[0] not in ".-~ "
    assert safe_name(made, 0) == made
