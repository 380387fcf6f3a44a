"""Replies and forwards as other programs write them, as far as they were once read wrong; texts are our own."""

from __future__ import annotations

import pytest

from inboxsync.mail.reply import new_text
from tests.unit.mail.samples import parsed_both

NEW = "The blue one, please.\n\nMia"
OLD = "Which colour shall it be?\nNoor\n"
MARKED = "> Which colour shall it be?\n> Noor\n"
INTRODUCTIONS = [
    "2026-03-02 9:17 GMT+01:00 Noor Haddad <noor@example.com>:",
    "пн, 2 мар. 2026 г. в 9:17, Noor Haddad <noor@example.com>:",
    '02.03.2026, 09:17, "Noor Haddad" <noor@example.com>:',
    "Monday, 2 March 2026, 9:17 AM +0100 from Noor Haddad <noor@example.com>:",
    "2026年3月2日(月) 9:17 Noor Haddad <noor@example.com>:",
    "2026/03/02 9:17、Noor Haddadのメール:",
    "2026. 3. 2. 오전 9:17, Noor Haddad <noor@example.com> 작성:",
    "在 2026年3月2日，上午9:17，Noor Haddad <noor@example.com> 写道：",
    "Noor Haddad <noor@example.com> 於 2026年3月2日 週一 上午9:17寫道：",
    "Noor Haddad <noor@example.com> ezt írta (időpont: 2026. márc. 2., H, 9:17):",
    "Noor Haddad <noor@example.com>, 2 Mar 2026 Pzt, 09:17 tarihinde şunu yazdı:",
    "În lun., 2 mar. 2026 la 09:17, Noor Haddad <noor@example.com> a scris:",
    "Vào 09:17, Th 2, 2 thg 3, 2026 Noor Haddad <noor@example.com> đã viết:",
    "Στις Δευ 2 Μαρ 2026 στις 9:17 π.μ., ο/η Noor Haddad <noor@example.com> έγραψε:",
    "În data de 2 mar. 2026, 09:17, Noor Haddad a scris:",
    "man. 2. mars 2026 kl. 09.17 skrev Noor Haddad <noor@example.com>:",
    "På 2. mars 2026 kl. 09:17 skrev Noor Haddad (noor@example.com):",
    'In data 2 marzo 2026 09:17:31 "Noor Haddad" <noor@example.com> ha scritto:',
    "At 3/2/2026 09:17 AM, you wrote:",
    "- Le 2026-03-02 09:17, Noor Haddad a écrit :",
    "Noor Haddad <noor@example.com> a écrit\u00a0:",
    "Noor Haddad <noor@example.com> skrev følgende den 02.03.2026, 09:17:",
    "2026. márc. 2. 9:17 időpontban Noor (noor@example.com) ezt írta:",
    "Op 02-03-2026 09:17 heeft Noor <noor@example.com> geschreven:",
    "Am 02.03.2026 um 09:17 hat Noor <noor@example.com> geschrieben:",
    "Am Montag, 2. März 2026 um 09:17:32 MEZ hat Noor <noor@example.com> Folgendes geschrieben:",
    "V pon., 2. mar. 2026 ob 09:17 je oseba Noor <noor@example.com> napisala:",
    "На пн, 2.03.2026 г. в 9:17 ч. Noor <noor@example.com> написа:",
    "03-02-2026 09:17, Noor Haddad je napisao/la:",
]


@pytest.mark.parametrize("line", INTRODUCTIONS)
def test_an_introduction_of_any_language(line: str) -> None:
    assert parsed_both(f"{NEW}\n\n{line}\n\n{OLD}").reply_text == NEW
    assert parsed_both(f"{NEW}\n\n{line}\n\n{MARKED}").reply_text == NEW
    assert parsed_both(f"{line}\n\n{MARKED}\n{NEW}\n").reply_text == NEW


@pytest.mark.parametrize(
    "lines",
    [
        "On Mon, Mar 2, Noor Haddad\n<noor@example.com>\nwrote:",
        "Noor Haddad <noor@example.com> schrieb am Mo., 2.\nMärz 2026, 09:17:",
        "2026/3/2 Noor Haddad <noor@example.com>",
        "2026-03-02 9:17 GMT+01:00 Noor Haddad",
        "Posted by noor on 03/02/2026",
        "___________\n2026/3/2 Noor <noor@example.com>\n",
        "Quoting Noor (2026-03-02 09:17:00)",
        "Noor ha escrit:",
        "Noor skreiv:",
        "Noor 이(가) 2026-03-02 09:17 에 쓴 글:",
        ">>> On 3/2/2026 at 9:17 AM, in message\n<5F1@example.com>, Noor\n<noor@example.com> wrote:",
    ],
)
def test_an_introduction_that_only_marked_lines_make_one(lines: str) -> None:
    assert parsed_both(f"{NEW}\n\n{lines}\n{MARKED}").reply_text == NEW


