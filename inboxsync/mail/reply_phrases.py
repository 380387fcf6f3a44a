"""What mail programs write above quotes and below new text, by language: words only, `reply` knows what to do with it.

Of Gmail, Outlook (desktop, web, phone), Apple Mail, Thunderbird, Yahoo, GMX and Seznam. All in lower case, as the text
is compared.
"""

from __future__ import annotations

# Verbs of "On DATE, NAME wrote:", by which such a line is known; some end it, some stand before the name.
WROTE = (
    *("wrote", "writes", "schrieb", "schrieben", "a écrit", "ecrit", "écrit", "escribió", "escribio", "ha scritto"),
    *("scritto", "scrive", "schreef", "geschreven", "heeft geschreven", "napsal(a)", "napsal", "napsala", "napísal"),
    *(
        "napísala",
        "napísal(a)",
        "je napisao",
        "je napisala",
        "je napisao/la",
        "napisao je",
        "napisala je",
        "napisao/la",
    ),
    *("napisao", "napisala", "piše", "pisze", "napisał", "napisała", "napisał(a)", "skrev", "kirjoitti", "escreveu"),
    *("írta", "a scris", "написал", "написала", "пишет", "пише", "έγραψε", "yazdı", "je napisal", "je napisal/-a"),
)

# How such a line begins where it is wrapped over several.
ON = ("on", "am", "le", "el", "il", "il giorno", "op", "dne", "dňa", "dana", "em", "den", "pe", "w dniu", "dnia", "a")

ORIGINAL_MESSAGE = (
    *("original message", "original appointment", "reply message", "ursprüngliche nachricht", "originalnachricht"),
    *("original-nachricht", "message d'origine", "message d’origine", "message original", "message initial"),
    *("mensaje original", "messaggio originale", "messaggio originario", "oorspronkelijk bericht"),
    *("oorspronkelijk e-mail", "originele bericht", "origineel bericht", "původní zpráva", "původní e-mail"),
    *("původní email", "pôvodná správa", "originalna poruka", "izvorna poruka", "izvirno sporočilo"),
    *("mensagem original", "wiadomość oryginalna", "oryginalna wiadomość", "ursprungligt meddelande"),
    *("originalmeddelande", "oprindelig meddelelse", "opprinnelig melding", "alkuperäinen viesti"),
    *("исходное сообщение", "eredeti üzenet"),
)

FORWARDED_MESSAGE = (
    *("forwarded message", "forwarded by", "weitergeleitete nachricht", "weitergeleitete e-mail"),
    *("message transféré", "message transmis", "mensaje reenviado", "messaggio inoltrato", "doorgestuurd bericht"),
    *("přeposlaná zpráva", "přeposlaný e-mail", "preposlaná správa", "proslijeđena poruka", "prosleđena poruka"),
    *("mensagem encaminhada", "wiadomość przekazana", "vidarebefordrat meddelande", "пересылаемое сообщение"),
)

# Apple Mail's, a sentence of its own.
BEGIN_FORWARDED = (
    *("begin forwarded message", "anfang der weitergeleiteten nachricht", "anfang der weitergeleiteten e-mail"),
    *("début du message réexpédié", "début du message transféré", "inicio del mensaje reenviado"),
    *("inizio messaggio inoltrato", "begin doorgestuurd bericht", "začátek přeposílané zprávy"),
    *("začátek přeposlané zprávy", "započni proslijeđenu poruku", "početak proslijeđene poruke"),
)

# Keys of the header block that Outlook and others set above a quote that has no marks.
FROM = (
    *("from", "von", "de", "da", "van", "od", "odesílatel", "odosielateľ", "šalje", "pošiljatelj", "pošiljalac"),
    *("från", "fra", "lähettäjä", "от", "nadawca", "feladó"),
)
SENT = (
    *("sent", "date", "gesendet", "datum", "envoyé", "envoyé le", "enviado", "enviado el", "enviado em", "fecha"),
    *("inviato", "data", "verzonden", "verzonden op", "odesláno", "odoslané", "dátum", "poslano", "poslato", "skickat"),
    *("sendt", "lähetetty", "wysłano", "отправлено", "дата", "elküldve", "dato"),
)
TO = (
    *("to", "an", "à", "a", "pour", "para", "aan", "komu", "prima", "za", "kome", "do", "till", "til", "destinataire"),
    *("vastaanottaja", "кому", "címzett", "naar"),
)
COPY = ("cc", "kopie", "copie", "copia", "kopija", "kópia", "kopia", "копия", "bcc")
SUBJECT = (
    *("subject", "betreff", "objet", "asunto", "oggetto", "onderwerp", "předmět", "predmet", "naslov", "assunto"),
    *("temat", "ämne", "emne", "aihe", "тема", "tárgy"),
)

