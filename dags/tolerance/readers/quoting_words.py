# ruff: noqa: RUF001  (letters of other alphabets that resemble ours)
"""The words by which mail programs mark what is not the writer's own: verbs, labels, marks, devices, notices.

Each list holds the words as the programs of that language write them. What a pattern costs is bounded by the
lines it is tried on, which the cutter cuts short.
"""

from __future__ import annotations

import re

# Introductions ------------------------------------------------------------------------

VERB = re.compile(
    r"(?<!\w)(?:wrote|writes|said|sent|a [ée]crit|[ée]crit|schrieb|geschrieben|escribi[óo]|ha scritto|scrisse"
    r"|escreveu|schreef|geschreven|skrev(?: f[øö]lgende(?: den)?)?|kirjoitti|napsal\(?a?\)?"
    r"|nap[ií]sal\(?a?\)?"
    r"|napisał\(?a?\)?|napisao(?: je)?|написал\(?а?\)?|писал\(?а?\)?|пише|написав|ezt írta|írta|yazdı"
    r"|a scris"
    r"|đã viết|kirjutas|rakstīja|rašė|έγραψε|写道|写到|のメッセージ)(?!\w)",
    re.IGNORECASE,
)
"""The verb of the sentence above a quote: `Le 3 mai 2026 à 10:02, Ana <ana@x.fr> a écrit :`."""

VERB_BEFORE_NAME = re.compile(r"schrieb|schreef|skrev|kirjoitti|写|írta", re.IGNORECASE)
"""The verbs after which the writer's name comes."""

STARTER = re.compile(
    r"(?<![^\s.!?…,;:)\-–—_*])"
    r"(?:On|Le|Am|El|Il|Il giorno|Em|Op|Den|D\.|Dne|Dňa|Dnia|W dniu|På|Pe|Vào|À|At|Στις)"
    r"\s[^<>@]{0,30}?(?:\d{1,2}[./-]\d|\d{4}|\d\s?\w{2,12}\.?,?\s\d{4}|\d{1,2}:\d\d)"
)
"""How such a sentence begins when a date comes first. It may stand behind words on the same line."""

DATE = STARTS_WITH_DATE = re.compile(r"\d{4}[-/]\d\d?[-/]\d\d?\b|\d{1,2}[./]\d{1,2}[./]\d{2,4}\b")
TIME = re.compile(r"(?<!\d)\d{1,2}\s?[:.hH]\s?\d{2}(?!\d)")
ADDRESS = re.compile(r"[^\s<>@()\[\]\"',;:]{1,64}@[^\s<>@()\[\]\"',;:]{1,255}")
IN_ANGLES_AT_THE_END = re.compile(r"[<(\[][^<>()\[\]]{0,10}[^\s<>@]{1,64}@[^\s<>@]{1,255}[>)\]]\s?:?$")

OWN_SENTENCE = re.compile(
    r"\b(?:votre|vos|notre|nos|mon|ma|mes|je|nous|j['’]\w+|m['’]\w+|your|our|my|I|we|you|he|she|they|ihr|ich"
    r"|mein|unser|su|mi|yo)\b",
    re.IGNORECASE,
)
"""Words that no mail program writes into an introduction: the sentence is the customer's."""

# Header blocks ------------------------------------------------------------------------


def _labels(text: str) -> frozenset[str]:
    return frozenset(label.strip().casefold() for label in text.split("|"))


