"""Make mail of all kinds from a seed: the same seed gives the same octets on every machine."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from devtools.corpus import compose
from devtools.corpus.specimen import Enclosed, Specimen

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
PEOPLE = (
    ("Ada Example", "ada@example.com"),
    ("Björn Ågren", "bjorn@example.org"),
    ("Chloé Lefèvre", "chloe@example.net"),
    ("Δήμητρα", "dimitra@example.com"),
    ("Eve, Sales", "eve@example.org"),
    ("中村 花子", "hanako@example.net"),
)
WORDS = (
    "invoice", "order", "delivery", "question", "about", "the", "new", "contract", "meeting", "tomorrow", "report",
    "of", "last", "week", "please", "find", "attached", "summary", "printer", "does", "not", "work", "password",
    "reset", "request", "thank", "you", "for", "your", "quick", "answer", "customer", "number", "shipment", "late",
)  # fmt: skip
FILES = (
    ("report.pdf", "application/pdf"),
    ("photo.jpg", "image/jpeg"),
    ("Übersicht März.xlsx", "application/vnd.ms-excel"),
    ("日程表.pdf", "application/pdf"),
    ("notes.txt", "application/octet-stream"),
)
TAILS = ("", "", "", " – nächste Woche", " déjà payé", " 請求書", " заказ", " ✓")
TOPICS = ("Invoice", "Order", "Question", "Delivery", "Complaint", "Offer", "Appointment", "Renewal")


@dataclass(slots=True)
class Writer:
    """The state of one seeded series."""

    random: random.Random
    domain: str
    number: int = 0

    def next_id(self) -> str:
        """A Message-ID of this series."""
        return f"{self.number:06d}.{self.random.getrandbits(32):08x}@{self.domain}"

    def boundary(self, kind: str) -> str:
        """A boundary as mailers make them: long, and another in every message."""
        return f"----=_{kind}_{self.number:06d}_{zlib.crc32(f'{self.domain} {self.number}'.encode()):08X}"

    def sentence(self, words: int) -> str:
        """Words that mean nothing."""
        return " ".join(self.random.choices(WORDS, k=words))

    def text(self, size_bytes: int) -> str:
        """Paragraphs of about this size."""
        lines, length = [], 0
        while length < size_bytes:
            line = self.sentence(self.random.randint(6, 14)).capitalize() + "."
            lines.append(line)
            length += len(line) + 1
        return "\n".join(lines)

    def file(self, size_bytes: int, index: int = 0) -> Enclosed:
        """A file that compresses like the documents people send: half of it random."""
        half = size_bytes // 2
        content = self.random.randbytes(half) + (b"%PDF-like filler \n" * (half // 18 + 1))[: size_bytes - half]
        name, kind = self.random.choice(FILES)
        return Enclosed(f"{index}-{name}" if index else name, kind, content)

    def specimen(
        self,
        kind: str,
        content: bytes,
        *,
        text: str | None,
        attachments: tuple[Enclosed, ...] = (),
        reply_to: Specimen | None = None,
        more: tuple[tuple[str, str], ...] = (),
        subject: str | None = None,
    ) -> Specimen:
        """Put the usual headers around a content."""
        self.number += 1
        name, address = self.random.choice(PEOPLE)
        subject = subject or f"{self.random.choice(TOPICS)} {self.number}{self.random.choice(TAILS)}"
        if reply_to is not None:
            subject = f"Re: {reply_to.subject}"
        message_id, at = self.next_id(), START + timedelta(minutes=7 * self.number)
        shown = f'"{name}"' if name.isascii() else compose.encoded(name)
        headers = [
            ("Received", f"from mail.{self.domain} by mx.example.com; {compose.date_header(at)}"),
            ("From", f"{shown} <{address}>"),
            ("To", "Support <support@example.com>"),
            ("Subject", compose.encoded(subject)),
            ("Date", compose.date_header(at)),
            ("Message-ID", f"<{message_id}>"),
        ]
        if reply_to is not None and reply_to.message_id:
            headers += [("In-Reply-To", f"<{reply_to.message_id}>"), ("References", f"<{reply_to.message_id}>")]
        octets = compose.message([*headers, *more], content)
        return Specimen(
            kind=kind, octets=octets, message_id=message_id, subject=subject, from_name=name, from_address=address,
            text=text, attachments=attachments, sent_at=at, in_reply_to=reply_to.message_id if reply_to else None,
        )  # fmt: skip


# --- one function a kind -------------------------------------------------------------------------------------------


def plain(writer: Writer, previous: Specimen | None) -> Specimen:
    """A short text in ASCII."""
    text = writer.text(400)
    return writer.specimen("plain", compose.text_part(text, charset="us-ascii", transfer="7bit"), text=text)


def alternative(writer: Writer, previous: Specimen | None) -> Specimen:
    """Text and HTML of the same."""
    text = writer.text(900)
    html = "<html><body><p>" + text.replace("\n", "</p>\n<p>") + "</p></body></html>"
    parts = [compose.text_part(text), compose.text_part(html, subtype="html")]
    return writer.specimen("alternative", compose.multipart("alternative", parts, writer.boundary("alt")), text=text)


def html_only(writer: Writer, previous: Specimen | None) -> Specimen:
    """HTML without a text part."""
    html = f"<html><body><h1>News</h1><p>{writer.sentence(30)}</p><p>Grüße</p></body></html>"
    return writer.specimen("html_only", compose.text_part(html, subtype="html", transfer="base64"), text=None)


def attached(writer: Writer, previous: Specimen | None) -> Specimen:
    """A text with one or two files."""
    files = tuple(writer.file(writer.random.randint(2_000, 20_000), i) for i in range(writer.random.randint(1, 2)))
    text = writer.text(300)
    parts = [compose.text_part(text), *(compose.attachment_part(file) for file in files)]
    return writer.specimen(
        "attached", compose.multipart("mixed", parts, writer.boundary("mix")), text=text, attachments=files
    )


def inline_image(writer: Writer, previous: Specimen | None) -> Specimen:
    """HTML with a picture of its own."""
    image = Enclosed("logo.png", "image/png", writer.random.randbytes(1_500))
    html = '<p>Hello</p><img src="cid:logo-1@example.com">'
    related = compose.multipart(
        "related",
        [compose.text_part(html, subtype="html"), compose.attachment_part(image, inline_id="logo-1@example.com")],
        writer.boundary("rel"),
    )
    return writer.specimen("inline_image", related, text=None, attachments=(image,))


def latin1(writer: Writer, previous: Specimen | None) -> Specimen:
    """Windows text under the label iso-8859-1, as browsers and mailers mean it."""
    text = "Prix : 30 € – “déjà” payé\n" + writer.text(200)
    octets = text.replace("\n", "\r\n").encode("windows-1252")
    head = b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return writer.specimen("latin1", head + octets, text=text)


def japanese(writer: Writer, previous: Specimen | None) -> Specimen:
    """ISO-2022-JP, seven-bit with escapes."""
    text = "お世話になっております。\n請求書を送ります。\n"
    return writer.specimen("japanese", compose.text_part(text, charset="iso-2022-jp", transfer="7bit"), text=text)


def split_words(writer: Writer, previous: Specimen | None) -> Specimen:
    """A subject whose encoded words break inside characters."""
    made = plain(writer, previous)
    subject = "Où est passée la commande n° 7 de Zürich à Łódź ?"
    raw = made.octets.replace(
        f"Subject: {compose.encoded(made.subject)}\r\n".encode(),
        f"Subject: {compose.encoded_inside_characters(subject)}\r\n".encode(),
    )
    return replace(made, kind="split_words", octets=raw, subject=subject)


def reply(writer: Writer, previous: Specimen | None) -> Specimen:
    """An answer to the message before."""
    text = "Thank you!\n\n> " + writer.sentence(12)
    return writer.specimen("reply", compose.text_part(text), text=text, reply_to=previous)


def forwarded(writer: Writer, previous: Specimen | None) -> Specimen:
    """A message within a message."""
    inner = plain(writer, previous)
    part = b"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n" + inner.octets
    text = "See below."
    return writer.specimen(
        "forwarded", compose.multipart("mixed", [compose.text_part(text), part], writer.boundary("fwd")), text=text
    )


def automatic(writer: Writer, previous: Specimen | None) -> Specimen:
    """An out-of-office answer (RFC 3834)."""
    text = "I am away until Monday."
    return writer.specimen(
        "automatic", compose.text_part(text), text=text, more=(("Auto-Submitted", "auto-replied"),), reply_to=previous
    )


def without_id(writer: Writer, previous: Specimen | None) -> Specimen:
    """Mail without Message-ID."""
    made = plain(writer, previous)
    raw = made.octets.replace(f"Message-ID: <{made.message_id}>\r\n".encode(), b"")
    return replace(made, kind="without_id", octets=raw, message_id=None)


def duplicate(writer: Writer, previous: Specimen | None) -> Specimen:
    """The message before once more, by another way."""
    first = previous or plain(writer, None)
    again = f"Received: from other.{writer.domain} by mx.example.com; {compose.date_header(first.sent_at)}\r\n"
    return replace(first, kind="duplicate", octets=again.encode() + first.octets)


def broken(writer: Writer, previous: Specimen | None) -> Specimen:
    """Truncated base64 in a multipart that never ends, junk in the header, a NUL in the subject."""
    file = writer.file(5_000)
    part = compose.attachment_part(file)[:-700]
    text = "This mail was cut off."
    content = compose.multipart("mixed", [compose.text_part(text), part], writer.boundary("bad"), closed=False)
    made = writer.specimen("broken", content, text=text, subject="Cut\0off", more=(("X-Junk", "\udcff\udcfe"),))
    return replace(made, octets=b"this line is no header\r\n" + made.octets, broken=True)


Kind = Callable[[Writer, Specimen | None], Specimen]
KINDS: tuple[Kind, ...] = (
    plain, alternative, attached, reply, html_only, latin1, inline_image, split_words, japanese, forwarded, automatic,
    without_id, duplicate,
)  # fmt: skip


def varied(
    count: int, *, seed: int = 1, domain: str = "corpus.example.com", with_broken: bool = False
) -> Iterator[Specimen]:
    """Give `count` messages, each kind in its turn; with a broken one in the middle where wanted."""
    writer = Writer(random.Random(seed), domain)
    previous: Specimen | None = None
    for index in range(count):
        kind = broken if with_broken and index == count // 2 else KINDS[index % len(KINDS)]
        made = kind(writer, previous)
        previous = previous if made.kind == "duplicate" else made
        yield made


def mixed(count: int, *, seed: int = 1, domain: str = "corpus.example.com") -> Iterator[Specimen]:
    """Give the benchmark mix, exact in every hundred: 70 % of 3-15 KB, 20 % with files of 50-300 KB, 9 % tiny, 1 %
    of 1-5 MB; one of the small ones is the message before once more."""
    writer = Writer(random.Random(seed), domain)
    previous: Specimen | None = None
    hundred: list[str] = []
    for _ in range(count):
        hundred = hundred or writer.random.sample(MIX, len(MIX))
        kind = hundred.pop()
        again = kind == "duplicate" and previous is not None
        made = duplicate(writer, previous) if again else _of_the_mix(writer, kind)
        previous = previous if again else made
        yield made


MIX = ("small",) * 69 + ("duplicate",) + ("medium",) * 20 + ("tiny",) * 9 + ("large",)


def _of_the_mix(writer: Writer, kind: str) -> Specimen:
    if kind == "tiny":
        return writer.specimen("tiny", compose.text_part("ok", charset="us-ascii", transfer="7bit"), text="ok")
    if kind == "medium":
        return _sized(writer, kind, text_bytes=1_000, file_bytes=writer.random.randint(50_000, 300_000))
    if kind == "large":
        return _sized(writer, kind, text_bytes=1_000, file_bytes=writer.random.randint(740_000, 3_700_000))
    return _sized(writer, "small", text_bytes=writer.random.randint(2_000, 10_000))


def _sized(writer: Writer, kind: str, *, text_bytes: int, file_bytes: int = 0) -> Specimen:
    text = writer.text(text_bytes)
    html = "<p>" + text[: text_bytes // 3].replace("\n", "</p><p>") + "</p>"
    body = compose.multipart(
        "alternative", [compose.text_part(text), compose.text_part(html, subtype="html")], writer.boundary("alt")
    )
    if not file_bytes:
        return writer.specimen(kind, body, text=text)
    file = writer.file(file_bytes)
    content = compose.multipart("mixed", [body, compose.attachment_part(file)], writer.boundary("mix"))
    return writer.specimen(kind, content, text=text, attachments=(file,))
