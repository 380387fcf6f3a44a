"""What mail programs write above quotes and below new text, by language: words only, `reply` knows what to do with it.

Of Gmail, Outlook (desktop, web, phone), Apple Mail, Thunderbird, Yahoo, GMX and Seznam. All in lower case, as the text
is compared.
"""

from __future__ import annotations

MARK_STARTS = frozenset(">-_=*~")  # of quotes, rules and signatures

# Verbs of "On DATE, NAME wrote:", by which such a line is known; some end it, some stand before the name.
WROTE = (
    *("wrote", "writes", "schrieb", "schrieben", "folgendes geschrieben", "a écrit", "ecrit", "écrit", "escribió"),
    *("escribio", "ha scritto", "scritto", "scrive", "schreef", "het volgende geschreven", "heeft geschreven"),
    *("napsal(a)", "napsal", "napsala", "napísal", "napísala", "napísal(a)", "je napisao", "je napisala"),
    *("je napisao/la", "napisao je", "napisala je", "napisao/la", "napisao", "napisala", "piše", "pisze", "napisał"),
    *("napisała", "napisał(a)", "skrev", "kirjoitti", "escreveu", "írta", "a scris", "написал", "написала"),
    *("написал(а)", "пишет", "пише", "έγραψε", "yazdı", "je napisal", "je napisal/-a", "đã viết", "작성"),
    *("님이 작성", "تمت كتابة ما يلي بواسطة", "כתב", "כתבה", "מאת", "написа", "напісаў", "напісала", "rašė"),
    *("parašė", "rakstīja", "kirjutas", "skrifaði", "menulis", "va escriure", "ha escrit", "escribiu"),
    *("idatzi zuen", "skreau", "skreiv", "scríobh", "sgrìobh", "ysgrifennodd", "ha scrit", "napisa", "shkroi"),
    *("كتب", "쓴 글"),
)
# The same of languages that set no blank before them.
WROTE_UNSPACED = ("写道", "寫道", "写到", "写于", "のメール", "のメッセージ", "書きました", "님이 작성", "เขียนว่า")

# Participles that end such a line behind an address alone: sentences end in them too.
WRITTEN = ("geschreven", "geschrieben")

# How such a line begins where it is wrapped over several.
ON = (
    *("on", "am", "le", "el", "il", "il giorno", "in data", "op", "dne", "dňa", "dana", "em", "den", "pe", "w dniu"),
    *("dnia", "a", "at", "in message", "på", "în", "vào", "στις", "في", "בתאריך", "在", "於", "于", "v", "на"),
    *("pada", "ในวันที่", "kuupäev"),
)

ORIGINAL_MESSAGE = (
    *("original", "original message", "original appointment", "reply message", "ursprüngliche nachricht"),
    *("originalnachricht", "original-nachricht", "message d'origine", "message d’origine", "message original"),
    *("message initial", "mensaje original", "messaggio originale", "messaggio originario"),
    *("oorspronkelijk bericht", "oorspronkelijk e-mail", "originele bericht", "origineel bericht", "původní zpráva"),
    *("původní e-mail", "původní email", "pôvodná správa", "originalna poruka", "izvorna poruka"),
    *("izvirno sporočilo", "mensagem original", "wiadomość oryginalna", "oryginalna wiadomość"),
    *("ursprungligt meddelande", "originalmeddelande", "oprindelig meddelelse", "opprinnelig melding"),
    *("alkuperäinen viesti", "oprindelig besked", "original besked", "original email", "original e-mail"),
    *("originální zpráva", "antwort nachricht", "исходное сообщение", "оригинальное сообщение", "eredeti üzenet"),
    *("mesaj original", "mesajul original", "orijinal ileti", "özgün ileti", "αρχικό μήνυμα", "원본 메시지"),
    *("元のメッセージ", "原始邮件", "原始郵件", "邮件原件", "原始邮件信息", "原始消息", "ursprüngliche mitteilung"),
    *("orig.msg.", "oorspronklike boodskap", "oarspronklik berjocht", "mensaxe orixinal", "missatge original"),
    *("algne kiri", "jatorrizko mezua", "pesan asli", "upprunalegur póstur", "originalus laiškas"),
    *("opphavleg melding", "treść oryginalnej wiadomości", "mesazhi origjinal", "özgün i\u0307leti"),
    *("orijinal i\u0307leti", "thư gốc", "зыходны ліст", "оригинално писмо", "оригинална порака"),
    *("початкове повідомлення", "הודעה מקורית", "الرسالة الأصلية", "alkuperäinen viesti / orig.msg."),
    *("pôvodná správa --- original message",),
)

