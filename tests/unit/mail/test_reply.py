"""The new text of replies, by the lines that programs write above quotes, a language a table."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.reply import new_text

NEW = "Thank you, it works now.\n\nBest wishes\nAna"
MARKED = "> Could you try again?\n>\n> Regards\n>> older\n"
UNMARKED = "Could you try again?\nRegards\nBob\n"

INTRODUCTIONS = {
    "en": [
        "On Mon, Jan 5, 2026 at 10:00 AM Bob Smith <bob@example.com> wrote:",
        "On Mon, Jan 5, 2026 at 10:00 AM Bob Smith-Jones <\nbob@example.com> wrote:",
        "On Jan 5, 2026, at 10:00, Bob Smith <bob@example.com> wrote:",
        "On 05/01/2026 10:00, Bob Smith wrote:",
        "On Monday, January 5, 2026 at 10:00:00 AM GMT+1, Bob\nSmith from the Department <bob@example.com>\nwrote:",
        "*On 5 January 2026, Bob wrote:*",
    ],
    "fr": [
        "Le lun. 5 janv. 2026 à 10:00, Bob Dupont <bob@example.com> a écrit\u00a0:",
        "Le lun. 5 janv. 2026 à 10:00, Bob Dupont-Martin <bob@example.com> a\nécrit :",
        "Le 05/01/2026 à 10:00, Bob a écrit :",
    ],
    "de": [
        "Am 05.01.26 um 10:00 schrieb Bob:",
        "Am Mo., 5. Jan. 2026 um 10:00 Uhr schrieb Bob Schmidt <\nbob@example.com>:",
        "Bob Schmidt <bob@example.com> schrieb am Mo., 5. Jan. 2026, 10:00:",
    ],
    "es": [
        "El lun, 5 ene 2026 a las 10:00, Bob (<bob@example.com>) escribió:",
        "El 5/1/26 a las 10:00, Bob escribió:",
    ],
    "it": [
        "Il giorno lun 5 gen 2026 alle ore 10:00 Bob Rossi <bob@example.com>\nha scritto:",
        "Il 05/01/2026 10:00, Bob ha scritto:",
    ],
    "nl": [
        "Op ma 5 jan 2026 om 10:00 schreef Bob <bob@example.com>:",
        "Op 5 jan. 2026, om 10:00 heeft Bob <bob@example.com> het volgende geschreven:",
        "Op 05-01-2026 om 10:00 schreef Bob:",
    ],
    "cs": [
        "Dne po 5. 1. 2026 10:00 uživatel Bob Novák <bob@example.com> napsal:",
        "po 5. 1. 2026 v 10:00 odesílatel Bob Novák <bob@example.com> napsal:",
        "Dne 05.01.26 v 10:00 Bob napsal(a):",
    ],
    "hr": [
        "Dana pon, 5. sij 2026. u 10:00 Bob Horvat <bob@example.com> napisao je:",
        "pon, 5. sij 2026. u 10:00 korisnik Bob Horvat <bob@example.com>\nnapisao je:",
        "Bob Horvat je napisao/la dana 5.1.2026. u 10:00:",
    ],
}
BLOCKS = {
    "en": [
        "From: Bob\nSent: Monday, January 5, 2026 10:00 AM\nTo: Ana\nCc: C\nSubject: RE: It\n",
        "________________________________\nFrom: Bob <bob@example.com>\nSent: Monday\nTo: Ana\nSubject: It\n",
        "*From:* Bob <bob@example.com>\n*Date:* Monday\n*To:* Ana\n*Subject:* It\n",
        "From: Bob\n\nSent: Monday\n\nTo: Ana\n\nSubject: It\n",
        "-----Original Message-----\nFrom: Bob\nTo: Ana\n",
        "-------- Original Message --------\n",
        "From: Bob\nSent: Monday\nTo: Ana <a@example.com>; Long List <l@example.com>;\n b@example.com\nSubject: It\n",
    ],
    "fr": ["De : Bob\nEnvoyé : lundi 5 janvier 2026 10:00\nÀ : Ana\nObjet : Cela\n", "-----Message d'origine-----\n"],
    "de": [
        "Von: Bob\nGesendet: Montag, 5. Januar 2026 10:00\nAn: Ana\nBetreff: Das\n",
        'Gesendet: Montag, 05. Januar 2026 um 10:00 Uhr\nVon: "Bob" <bob@example.com>\nAn: Ana\nBetreff: Das\n',
        "-----Ursprüngliche Nachricht-----\nVon: Bob\n",
    ],
    "es": ["De: Bob\nEnviado el: lunes\nPara: Ana\nAsunto: Eso\n", "-----Mensaje original-----\n"],
    "it": ["Da: Bob\nInviato: lunedì\nA: Ana\nOggetto: Ciò\n", "-----Messaggio originale-----\n"],
    "nl": ["Van: Bob\nVerzonden: maandag\nAan: Ana\nOnderwerp: Dat\n", "-----Oorspronkelijk bericht-----\n"],
    "cs": [
        "Od: Bob\nOdesláno: pondělí\nKomu: Ana\nPředmět: To\n",
        "---------- Původní e-mail ----------\nOd: Bob <bob@example.com>\nKomu: a@example.com\nPředmět: To\n",
    ],
    "hr": [
        "Od: Bob\nPoslano: ponedjeljak\nPrima: Ana\nPredmet: To\n",
        "Šalje: Bob\nPoslano: ponedjeljak\nZa: Ana\nPredmet: To\n",
        "-----Izvorna poruka-----\n",
    ],
}
ABOVE_QUOTES = [
    pytest.param(text, id=f"{language}{number}")
    for table in (INTRODUCTIONS, BLOCKS)
    for language, texts in table.items()
    for number, text in enumerate(texts)
]


@pytest.mark.parametrize("above", ABOVE_QUOTES)
@pytest.mark.parametrize("quote", [MARKED, UNMARKED], ids=["marked", "unmarked"])
def test_an_answer_above_its_quote(above: str, quote: str) -> None:
    assert new_text(f"{NEW}\n\n{above}\n{quote}") == NEW
    assert new_text(f"{NEW}\n\n\n{above}\n\n{quote}") == NEW


@pytest.mark.parametrize("above", ABOVE_QUOTES)
def test_an_answer_below_and_between_marked_quotes(above: str) -> None:
    assert new_text(f"{above}\n{MARKED}\n{NEW}\n") == NEW
    assert new_text(f"Hello\n\n{above}\n{MARKED}One.\n{MARKED}\nTwo.\n> end\n") == "Hello\n\nOne.\n\nTwo."


@pytest.mark.parametrize(
    "line",
    [
        "2026-01-05 10:00 GMT+01:00 Bob <bob@example.com>:",
        "Bob <bob@example.com>:",
        "2026-01-05 10:00 GMT+01:00 Bob <\nbob@example.com>:",
        "On 5-Jan-2026, at 6:54 PM, Bob <bob@example.com> sent:",
        "Sent from Some Phone <bob@example.com> wrote:",
        "---- On Mon, 05 Jan 2026 10:00:00 +0100 bob@example.com wrote ----",
        "> On 5 Jan 2026 Bob wrote:",
        "W dniu 05.01.2026 o 10:00, Bob pisze:",
        "Den 5 jan. 2026 10:00 skrev Bob:",
    ],
)
def test_a_line_of_any_language_above_marked_quotes(line: str) -> None:
    assert new_text(f"{NEW}\n\n{line}\n{MARKED}") == NEW


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAna\nHead of All",
        "--\nAna",
        "Sent from my iPhone",
        "Sent from Outlook for Android",
        "Sent from Mail for Windows",
        "Get Outlook for iOS<https://example.com/ios>",
        "Von meinem iPhone gesendet",
        "Gesendet mit der Mail App",
        "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
        "Holen Sie sich Outlook für iOS",
        "Envoyé de mon iPhone",
        "Télécharger Outlook pour Android",
        "Enviado desde mi iPhone",
        "Obtener Outlook para iOS",
        "Inviato da iPhone",
        "Scarica Outlook per iOS",
        "Verstuurd vanaf mijn iPhone",
        "Outlook voor iOS downloaden",
        "Odesláno z iPhonu",
        "Získat Outlook pro iOS",
        "Poslano s mog iPhonea",
    ],
)
def test_signatures(signature: str) -> None:
    quote = "On 5 Jan 2026 Bob wrote:\n> Old\n"
    assert new_text(f"Yes.\n\n{signature}\n") == "Yes."
    assert new_text(f"Yes.\n\n{signature}\n\n{quote}") == "Yes."
    assert new_text(f"{quote}\nYes.\n\n{signature}") == "Yes."


def test_the_footer_of_a_list() -> None:
    footer = "_______________________________________________\nl mailing list\nl@example.org\n"
    assert new_text(f"Text.\n{footer}") == "Text."
    assert new_text(f"Text.\n{'_' * 47}\nAnd more.\n") == f"Text.\n{'_' * 47}\nAnd more.\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello\n\nBye\n",
        "Plain: text\nwith: colons\nand: lines\n",
        "Trip:\nFrom: Paris\nTo: London\nDate: 5 May\n",
        "The form says:\nFrom: Ana\nSubject: Question\n",
        ">From the start of a line, as mailboxes escape it.\n",
        "On Monday we wrote:\nnothing at all.\n",
        "My list:\n- one\n- two\n\n---\nmore\n",
        "She sent from her office what we need.\n",
        "On 5 Jan 2026 Bob wrote:\n> only a quote\n",
        "> only\n> a quote\n",
        "-- \nonly a signature\n",
        "Am 5. Januar um 10:00 treffen wir uns.\nDas schrieb ich schon.\n",
        "Sent from my iPhone",
        "Options are:\n--fast\n--slow\n",
        "Visit us\n>>> >>>  https://example.com <<<\nnow\n",
        ">>> print(1)\n1\n",
        "First\n\n—\nSecond\n",
        "On the one hand:\nthis. On the other he wrote 3:30 books.\n",
        "Times:\n2026-01-05 10:00\n05.01.2026 10:00\nJan 5, 2026 at 10:00\nare examples.\n",
    ],
)
def test_text_that_stays_whole(text: str) -> None:
    assert new_text(text) is text


def test_a_line_between_rules_ends_the_new_text() -> None:
    assert new_text(f"{NEW}\n\n------On 5/1/2026 17:32, Bob wrote-----\n\n{UNMARKED}") == NEW


def test_sentences_that_begin_like_an_introduction_stay() -> None:
    text = f"On the other hand, it works.\nOn Mon, Jan 5, 2026 at 10:00 Bob <\nbob@example.com> wrote:\n{MARKED}"
    assert new_text(text) == "On the other hand, it works."


def test_text_after_a_nested_quote_stays() -> None:
    text = "Above\nOn 5 Jan 2026, Bob wrote:\n\n>One\n>On 4 Jan 2026, Cy wrote:\n>\n>> Two\n\nBelow"
    assert new_text(text) == "Above\n\nBelow"


@pytest.mark.parametrize(
    "marker",
    [
        "---------- Forwarded message ---------",
        "-------- Weitergeleitete Nachricht --------",
        "---------- Message transféré ----------",
        "Begin forwarded message:",
        "Anfang der weitergeleiteten Nachricht:",
        "Début du message réexpédié :",
    ],
)
def test_what_is_forwarded_is_what_the_sender_wants_read(marker: str) -> None:
    text = f"See below.\n\n{marker}\nFrom: Bob <b@example.com>\nDate: 5 Jan 2026\nSubject: It\nTo: Ana\n\nBody\n"
    assert new_text(text) is text


def test_blank_lines_and_line_ends_around_stay_out() -> None:
    text = "\n\nOne\n\nTwo\n\n\nOn 5 Jan 2026 Bob wrote:\n\n> Old\n\n\n"
    assert new_text(text) == "One\n\nTwo"


HOSTILE = {
    "colons": "a:\n" * 20_000,
    "dates": "5.1.2026 x\n" * 20_000,
    "rules": ("-" * 499 + "\n") * 2_000,
    "one rule": "\n--" + "-" * 1_000_000,
    "marks": ">\n" * 500_000,
    "keys": "From: a\n" * 20_000,
    "keys between blank lines": "From: x\n\n\n" * 6_000,
    "introductions without end": "On 5.1.2026 x wrote\n" * 20_000,
    "dates in long lines": ("on 2026 " * 60 + "\n") * 2_000,
    "keys in one line": ("From: x To: y " * 35 + "\n") * 400,
    "people in long lines": ("<a@b> On 1 " * 45 + ":\n") * 400,
    "one line": "x: " * 300_000,
    "signatures": "Sent from my iPhone\n" * 20_000,
    "phones in long lines": ("sent from my " * 30 + "\n") * 2_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_little(name: str) -> None:
    started = time.process_time()
    new_text("Hello\n" + HOSTILE[name])
    assert time.process_time() - started < 1.5


LINES = [
    *("On 5 Jan 2026 Bob wrote:", "> q", ">> q", "-- ", "--", "From: a@b", "Sent: x", "To: y", "Subject: z", "", " "),
    *(
        "-----Original Message-----",
        "Begin forwarded message:",
        "text",
        "a:",
        "_" * 50,
        "Sent from my iPhone",
        "\u00a0",
    ),
]


@given(st.lists(st.sampled_from(LINES), max_size=15).map("\n".join))
@settings(deadline=None, max_examples=400)
def test_new_text_is_part_of_the_text_and_read_once(text: str) -> None:
    new = new_text(text)
    kept = [line for line in new.split("\n") if line.strip()]
    lines = iter(text.split("\n"))
    assert all(line in lines for line in kept), "lines of the text in their order"
    assert bool(new.strip()) == bool(text.strip())


@given(st.text(max_size=200))
@settings(deadline=None, max_examples=200)
def test_any_text(text: str) -> None:
    new_text(text)