_DEVICES = (
    "iphone|ipad|ipod|apple|android|samsung|galaxy|blackberry|huawei|xiaomi|oneplus|nokia|sony|motorola|mobile|outlook"
    "|yahoo|gmail|proton|aol|mailbird|spark|airmail|newton|fairmail|k-9|htc|lg|verizon|t-mobile"
)
# Lines that phones and programs add; each is a whole line or begins one.
SENT_FROM = (
    rf"sent (?:from|via|using|with) (?:my |the |an? )?(?:{_DEVICES}|mail|phone|smartphone|tablet|windows)\b.{{0,80}}",
    r"(?:von|mit) (?:meinem?|der|dem) .{1,60} gesendet",
    r"gesendet (?:von|mit|über) (?:meinem?|der|outlook|mail|yahoo|samsung|iphone|ipad)\b.{0,60}",
    r"diese nachricht wurde von meinem .{1,60} gesendet",
    r"envoyé (?:de|depuis|à partir d[e']) ?(?:mon|ma|l['’]|outlook|yahoo|courrier|samsung|iphone|ipad)\b.{0,60}",
    r"enviado (?:desde|do|de|a partir del?) (?:mi|meu|outlook|yahoo|correo|samsung|iphone|ipad)\b.{0,60}",
    rf"inviato (?:da|dal|con) (?:mio |mia )?(?:{_DEVICES}|posta|smartphone|tablet|dispositivo)\b.{{0,60}}",
    r"(?:verstuurd|verzonden) (?:vanaf|vanuit|met|via) (?:mijn|outlook|mail|samsung|iphone|ipad)\b.{0,60}",
    rf"odesláno z(?:e| mého| mojí)? ?(?:{_DEVICES}|iphon|mobil|pošty|telefonu|seznam|aplikace|zařízení).{{0,60}}",
    r"odoslané z(?:o| môjho)? ?.{1,60}",
    rf"posla(?:no|to) (?:s|sa|iz|putem|pomoću) (?:mog|moj|mobil|aplikacije|{_DEVICES})\w*\b.{{0,60}}",
    r"wysłane? z (?:mojego )?.{1,60}",
    r"skickat från min .{1,60}",
    r"get outlook for (?:ios|android|mac)\b.{0,80}",
    r"(?:holen sie sich|hol dir) outlook für \S{1,12}.{0,80}",
    r"outlook für (?:ios|android|mac) (?:beziehen|abrufen|herunterladen).{0,80}",
    r"(?:télécharger|obtenir|obtenez) outlook pour \S{1,12}.{0,80}",
    r"(?:obtener|descargar|obtén) outlook para \S{1,12}.{0,80}",
    r"(?:scarica|ottieni|scaricare) outlook per \S{1,12}.{0,80}",
    r"outlook voor \S{1,12} (?:downloaden|ophalen).{0,80}",
    r"(?:download|haal) outlook voor \S{1,12}.{0,80}",
    r"(?:získat|stáhnout|získejte) outlook pro \S{1,12}.{0,80}",
    r"(?:nabavite|preuzmite|dohvatite) (?:aplikaciju )?outlook za \S{1,12}.{0,80}",
)
# One of these stands in every such line; plain text searches, since most mail has none of them.
SENT_FROM_WORDS = (
    *("sent ", "gesendet", "envoyé", "enviado", "inviato", "verstuurd", "verzonden", "odesláno", "odoslané", "posla"),
    *("wysłan", "skickat", "outlook"),
)