@pytest.mark.parametrize("between", [" ", "--- ", " --- "])
def test_new_text_on_the_line_of_an_introduction_is_kept(between: str) -> None:
    introduction = "On Mon, Mar 2, 2026 at 9:17 AM, Noor <noor@example.com> wrote:"
    assert parsed_both(f"Hello,\nyes - blue{between}{introduction}\n{MARKED}").reply_text == "Hello,\nyes - blue"
    assert parsed_both(f"Yes{between}{introduction}\n\n{OLD}").reply_text is not None


@pytest.mark.parametrize(
    "block",
    [
        "发件人： Noor <noor@example.com>\n发送时间： 2026年3月2日 9:17\n收件人： Mia\n主题： 颜色\n",
        "差出人: Noor <noor@example.com>\n送信日時: 2026年3月2日 9:17\n宛先: Mia\n件名: 色\n",
        "보낸 사람: Noor <noor@example.com>\n보낸 날짜: 2026년 3월 2일\n받는 사람: Mia\n제목: 색\n",
        "Kimden: Noor\nGönderildi: 2 Mart 2026 Pazartesi 09:17\nKime: Mia\nKonu: Renk\n",
        "De la: Noor\nTrimis: luni, 2 martie 2026 09:17\nCătre: Mia\nSubiect: Culoare\n",
        "Från: Noor\nSkickat: den 2 mars 2026 09:17\nTill: Mia\nÄmne: Färg\n",
        "Lähettäjä: Noor\nLähetetty: maanantai 2. maaliskuuta 2026 9.17\nVastaanottaja: Mia\nAihe: Väri\n",
        "De: Noor\nEnviada em: segunda-feira, 2 de março de 2026 09:17\nPara: Mia\nAssunto: Cor\n",
        "      De : Noor Haddad <noor@example.com>\n À : Mia\n Envoyé le : Lundi 2 mars 2026 9h17\n Objet : Couleur\n",
        "-------- Oprindelig besked --------\nFra: Noor <noor@example.com>\nDato: 02.03.2026\n",
        "Pošiljatelj: Noor <noor@example.com>\nPoslano: 2. ožujka 2026. 9:17\nPrimatelj: Mia\nPredmet: Boja\n",
        "From: Noor <noor@example.com> To: Mia <mia@example.com> Sent: Monday, 2 March 2026 Subject: Colour\n",
        "-----Antwort Nachricht-----\n",
        "-------- Özgün İleti --------\nKonu: Renk\n",
        "-------- Alkuperäinen viesti / Orig.Msg. --------\nAihe: Väri\n",
        ">>> Noor <noor@example.com> 02.03.26 9.17 Uhr >>>\n",
        "------------------ 原始邮件 ------------------\n",
    ],
)
def test_header_blocks_and_dividers_of_other_languages(block: str) -> None:
    assert parsed_both(f"{NEW}\n\n{block}\n{OLD}").reply_text == NEW


@pytest.mark.parametrize(
    "prose",
    [
        "I asked noor@example.com and she wrote:",
        "I asked Noor (noor@example.com), who is ill, and she wrote:",
        "In her mail of 2 March 2026 Noor wrote:",
        "As Noor wrote on 2 March 2026:",
        "Am 2. März 2026 haben wir Ihnen geschrieben:",
        "Noor ha scritto alle 9:30 questo:",
        "Noor has a scris of 5 lines:",
        "Meeting on 2026-03-02 9:17 with Noor <noor@example.com>:",
        "On 2 March 2026 we agreed:",
        "Noorのメール：",
        "From: noor@example.com To: mia@example.com Subject: order",
    ],
)
def test_a_sentence_before_a_colon_is_no_introduction(prose: str) -> None:
    text = f"Hello Sam,\n\n{prose}\n\nThe shop is closed.\n\nWhat shall we do?\n"
    assert new_text(text) is text


@pytest.mark.parametrize("above", ["", "Return-Path: <noor@example.com>\nReceived: from a by b;\n Mon, 2 Mar 2026\n"])
@pytest.mark.parametrize("below", ["Message-ID: <1@example.com>\n", "X-Spam-Level: *\nMIME-Version: 1.0\n"])
def test_a_header_that_somebody_pasted_is_no_quote(above: str, below: str) -> None:
    header = f"{above}From: noor@example.com\nTo: mia@example.com\nDate: Mon, 2 Mar 2026\nSubject: Colour\n{below}"
    text = f"This came twice:\n\n{header}\nCan you look at it?\n"
    assert new_text(text) is text


FORWARDED = "From: Noor <noor@example.com>\nDate: 2 March 2026\nSubject: Colour\nTo: Mia\n\nWhich one?\n\n--\nNoor"