FORWARDED_MESSAGE = (
    *("forwarded message", "forwarded by", "weitergeleitete nachricht", "weitergeleitete e-mail"),
    *("message transféré", "message transmis", "mensaje reenviado", "messaggio inoltrato", "doorgestuurd bericht"),
    *("přeposlaná zpráva", "přeposlaný e-mail", "preposlaná správa", "proslijeđena poruka", "prosleđena poruka"),
    *("mensagem encaminhada", "mensagem reencaminhada", "wiadomość przekazana", "przekazana wiadomość"),
    *("vidarebefordrat meddelande", "videresendt meddelelse", "videresendt besked", "videresendt melding"),
    *("välitetty viesti", "továbbított üzenet", "mesaj redirecționat", "mesaj redirecţionat", "iletilen ileti"),
    *("пересылаемое сообщение", "пересланное сообщение", "προωθημένο μήνυμα", "posredovano sporočilo"),
    *("転送されたメッセージ", "メッセージを転送", "转发的邮件", "轉寄郵件", "전달된 메시지"),
    *("edelleenlähetetty viesti", "treść przekazanej wiadomości", "wiadomość przesłana dalej"),
    *("перенаправленное сообщение", "переслане повідомлення", "перенаправлене повідомлення"),
    *("i\u0307letilen i\u0307leti", "i\u0307letilmiş mesaj"),
)

# Apple Mail's, a sentence of its own.
BEGIN_FORWARDED = (
    *("begin forwarded message", "anfang der weitergeleiteten nachricht", "anfang der weitergeleiteten e-mail"),
    *("début du message réexpédié", "début du message transféré", "inicio del mensaje reenviado"),
    *("inizio messaggio inoltrato", "begin doorgestuurd bericht", "začátek přeposílané zprávy"),
    *("začátek přeposlané zprávy", "začiatok preposielanej správy", "začiatok preposlanej správy"),
    *("započni proslijeđenu poruku", "începe mesajul redirecționat", "vidarebefordrat mejl"),
    *("i\u0307leti başlangıcı", "початок листа, що пересилається", "početak proslijeđene poruke"),
    *("início da mensagem reencaminhada", "início da mensagem encaminhada", "vidarebefordrat brev"),
    *("start på videresendt besked", "begynd videresendt besked", "välitetty viesti alkaa"),
    *("początek przekazywanej wiadomości", "начало переадресованного сообщения", "továbbított levél kezdete"),
    *("începutul mesajului redirecționat", "yönlendirilen ileti başlangıcı", "开始转发的邮件", "以下是轉寄的郵件"),
)

# Keys of the header block that Outlook and others set above a quote that has no marks.
FROM = (
    *("from", "von", "de", "da", "van", "od", "odesílatel", "odosielateľ", "šalje", "pošiljatelj", "pošiljalac"),
    *("från", "fra", "lähettäjä", "от", "от кого", "від", "nadawca", "feladó", "de la", "kimden", "gönderen", "από"),
    *("expéditeur", "差出人", "发件人", "寄件者", "寄件人", "보낸 사람", "expeditorul", "отправитель", "від кого"),
    *("saatja", "mittente", "siuntėjas", "remitente"),
)
SENT = (
    *("sent", "date", "gesendet", "datum", "envoyé", "envoyé le", "enviado", "enviado el", "enviado em"),
    *("enviada em", "fecha", "inviato", "data", "verzonden", "verzonden op", "odesláno", "odoslané", "dátum"),
    *("poslano", "poslato", "skickat", "sendt", "lähetetty", "wysłano", "отправлено", "надіслано", "дата"),
    *("elküldve", "dato", "päiväys", "trimis", "gönderildi", "tarih", "στάλθηκε", "ημερομηνία", "送信日時", "日付"),
    *("发送时间", "发送日期", "日期", "傳送時間", "寄件日期", "보낸 날짜", "날짜", "päivämäärä", "dată"),
    *("gönderilen", "відправлено"),
)
TO = (
    *("to", "an", "à", "a", "pour", "para", "aan", "komu", "prima", "za", "kome", "do", "till", "til"),
    *("destinataire", "vastaanottaja", "кому", "címzett", "naar", "către", "kime", "προς", "宛先", "收件人"),
    *("收件者", "받는 사람", "primatelj", "prejemnik", "destinatarul", "destinatario", "pre", "adresat"),
)
COPY = (
    *("cc", "kopie", "copie", "copia", "kopija", "kópia", "kopia", "копия", "копія", "bcc", "抄送", "副本", "참조"),
    *("kopio", "kopi", "másolat", "másolatot kap", "dw", "bilgi", "kopie (cc)", "copie à", "reply-to", "antwort an"),
    *("répondre à", "responder a", "rispondi a", "beantwoorden - aan", "odgovori na", "odpověď na", "svar til"),
    *("svara till", "antwoord aan", "vastaus", "válaszcím", "răspuns către"),
)
SUBJECT = (
    *("subject", "betreff", "objet", "sujet", "asunto", "oggetto", "onderwerp", "předmět", "predmet", "naslov"),
    *("assunto", "temat", "ämne", "emne", "aihe", "тема", "tárgy", "subiect", "subiectul", "konu", "θέμα", "件名"),
    *("主题", "主旨", "主題", "제목"),
)

