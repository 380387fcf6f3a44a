"""Shapes of real mail that parsers read differently, each as the smallest message that shows it."""

from __future__ import annotations

import pytest

from inboxsync.mail.parse import parse_message
from tests.unit.mail.samples import crlf, values


def both(octets: bytes) -> None:
    assert values(parse_message(crlf(octets))) == values(parse_message(octets))


TEXTS = {
    "boundary with a comment": (b"Content-Type: multipart/mixed; boundary=abc (x)\n\n--abc\n\nhi\n--abc--\n", "hi"),
    "boundary with a semicolon": (b"Content-Type: multipart/mixed; boundary=a;b\n\n--a;b\n\nhi\n--a;b--\n", "hi"),
    "boundary with an equals sign": (b"Content-Type: multipart/mixed; boundary====a\n\n--===a\n\nhi\n--===a--\n", "hi"),
    "boundary that ends in a blank": (b'Content-Type: multipart/mixed; boundary="a "\n\n--a\n\nhi\n--a--\n', "hi"),
    "no boundary": (b"Content-Type: multipart/mixed\n\n--a\nContent-Type: text/plain\n\nhi\n--a--\n", "hi"),
    "no boundary and no part header": (b"Content-Type: multipart/mixed\n\n--a\n\nhi\n--a--\n", "hi"),
    "parts behind the close": (b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\nhi\n--a--\n--a\n\nx", "hi"),
    "no blank line before the first part": (
        b"Content-Type: multipart/mixed; boundary=a\nMIME-Version: 1.0\n--a\nContent-Type: text/plain\n\nhi\n--a--\n",
        "hi",
    ),
    "inner multipart closed by the outer": (
        b"Content-Type: multipart/a; boundary=o\n\n--o\nContent-Type: multipart/b; boundary=i\n\n--i\n\n1\n--o\n\n2",
        "1\n2",
    ),
    "no subtype": (b"Content-Type: multipart/ x=y; boundary=b\n\n--b\n\nhi\n--b--\n", "hi"),
    "nothing but a close": (b"Content-Type: multipart/mixed; boundary=b\n\n--b--\n", ""),
    "part that is all header": (b"Content-Type: multipart/mixed; boundary=b\n\n--b\nX-A: y\n--b\n\nhi\n--b--\n", "hi"),
    "text begins without a blank line": (b"Subject: a\nHello there,\n\nmore\n", "Hello there,\n\nmore\n"),
    "blanks around the slash": (b"Content-Type: text / plain ; charset = utf-8\n\n\xc3\xa9", "\xe9"),
    "no semicolon after the type": (b"Content-Type: text/plain charset=koi8-r\n\n\xf0\xd2\xc9", "\u041f\u0440\u0438"),
    "quoted name of an encoding": (b'Content-Transfer-Encoding: "base64"\n\nYWJj\n', "abc"),
    "name of an encoding in two words": (b"Content-Transfer-Encoding: Quoted Printable\n\na=3Db", "a=b"),
    "name of an encoding and a comment": (b"Content-Transfer-Encoding: base64 (of course)\n\nYWJj\n", "abc"),
    "url-safe digits": (b"Content-Transfer-Encoding: base64\n\nY2Fm-w6k=\n", "caf\xe9"),
    "impossible escape": (b"Content-Transfer-Encoding: quoted-printable\n\n=ZZ =3d =\n", "=ZZ = "),
    "blanks behind soft breaks": (b"Content-Transfer-Encoding: quoted-printable\n\na= \t\nb  \nc", "ab\nc"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_the_text_is_found(name: str) -> None:
    octets, expected = TEXTS[name]
    assert parse_message(octets).body_text == expected
    both(octets)


SUBJECTS = {
    "=?utf-8?Q?a?= =?utf-8?Q?b?=": "ab",
    "=?utf-8?Q?a?==?utf-8?Q?b?=": "ab",
    "=?utf-8?Q?a?=\n =?iso-8859-1?Q?=E9?= c": "aé c",
    "=?utf-8?B?YWI?= =?utf-8?B?YQ?=": "aba",
    "=?utf-8?B?YWJ?= =?utf-8?B?j?=": "abc",
    "=?utf-8?Q?What?_now?=": "What? now",
    "=?utf-8?Q?=5Ba=5D_b=3F=3D?=": "[a] b?=",
    "=?utf-8?B?YWI?YWI=?=": "=?utf-8?B?YWI?YWI=?=",
    "=?utf-8?Q?not ended": "=?utf-8?Q?not ended",
    "=?utf-8*de?Q?gr=C3=BCn?=": "grün",
    "x=?utf-8?q?y?=z": "xyz",
    '"=?utf-8?Q?a_b?="': '"a b"',
    "=?utf-8?Q??= x": "x",
    "=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=": "日本",
    "=?no-such?Q?=C3=A9?=": "é",
    "a\n \n b": "a  b",
}


@pytest.mark.parametrize("sent", SUBJECTS)
def test_the_subject_is_decoded(sent: str) -> None:
    octets = f"Subject: {sent}\n\nx".encode()
    assert parse_message(octets).subject == SUBJECTS[sent]
    both(octets)


@pytest.mark.parametrize(
    ("charset", "text"),
    [("utf-8", "café 日本"), ("iso-8859-1", "café"), ("koi8-r", "Привет, как дела сегодня"),
     ("shift_jis", "請求書を送ります"), ("gb18030", "您好请查收附件发票")],
)  # fmt: skip
def test_raw_octets_of_a_subject_are_recognised(charset: str, text: str) -> None:
    assert parse_message(b"Subject: " + text.encode(charset) + b"\n\nx").subject == text


PEOPLE = {
    'John <j@x.example>, "Roe, R" <r@x.example>': [("John", "j@x.example"), ("Roe, R", "r@x.example")],
    "=?utf-8?Q?Doe=2C_J?= <j@x.example>": [("Doe, J", "j@x.example")],
    "j@x.example (John Doe)": [("John Doe", "j@x.example")],
    "Pete(A nice \\) chap) <pete(his account)@x.example(his host)>": [("Pete", "pete@x.example")],
    '"Giant; \\"Big\\" Box" <s@x.example>': [('Giant; "Big" Box', "s@x.example")],
    "A Group:Ed <e@x.example>,joe@y.example;, undisclosed-recipients:;": [("Ed", "e@x.example"), ("", "joe@y.example")],
    "Hidden (nobody):(nobody (that I know)) ;": [],
    "Mary <@route.example:mary@x.example>, , jdoe@x  . example": [("Mary", "mary@x.example"), ("", "jdoe@x.example")],
    '"a@x.example" <b@x.example>, c@d.e <f@g.h>': [("a@x.example", "b@x.example"), ("c@d.e", "f@g.h")],
    "<mailto:m@x.example>, 'q' <j@x.example": [("", "m@x.example"), ("'q'", "j@x.example")],
    "j..k@x.example, .l@x.example": [("", "j..k@x.example"), ("", ".l@x.example")],
    '"unclosed <u@x.example>': [("unclosed", "u@x.example")],
}  # fmt: skip


@pytest.mark.parametrize("sent", PEOPLE)
def test_people_are_found(sent: str) -> None:
    found = parse_message(f"To: {sent}\n\nx".encode()).to
    assert [(each.name, each.address) for each in found] == PEOPLE[sent]


NAMES = {
    "attachment filename=a.pdf": "a.pdf",
    "attachment; filename==?utf-8?Q?=C3=A9.pdf?=": "é.pdf",
    "attachment; filename*=%E2%82%AC.pdf": "€.pdf",
    "attachment; filename*=\"utf-8''%E2%82%AC.pdf\"": "€.pdf",
    'attachment; filename*0="=?utf-8?Q?a"; filename*1="b?=.pdf"': "ab.pdf",
    'attachment; filename="a\\"b.pdf"': 'a"b.pdf',
    'attachment; filename="long\n name.pdf"': "long name.pdf",
    "attachment; FileName=A.PDF": "A.PDF",
}


@pytest.mark.parametrize("sent", NAMES)
def test_the_name_of_a_file_is_found(sent: str) -> None:
    octets = f"Content-Disposition: {sent}\n\nx".encode()
    assert [each.filename for each in parse_message(octets).attachments] == [NAMES[sent]]
    both(octets)