@pytest.mark.parametrize(
    "marker",
    [
        "Forwarded message:",
        "Vidarebefordrat brev:",
        "---------- Videresendt meddelelse ---------",
        "-------- Пересылаемое сообщение --------",
        "---------- 转发的邮件 ----------",
        "-------- İletilen İleti --------",
        "-------- Preposlaná správa --- Forwarded Message --------",
        "Začiatok preposlanej správy:",
    ],
)
def test_a_forwarded_message_stays_whole(marker: str) -> None:
    text = f"Please answer her.\n\n{marker}\n\n{FORWARDED}\n"
    assert parsed_both(text).reply_text == text
    above = f"Please answer her.\n\n-- \nMia\n\n{marker}\n\n{FORWARDED}\n"
    assert parsed_both(above).reply_text == text.rstrip("\n")


def test_a_forwarded_message_that_is_marked_stays_below_new_text_alone() -> None:
    marked = "".join(f"> {line}".rstrip() + "\n" for line in f"Begin forwarded message:\n\n{FORWARDED}".split("\n"))
    text = f"Please answer her.\n\n{marked}\nThank you\n"
    assert parsed_both(text).reply_text == text
    quoted = f"I have.\n\nOn 3 Mar 2026, at 8:00, Mia <mia@example.com> wrote:\n\n{marked}"
    assert parsed_both(quoted).reply_text == "I have."
    assert parsed_both(f"I have.\n\n> Please answer her.\n{marked}").reply_text == "I have."


@pytest.mark.parametrize(
    "signature",
    [
        "Sent from my TI-85",
        "(Sent from a phone)",
        "<<sent by galaxy>>",
        "From my iPhone 6",
        "Get Outlook for iOShttps://example.com/ios",
        "Sent wirelessly from my handheld",
        "Sendt fra min iPhone",
        "Skickat från min iPad",
        "Lähetetty iPhonesta",
        "Verzonden met Proton Mail",
        "Отправлено с iPhone",
        "Küldve iPhone-omról",
        "Trimis de pe iPhone-ul meu",
        "iPhone'umdan gönderildi",
        "发自我的 iPhone",
        "從我的 iPhone 傳送",
        "iPhoneから送信",
        "나의 iPhone에서 보냄",
        "Von meinem Mobilgerät gesendet\nSent from my phone",
    ],
)
def test_the_line_that_a_phone_adds(signature: str) -> None:
    assert parsed_both(f"{NEW}\n\n{signature}\n").reply_text == NEW
    assert parsed_both(f"{NEW}\n\n{signature}\n\n{INTRODUCTIONS[0]}\n\n{OLD}").reply_text == NEW


@pytest.mark.parametrize(
    "text",
    [
        "It was sent from my office yesterday.\n",
        "All came.\nFrom my phone I cannot see the number.\n",
        "Phones:\niPhone 15\nAndroid 16\n",
    ],
)
def test_words_of_phones_in_a_sentence_stay(text: str) -> None:
    assert new_text(text) is text


BEGINNINGS = [
    "<hr><div id='divRplyFwdMsg'><b>From:</b> Noor<br><b>Sent:</b> Monday</div>",
    "<div id=appendonsend></div>",
    "<div id='m_-5532145x_appendonsend'></div>",
    "<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt'><b>From:</b> Noor</div>",
]


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_answers_below_a_blockquote_stay_though_outlook_began_a_quote_in_it(beginning: str) -> None:
    quote = (
        f"<blockquote type=cite><p>Thanks.</p><blockquote>older</blockquote>{beginning}<div>{OLD}</div></blockquote>"
    )
    assert parsed_both(f"{quote}<p>The blue one.</p>{quote}<p>Mia</p>", "html").reply_text == "The blue one.\n\nMia"
    assert parsed_both(f"<p>Blue.</p>{beginning}<div>{OLD}</div><p>below</p>", "html").reply_text == "Blue."
    indented = f"<p>Blue.</p><blockquote style='margin:0 0 0 40px;border:none'>{beginning}<div>{OLD}</div></blockquote>"
    assert parsed_both(indented, "html").reply_text == "Blue."


def test_an_introduction_with_nothing_below_it_is_left_out() -> None:
    line = "On Mar 2, 2026, 9:17 AM +0100, Noor &lt;noor@example.com&gt;, wrote:"
    assert parsed_both(f"<div>Blue.</div><div name=messageReplySection>{line}<br></div>", "html").reply_text == "Blue."
    section = "<div name=messageSignatureSection>Mia</div>"
    assert parsed_both(f"<p>Blue.</p>{section}<div>{line}</div>", "html").reply_text == "Blue."
    assert parsed_both(f"Blue.\n\n{line.replace('&lt;', '<').replace('&gt;', '>')}\n").reply_text == "Blue."


def test_what_yahoo_forwards_is_no_quote_though_it_calls_it_so() -> None:
    html = (
        "<p>Look.</p><div class=yahoo_quoted id=yahoo_quoted_1><div style='font-size:13px'>"
        "<div>----- Forwarded message -----</div><div><b>From:</b> Noor</div><p>Which one?</p></div></div>"
    )
    read = parsed_both(html, "html")
    assert read.reply_text == read.body_text == "Look.\n\n----- Forwarded message -----\nFrom: Noor\n\nWhich one?"
