from __future__ import annotations

import pytest

from inboxsync.mail.charset_guess import guess_codec


@pytest.mark.parametrize(
    ("codec", "texts"),
    [
        (
            "cp1252",
            "Rückfrage zu März|Réunion à Orléans|Größe|Información|Møde på fredag|Città|Não|£12|© 2026|5 m²|Señor",
        ),
        ("cp1252", "„Wort“ für dich|»Ærlig«|€uro für alle|Fougère|Règle n° 3|Håndværk"),
        ("cp1252", "naïve Größe|¿Cómo?|Ångström|Verðlisti á íslensku|café – “crème”"),
        ("cp1250", "Žádost o schůzku|Příloha ke smlouvě|Załącznik do umowy|Płatność|Köszönöm szépen|Želimir Šarić"),
        ("cp1250", "Děkuji|Bună ziua tuturor|Žiadosť o stretnutie"),
        ("iso8859_2", "Żądanie zapłaty|Wiadomość od działu|Reklamace zboží|Žádost"),
        ("cp1254", "Sipariş|Toplantı hakkında|Müşteri hizmetleri|Şikayet"),
        ("cp1257", "Mokėjimas|Pasūtījums|Jautājums par rēķinu"),
        ("cp1251", "Счёт|Договор|Київ|Добрый день|Re: Да, конечно|Фактура"),
        ("koi8_r", "Привет|Заказ|Да|Отчёт за месяц"),
        ("koi8_u", "Зустріч у понеділок"),
        ("cp1253", "Τιμολόγιο|Παραγγελία"),
        ("cp1255", "שלום רב"),
        ("cp1256", "سؤال حول الفاتورة"),
        ("gb18030", "发票|订单确认|回复：报价单|请查收附件"),
        ("cp950", "發票|訂單確認|台北|您好|請查收附件"),
        ("cp932", "請求書|テスト|お知らせ|山田|会議|東京"),
        ("euc_jp", "ご注文の確認|お問い合わせ"),
        ("cp949", "주문 확인|안녕하세요|견적서"),
    ],
)
def test_few_words_are_read(codec: str, texts: str) -> None:
    read = [octets.decode(guess_codec(octets)) for octets in (text.encode(codec) for text in texts.split("|"))]
    assert read == texts.split("|")


@pytest.mark.parametrize(("codec", "text"), [("cp1250", "Kůň úpěl ďábelské ódy. "), ("cp1252", "Élève très zélé. ")])
def test_much_text_is_read_whatever_stands_between_its_letters(codec: str, text: str) -> None:
    for octets in (text * 20 + "x½ 3¼ ").encode(codec, "replace"), (text * 5000).encode(codec):
        assert octets.decode(guess_codec(octets)) == octets.decode(codec)


@pytest.mark.parametrize("octets", [b"\x80", b"\xff\xff", b"\x00\xe9", bytes(range(128, 256)), b"a\xb5o\xb2\xbc" * 99])
def test_there_is_always_an_answer(octets: bytes) -> None:
    octets.decode(guess_codec(octets), "replace")


def test_line_ends_do_not_matter() -> None:
    octets = "Žádost\no schůzku\n".encode("cp1250")
    assert guess_codec(octets) == guess_codec(octets.replace(b"\n", b"\r\n"))