_DEVICES = (
    "iphone|ipad|ipod|apple|android|samsung|galaxy|blackberry|huawei|xiaomi|oneplus|nokia|sony|motorola|mobile|outlook"
    "|yahoo|gmail|proton|aol|mailbird|mailbox|spark|airmail|newton|fairmail|k-9|htc|lg|verizon|t-mobile"
)
# Lines that phones and programs add; each is a whole line or begins one.
SENT_FROM = (
    rf"sent (?:from|via|using|with|by) (?:my |the |an? )?(?:{_DEVICES}|mail|phone|smartphone|tablet|windows)\b.{{,80}}",
    r"sent (?:wirelessly )?from my .{1,60}",
    rf"from my (?:{_DEVICES}|phone)\b.{{0,40}}",
    r"(?:von|mit) (?:meinem?|der|dem) .{1,60} gesendet",
    r"gesendet (?:von|mit|über) (?:meinem?|der|outlook|mail|yahoo|samsung|iphone|ipad)\b.{0,60}",
    r"diese nachricht wurde von meinem .{1,60} gesendet",
    r"envoyé (?:de|depuis|à partir d[e']) ?(?:mon|ma|l['’]|outlook|yahoo|courrier|samsung|iphone|ipad)\b.{0,60}",
    r"enviado (?:desde|do|de|a partir del?) (?:mi|meu|outlook|yahoo|correo|samsung|iphone|ipad)\b.{0,60}",
    rf"inviato (?:da|dal|con) (?:mio |mia )?(?:{_DEVICES}|posta|smartphone|tablet|dispositivo)\b.{{0,60}}",
    r"(?:verstuurd|verzonden) (?:vanaf|vanuit|met|via) (?:mijn|outlook|mail|proton|samsung|iphone|ipad)\b.{0,60}",
    rf"odesláno z(?:e| mého| mojí)? ?(?:{_DEVICES}|iphon|mobil|pošty|telefonu|seznam|aplikace|zařízení).{{0,60}}",
    r"odoslané z(?:o| môjho)? ?.{1,60}",
    rf"posla(?:no|to) (?:s|sa|iz|putem|pomoću) (?:mog|moj|mobil|aplikacije|{_DEVICES})\w*\b.{{0,60}}",
    r"wysłane? z (?:mojego )?.{1,60}",
    r"skickat från (?:min|mitt) .{1,60}",
    r"sendt fra (?:min|mitt|mit) .{1,60}",
    r"lähetetty (?:iphone|ipad|android|puhelime|samsung|outlook)\w*.{0,60}",
    r"отправлено (?:с|из|от) .{1,60}",
    r"надіслано (?:з|із) .{1,60}",
    r"iphone[’']?u?m?dan gönderildi.{0,40}",
    r"küldve .{1,40}ról.{0,20}",
    r"trimis (?:de pe|din) .{1,60}",
    r"στάλθηκε από .{1,60}",
    r"(?:iphone|ipad|android)から送信.{0,20}",
    r"(?:发自|發自|从|從|寄自|傳送自|來自).{0,4}我的 ?.{1,30}",
    r"나의 .{1,20}에서 보냄.{0,20}",
    r"get outlook for (?:ios|android|mac).{0,80}",
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
    *("wysłan", "skickat", "sendt ", "outlook", "iphone", "ipad", "android", "отправлено", "надіслано"),
    *("küldve", "发自", "發自", "傳送自", "寄自"),
)
SENT_FROM_ASCII_WORDS = tuple(word for word in SENT_FROM_WORDS if word.isascii())
