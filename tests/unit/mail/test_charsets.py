from __future__ import annotations

import pytest

from inboxsync.mail.charsets import codec_for, decode
from inboxsync.mail.limits import Parsing

NOT_FOR_MAIL = [
    "utf-7",
    "unicode_escape",
    "raw_unicode_escape",
    "idna",
    "punycode",
    "zip",
    "base64",
    "rot13",
    "hex",
    "mbcs",
]


@pytest.mark.parametrize("label", [*NOT_FOR_MAIL, "utf-8\0", "", None])
def test_only_text_codecs_of_mail_are_ever_used(label: str | None) -> None:
    assert codec_for(label) in (None, "utf-8")
    assert decode(b"+AGE-\\u0041", label, Parsing()) == "+AGE-\\u0041"


@pytest.mark.parametrize(
    ("label", "text", "really"),
    [
        ("iso-8859-1", "“quoted” 5 €", "cp1252"),
        ("gb2312", "朱镕基", "gb18030"),
        ("ks_c_5601-1987", "똠방각하", "cp949"),
        ("Shift_JIS", "①日本語", "cp932"),
        ("big5", "中文主題", "big5"),
        ("iso-2022-jp", "日本語の件名", "iso2022_jp"),
        ("koi8-r", "Привет", "koi8_r"),
        ("ISO-8859-8-I", "שלום", "iso8859_8"),
        ("iso-8859-9", "şğı", "cp1254"),
        ("utf-16", "naïve", "utf-16"),
        ("tis-620", "สวัสดี", "cp874"),
        ('"utf-8" euao6', "é", "utf-8"),
        ("us-ascii", "déjà vu", "utf-8"),
        ("no-such-charset", "déjà vu", "utf-8"),
        (None, "déjà vu", "utf-8"),
        ("iso-8859-1", "mislabelled é à ü", "utf-8"),
        (None, "Réunion à Orléans", "latin-1"),
        (None, "Добрый день, высылаю вам документы по договору", "cp1251"),
    ],
)  # fmt: skip
def test_text_comes_right(label: str | None, text: str, really: str) -> None:
    assert decode(text.encode(really), label, Parsing()) == text


def test_a_few_broken_octets_do_not_change_the_charset() -> None:
    parsing = Parsing()
    assert decode("déjà vu, ".encode() * 5 + b"\xff", "utf-8", parsing) == "déjà vu, " * 5 + "\ufffd"
    assert parsing.defects.as_tuple() == ("charset_errors",)


def test_a_wrong_multibyte_label_is_dropped() -> None:
    assert decode("Réunion à Orléans".encode("latin-1"), "utf-8", Parsing()) == "Réunion à Orléans"


def test_unlabelled_html_may_name_its_charset_itself() -> None:
    html = '<meta http-equiv="Content-Type" content="text/html; charset=windows-1250">Zażółć'
    assert decode(html.encode("cp1250"), None, Parsing(), is_html=True) == html


def test_a_mark_of_utf_16_before_other_text_is_none() -> None:
    assert decode(b"\xff\xfeab hello", None, Parsing()).endswith("ab hello")
    assert decode("\ufeffhello".encode("utf-16-le"), None, Parsing()) == "hello"


def test_the_hint_decides_what_nothing_else_does() -> None:
    assert decode("Zażółć".encode("cp1250"), None, Parsing(charset_hint=lambda: "windows-1250")) == "Zażółć"


@pytest.mark.parametrize(("label", "defect"), [("no-such", "charset_unknown"), ("us-ascii", "charset_guessed")])
def test_what_was_guessed_is_told(label: str, defect: str) -> None:
    parsing = Parsing()
    decode(b"caf\xe9", label, parsing)
    assert defect in parsing.defects.as_tuple()
