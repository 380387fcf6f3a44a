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


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("ISO 8859-1", "cp1252"), ("windows1251", "cp1251"), ("Windows_1250", "cp1250"),
        ("pl_PL.ISO8859-2", "iso8859_2"),
        ("X-GB2312", "gb18030"), ("iso-8859-15; format=flowed", "iso8859_15"), ("csISOLatin2", "iso8859_2"),
        ("(none)", None), ("x-", None), ("-", None), ("8859", None), ("utf-7", None), ("x" * 10_000, None),
    ],
)  # fmt: skip
def test_labels_that_differ_in_nothing_that_matters(label: str, codec: str | None) -> None:
    assert codec_for(label) == codec


@pytest.mark.parametrize(
    "label",
    ["iso-8859-2", "windows-1250", "koi8-r", "windows-1251", "gb2312", "shift_jis", "iso-8859-9", "big5", "euc-kr"],
)
@pytest.mark.parametrize("text", ["Ihre Bestellung für Größe 12 är klar", "邮件无法发送", "Ваш заказ готов"])
def test_utf_8_under_another_label(label: str, text: str) -> None:
    parsing = Parsing()
    assert decode(text.encode(), label, parsing) == text
    assert parsing.defects.as_tuple() == ("charset_mislabelled",)


@pytest.mark.parametrize(
    ("label", "text"),
    [("windows-1251", "Ні"), ("gb2312", "谢谢"), ("tis-620", "รถ"), ("koi8-r", "дё"), ("windows-1250", "ČŠ")],
)
def test_what_is_valid_utf_8_by_chance_stays_what_it_is_said_to_be(label: str, text: str) -> None:
    codec = codec_for(label)
    assert codec is not None
    assert decode(text.encode(codec), label, Parsing()) == text


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"5 \xe2\x82", "5 \ufffd"),  # cut in a character
        (b"oxyg\xc3", "oxyg\ufffd"),
        (b"caf\xe9", "café"),  # not UTF-8 at all
        (b"MEN\xdc", "MENÜ"),
        (b"\xed\xa0\xbd\xed\xb2\xa9 \xc3\xa9", "\U0001f4a9 é"),  # pairs of UTF-16, each half for itself
        (b"\xed\xa0\xbd" + b" caf\xc3\xa9" * 9, "\ufffd\ufffd\ufffd" + " café" * 9),
    ],
)
def test_broken_utf_8(octets: bytes, text: str) -> None:
    assert decode(octets, "utf-8", Parsing()) == text


@pytest.mark.parametrize(
    ("label", "codec"), [("utf-16", "utf-16-be"), ("utf-16", "utf-16-le"), ("utf-32", "utf-32-be")]
)
def test_utf_16_and_32_without_a_mark(label: str, codec: str) -> None:
    assert decode("Grüße, Łukasz".encode(codec), label, Parsing()) == "Grüße, Łukasz"


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


@pytest.mark.parametrize("hint", ["utf-16", "utf-32", "iso-2022-jp", "euc-jp", "utf-8", "us-ascii"])
def test_a_hint_that_cannot_be_is_none(hint: str) -> None:
    assert decode(b"Gr\xfc\xdfe", None, Parsing(charset_hint=lambda: hint)) == "Grüße"


@pytest.mark.parametrize("hint", ["koi8-r", "windows-1251", "windows-1253", "windows-1255", "windows-1256"])
def test_a_hint_that_makes_words_of_two_scripts_is_none(hint: str) -> None:
    assert decode("Müller, Jörg".encode("latin-1"), None, Parsing(charset_hint=lambda: hint)) == "Müller, Jörg"
    assert decode("SMSки".encode("cp1251"), None, Parsing(charset_hint=lambda: "windows-1251")) == "SMSки"


@pytest.mark.parametrize(("label", "defect"), [("no-such", "charset_unknown"), ("us-ascii", "charset_guessed")])
def test_what_was_guessed_is_told(label: str, defect: str) -> None:
    parsing = Parsing()
    decode(b"caf\xe9", label, parsing)
    assert defect in parsing.defects.as_tuple()