ROLES: dict[str, frozenset[str]] = {
    "from": _labels(
        "From|De|Von|Da|Van|Od|Fra|Från|Expéditeur|Expediteur|Emetteur|Émetteur|Absender|Remitente|Mittente"
        "|Nadawca|Remetente|Afzender|Lähettäjä|Šalje|Pošiljatelj|Feladó|Kimden|Gönderen|От|От кого"
        "|Отправитель"
        "|Від|Від кого|De la|Expeditorul|Expeditor|Saatja|Avsändare|Avsender|Odesílatel|Odosielateľ|Από"
        "|送信元|差出人|发件人|寄件者|보낸 사람"
    ),
    "date": _labels(
        "Date|Datum|Fecha|Data|Dato|Dátum|Dată|Data de|Päivämäärä|Päiväys|Tarih|Дата|Kuupäev"
        "|Ημερομηνία|日付|日時"
        "|日期|날짜"
    ),
    "sent": _labels(
        "Sent|Envoyé|Envoye|Envoyé le|Date d'envoi|Date d’envoi|Gesendet|Gesendet am|Enviado|Enviado el"
        "|Enviado em|Enviada em|Enviada|Inviato|Verzonden|Sendt|Skickat|Lähetetty|Odesláno|Odoslané|Wysłano"
        "|Wysłane|Elküldve|Küldve|Gönderildi|Gönderme Tarihi|Отправлено|Надіслано|Trimis|Poslano"
        "|发送时间|已发送"
        "|보낸 날짜"
    ),
    "to": _labels(
        "To|À|A|Pour|Destinataire|Destinataires|An|Para|Aan|Komu|Til|Till|Do|Adresat|Prima|Za"
        "|Címzett|Kime|Кому"
        "|Către|Destinatarul|Vastaanottaja|Pre|Saaja|Προς|送信先|宛先|收件人|받는 사람"
    ),
    "cc": _labels(
        "Cc|Copie|Copie à|Kopie|Kopie (CC)|Kopia|Kopi|Kópia|Kopio|Másolat|Másolatot kap|Bilgi"
        "|Копия|Копія|DW|UDW"
        "|Cci|Bcc|Reply-To|Répondre à|Antwort an|Importance|Priorité|Pièces jointes|Attachments"
    ),
    "subject": _labels(
        "Subject|Objet|Sujet|Betreff|Asunto|Oggetto|Onderwerp|Assunto|Emne|Ämne|Aihe|Předmět|Predmet|Naslov"
        "|Tárgy|Temat|Konu|Тема|Subiect|Subiectul|Teema|Θέμα|件名|主题|主旨|제목"
    ),
}
"""The labels above an older mail, by what they name."""

LABELLED = re.compile(r"([^\W\d_][^:：\d]{0,30}?)\s?[:：]\s*(.*)")

# Marks --------------------------------------------------------------------------------

MARKED = re.compile(
    r"[-_*=\s]{2,40}(?:"
    # an older mail
    r"Original(?: e-?mail)? Message|Original Appointment|Original E-?Mail|Reply message|Message d['’]origine"
    r"|Message original|Message initial|Urspr[üu]ngliche (?:Nachricht|Mail|E-Mail)|Antwort Nachricht"
    r"|Mensaje original|Mensagem original|Messaggio originale|Oorspronkelijk bericht|Oprindelig meddelelse"
    r"|Opprinnelig melding|Ursprungligt meddelande|Alkuperäinen viesti|Původní zpráva|Pôvodná správa"
    r"|Wiadomość oryginalna|Oryginalna wiadomość|Eredeti üzenet|Исходное сообщение|Mesaj original"
    # a forwarded mail
    r"|Forwarded message|Forwarded by .{1,100}|Message transf[ée]r[ée]|Message transmis"
    r"|Message r[ée]exp[ée]di[ée]|Weitergeleitete Nachricht|Mensaje reenviado|Doorgestuurd bericht"
    r"|Messaggio inoltrato|Mensagem (?:re)?encaminhada|Videresendt (?:meddelelse|melding|besked)"
    r"|Vidarebefordrat (?:meddelande|mejl)|Edelleenl[äa]hetetty viesti|Välitetty viesti|Přeposlaná zpráva"
    r"|Preposlaná správa|Przekazana wiadomość|Treść przekazanej wiadomości|Továbbított üzenet"
    r"|Пересылаемое сообщение|Перенаправленное сообщение|Перенаправлене повідомлення|Переслане повідомлення"
    r"|Mesaj redirecționat|Proslijeđena poruka|İletilmiş Mesaj|İletilen İleti|Edastatud kiri|メッセージを転送"
    r")(?!\w).{0,400}",
    re.IGNORECASE,
)
FORWARD_BEGINS = re.compile(
    r"(?:Begin forwarded message|Forwarded message|D[ée]but du message (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée])"
    r"|Anfang der weitergeleiteten Nachricht|Inicio del mensaje reenviado|Inizio messaggio inoltrato"
    r"|Begin doorgestuurd bericht|Início da mensagem (?:re)?encaminhada)\s?:?",
    re.IGNORECASE,
)
BETWEEN_DASHES = re.compile(r"[-_=*]{3,40}\s?\w[^-_=*]{2,60}[-_=*]{3,40}.{0,100}")

RULE = re.compile(r"[_\-=*]{10,}")

LINE = re.compile(r"l[ií]n|lign|zeile|riga|lijn|regel", re.IGNORECASE)
"""In each of the sentences below."""

ANSWER_ABOVE = re.compile(
    r".{0,60}(?:r[ée]pon|reply|respon|write|type|enter|[ée]cri|saisi|antwort|schreib|beantwoord|typ|escrib"
    r"|rispond|scriv).{0,60}"
    r"(?:above (?:this|the) line|au[- ]dessus de (?:cette|la) ligne|(?:oberhalb|über) (?:dieser"
    r"|der) (?:Linie|Zeile)"
    r"|(?:por )?encima de esta l[íi]nea|sopra (?:a )?questa (?:riga|linea)|boven deze (?:lijn|regel)"
    r"|acima desta linha).{0,40}",
    re.IGNORECASE,
)
"""The line of a help desk below which its own words stand."""

OF_AN_ANSWER = re.compile(
    r"\b(?:je|mon|ma|mes|mais|rien|jamais|il faut|on m[e'’]|vous (?:me |nous )?(?:dites|demandez|[ée]crivez)"
    r"|nous avons|I|my|but|nothing|never|you (?:say|said|told|ask)|we (?:have|did|replied)|ich|aber|nichts"
    r"|pero|nada|ma non|maar|niets)\b|\b[jm]['’]|\?$",
    re.IGNORECASE,
)
"""What a customer says who writes about such a line."""

LIST_LINK = re.compile(
    r"https?://|www\.|mailto:|/listinfo|[-+](?:leave|request|unsubscribe|off|help)@", re.IGNORECASE
)
LIST_FOOTER = re.compile(
    r".{0,120}(?:\bmailing list\b|/listinfo/|\bunsubscribe\b|d[ée]sabonner|abmelden).{0,200}", re.I
)

# Signatures ---------------------------------------------------------------------------

_PROGRAMS = (
    r"(?:Outlook|Mail(?:o|bird| pour| for)?\b|Yahoo|Samsung|Gmail|Proton ?Mail|Proton"
    r"|BlackBerry|iPhone|iPad|Android"
    r"|Thunderbird|Spark|Huawei|Xiaomi|Orange|SFR|Free|Bouygues|La ?Poste|Hushmail|Tutanota|Tuta|Windows|AOL"
    r"|Courrier|Mobile|Nokia|Galaxy|GMX|WEB\.DE|Canary|Edison|Airmail|Zoho|Superhuman|HEY|Front|Fairphone)"
)
_MY_DEVICE = r"(?:my|mon|ma|mein(?:em|er)?|mi|il mio|mijn|meu|min|mitt)\s[^\s,;:.!?]+(?:\s[^\s,;:.!?]+){0,5}"
DEVICE = re.compile(
    r"(?:(?:Sent (?:from|via|with|using|by)|Envoy[ée] (?:de|depuis|avec|via|par|[àa] partir d[eu]"
    r"|[àa] l['’]aide de)|Gesendet (?:von|mit|über)|Von|Enviado (?:desde|de|do)|Inviato da|Verzonden vanaf"
    r"|Verstuurd vanaf|Skickat från|Sendt fra)\s(?:the\s|la\s|l['’]|an?\s|une?\s|messagerie\s|application\s"
    rf"|secure\s|app\s|mobile\s){{0,3}}(?:{_PROGRAMS}[^,;:!?]{{0,60}}|{_MY_DEVICE})[.\s]*"
    r"|(?:Get|Obtenir|T[ée]l[ée]charge[rz]|Descarga|Scarica|Holen Sie sich) Outlook\s.{0,120}"
    r"|Sent from (?:an?|my)(?:\s[^\s,;:!?]+){1,7}"
    r"|Provenance : Courrier\b.{0,60})(?:<?https?://\S{1,300}>?)?",
    re.IGNORECASE,
)
OF_A_SENTENCE = re.compile(
    r"(?<!\w)(?:est|sont|suis|[ée]tait|sera|ai|avez|avons|ont|car|mais|parce|puisque|que|qui|ne|pas|jamais|aussi"
    r"|je|moi|me|vous|is|are|was|were|am|have|has|because|but|not|also|please|me|my|I|you|if|si|quand|when)(?!\w)",
    re.IGNORECASE,
)
"""Words of sentences, which a line of a signature has at most one of."""

CAUTION = re.compile(
    r"(?:Ce (?:message|mail|courriel|courrier [ée]lectronique) (?:et|ainsi que) (?:toutes )?(?:ses|les) "
    r"(?:[ée]ventuelles )?(?:pi[èe]ces jointes|documents).{0,60}(?:confidenti|destin|propri[ée]t|exclusi)"
    r"|(?:The information in )?This (?:e-?mail|message)(?: and any (?:attachments?|files?).{0,60})?,?"
    r" (?:is|are|may be|may contain|contains).{0,40}(?:confidential|privileged|intended))",
    re.IGNORECASE,
)
GREETING = re.compile(
    r"(?:bonjour|bonsoir|salut|coucou|hello|hi|hey|dear|hallo|guten tag|hola|ciao|buongiorno"
    r"|olá|madame|monsieur"
    r"|mesdames|messieurs|cher|chère|chers|chères|good (?:morning|afternoon|evening))\b",
    re.IGNORECASE,
)
"""How a greeting begins; a name may follow. A comma at its end tells that it is no more than that."""
