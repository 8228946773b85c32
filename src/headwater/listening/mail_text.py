"""What somebody wrote in a mail: HTML as plain text, without quotes, signatures and disclaimers.

Quotes that follow an answer are found by quotequail (Apple, Gmail, Outlook and others, in several languages). What it
leaves is read line by line: quoted lines and the line that announces them, blocks of mail headers, signatures and
disclaimers in seven languages. Nothing here runs longer than the text is long.
"""

import re
from html import unescape
from itertools import pairwise

import inscriptis
import lxml.etree
import lxml.html
import quotequail

MAX_HTML = 2_000_000
MAX_TEXT = 400_000
MAX_DEPTH = 200
MAX_LINE = 2_000
SIGNATURE_LINES = 14
CLOSING_LINES = 10

TAG = re.compile(r"<[a-zA-Z!/][^<>]{0,2000}>")
LOOKS_HTML = re.compile(r"<(?:!doctype|html|body|div|p|br|span|table|a|b|i|ul|blockquote)(?:\s[^<>]{0,999})?/?>", re.I)
QUOTED = re.compile(r"^\s{0,3}>")
# “On … wrote:”, in the languages mail programs write it, also over two lines.
ANNOUNCES = re.compile(
    r"\b(?:wrote|writes|schrieb|schreibt|a [ée]crit|escribió|escribio|escreveu|ha scritto|schreef|geschreven|napisał|"
    r"napisała|skrev|kirjoitti)\s*:?\s*$|(?:написал|のメール|写道)\S*\s*[:：]?\s*$",
    re.I,
)
HEADER = re.compile(
    r"^\s*\*?(?:from|sent|date|to|cc|subject|von|gesendet|datum|an|betreff|de|envoy[ée]|à|objet|enviado|para|asunto|"
    r"assunto|da|inviato|a|oggetto|van|verzonden|aan|onderwerp|od|wysłano|do|temat|差出人|送信日時|宛先|件名)\s?\*?[:：]",
    re.I,
)
FIRST_HEADER = re.compile(r"^\s*\*?(?:from|von|de|da|van|od|差出人)\s?\*?[:：]\s*\S", re.I)
FORWARDED = re.compile(
    r"^\s*(?:begin forwarded message|anfang der weitergeleiteten (?:e-mail|nachricht))\s*:?\s*$|"
    r"^\s*-{2,}\s*(?:original message|forwarded message|ursprüngliche nachricht|weitergeleitete nachricht|"
    r"message d'origine|message transféré|mensaje original|mensagem original|messaggio originale|"
    r"oorspronkelijk bericht|wiadomość oryginalna)\s*-{2,}\s*$",
    re.I,
)
CLOSING = re.compile(
    r"^\W{0,3}(?:(?:(?:kind|best|warm|warmest|many)? ?regards|best wishes|mfg)(?:, \w+(?: \w+){0,2})?|"
    r"(?:yours )?(?:sincerely|faithfully|truly)|cheers|"
    r"(?:many )?thanks(?: in advance)?(?: and regards)?|thank you|(?:mit )?(?:freundlichen?|besten|lieben|herzlichen) "
    r"gr(?:ü|ue)(?:ß|ss)en?|(?:viele|beste|liebe|freundliche|herzliche) gr(?:ü|ue)(?:ß|ss)e|vielen dank|danke|"
    r"(?:bien )?(?:cordialement|à vous)|(?:sinc[èe]res )?salutations(?: distingu[ée]es)?|merci(?: d'avance)?|"
    r"(?:un )?(?:cordial )?saludos?(?: cordial(?:es)?)?|atentamente|gracias|cordiali saluti|distinti saluti|grazie|"
    r"(?:com os melhores )?cumprimentos|atenciosamente|obrigad[oa]|met vriendelijke groet(?:en)?|groet(?:en|jes)?|"
    r"z poważaniem|pozdrawiam)\W{0,3}$",
    re.I,
)
SENT_FROM = re.compile(
    r"^\s*(?:sent from (?:my|outlook|yahoo|mail|samsung)|get outlook for|von meinem \S+ gesendet|gesendet (?:von|mit) |"
    r"envoyé (?:de|depuis) mon |enviado desde mi |enviado do meu |inviato da(?:l mio)? |verzonden (?:vanaf|met) )",
    re.I,
)
DISCLAIMER = re.compile(
    r"confidential|intended (?:solely|only|recipient)|privileged|vertraulich|nicht der (?:richtige|beabsichtigte)|"
    r"confidentiel|destinataire|confidencial|destinatario|riservat|vertrouwelijk|poufn|virus[- ]?free|disclaimer",
    re.I,
)
ABOUT_MAIL = re.compile(r"e-?mail|message|nachricht|courriel|correo|mensaje|mensagem|messaggio|bericht", re.I)
SIGN = re.compile(r"^--\s?$")
RULE = re.compile(r"^[\W_]{15,}$")
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.\w|https?://|\bwww\.|\+?\d[\d ()/.-]{7,}\d")


def words_of(body: str, *, sender: str = "") -> str:
    """What the writer of a mail said in it. `sender` is the writer's name, taken off where it closes the text."""
    text = plain_text(body) if LOOKS_HTML.search(body[:MAX_HTML]) else body
    lines = [line[:MAX_LINE].rstrip() for line in _unquoted(text[:MAX_TEXT]).replace("\r", "").split("\n")]
    lines = _without_quotes(lines)
    lines = _without_tail(lines)
    lines = _without_disclaimer(lines)
    lines = _without_name(lines, sender)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n \t")


def plain_text(html: str) -> str:
    """HTML as text: paragraphs and lists as lines, quoted mails (blockquote) gone. Anything else stays as it is."""
    if not TAG.search(html[:MAX_HTML]):
        return unescape(html)
    try:
        tree = lxml.html.document_fromstring(html[:MAX_HTML])
        for quote in tree.xpath("//blockquote[@type='cite'] | //*[contains(@class, 'gmail_quote')]"):
            quote.drop_tree()
        if _depth(tree) > MAX_DEPTH:
            return _stripped(html)
        text: str = inscriptis.Inscriptis(tree).get_text()
    except (lxml.etree.LxmlError, ValueError, RecursionError, AssertionError, IndexError):
        return _stripped(html)
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _depth(tree: lxml.html.HtmlElement) -> int:
    """How deeply elements stand within one another."""
    depth = deepest = 0
    for action, _element in lxml.etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if action == "start" else -1
        deepest = max(deepest, depth)
    return deepest


def _stripped(html: str) -> str:
    return unescape(TAG.sub(" ", html[:MAX_HTML])).strip()


def _unquoted(text: str) -> str:
    """The text without a quoted mail that runs to its end, as far as quotequail knows how it begins."""
    parts = quotequail.quote(text, quote_intro_line=True)
    kept = [part for is_own, part in parts if is_own]
    return kept[0] if kept and kept[0].strip() and len(parts) > 1 else text


def _without_quotes(lines: list[str]) -> list[str]:
    """Without quoted lines, what announces them, and a mail that is pasted below with its headers."""
    end = next((place for place in range(len(lines)) if _begins_pasted(lines, place)), len(lines))
    lines = lines[:end]
    quoted = [bool(QUOTED.match(line)) for line in lines]
    for place in range(1, len(lines)):
        if quoted[place] and not quoted[place - 1]:
            _mark_announcement(lines, quoted, place - 1)
    return [line for line, is_quoted in zip(lines, quoted, strict=True) if not is_quoted]


def _begins_pasted(lines: list[str], place: int) -> bool:
    if FORWARDED.match(lines[place]):
        return True
    return bool(
        FIRST_HEADER.match(lines[place]) and sum(bool(HEADER.match(line)) for line in lines[place : place + 5]) >= 3
    )


def _mark_announcement(lines: list[str], quoted: list[bool], place: int) -> None:
    """“On Monday, somebody wrote:” stands before its quote, over up to three lines, with a blank one between or not."""
    while place >= 0 and not lines[place].strip():
        place -= 1
    if place < 0 or not ANNOUNCES.search(lines[place]):
        return
    quoted[place] = True
    for above in range(place - 1, max(-1, place - 3), -1):
        if not lines[above].strip() or len(lines[above]) > 120 or lines[above].rstrip()[-1] in ".!?":
            break
        if re.match(r"^\s*(?:on|am|le|el|em|il|op|in article|w dniu|den)\b", lines[above], re.I):
            for one in range(above, place):
                quoted[one] = True
            break


def _without_tail(lines: list[str]) -> list[str]:
    """Without the signature: from “-- ”, a closing phrase, a drawn rule or “Sent from” to the end."""
    spoken = 0
    for place, line in enumerate(lines):
        text = line.strip()
        left = sum(bool(one.strip()) for one in lines[place + 1 :]) if spoken else len(lines)
        if spoken and (
            SIGN.match(line)
            or SENT_FROM.match(line)
            or (CLOSING.match(text) and left <= CLOSING_LINES)
            or (RULE.match(text) and left <= SIGNATURE_LINES)
        ):
            return lines[:place]
        if spoken and left <= SIGNATURE_LINES and len(text) >= 20 and _drawn(text) and _drawn_on(lines[place:]):
            return lines[:place]
        spoken += sum(one.isalpha() for one in text) >= 3
    return lines


def _drawn(text: str) -> bool:
    return sum(one.isalnum() or one.isspace() for one in text) < 0.4 * len(text)


def _drawn_on(lines: list[str]) -> bool:
    """Whether most of the lines hold a drawing or a frame."""
    filled = [line for line in lines if line.strip()]
    return sum(not line.strip()[0].isalnum() for line in filled) * 2 >= len(filled)


def _without_disclaimer(lines: list[str]) -> list[str]:
    """Without the paragraphs at the end that speak of the mail itself, in the words of lawyers."""
    starts = [0, *(place + 1 for place, (one, _two) in enumerate(pairwise(lines)) if not one.strip())]
    for start in starts:
        paragraph = " ".join(lines[start:]).strip()
        first = " ".join(_paragraph(lines, start))
        if start and len(paragraph) > 60 and DISCLAIMER.search(first) and ABOUT_MAIL.search(first):
            return lines[:start]
    return lines


def _paragraph(lines: list[str], start: int) -> list[str]:
    found: list[str] = []
    for line in lines[start:]:
        if not line.strip() and found:
            break
        found.append(line)
    return found


def _without_name(lines: list[str], sender: str) -> list[str]:
    """Without a last line that is the writer's name, or a name with an address; something else must stand above it."""
    names = {word for word in re.findall(r"[^\W\d_]+", sender.casefold()) if len(word) > 1}
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    if not lines:
        return lines
    last = _last_paragraph(lines)
    above = any(line.strip() for line in lines[:-last])
    words = {word for line in lines[-last:] for word in re.findall(r"[^\W\d_]+", line.casefold()) if len(word) > 1}
    is_name = last <= 2 and bool(words) and words <= names
    signed = lines[-last:]
    is_address = last <= 4 and bool(ADDRESS.search(" ".join(signed))) and all(_short(line) for line in signed)
    return lines[:-last] if above and (is_name or is_address) else lines


def _last_paragraph(lines: list[str]) -> int:
    count = 0
    for line in reversed(lines):
        if not line.strip():
            break
        count += 1
    return count


def _short(line: str) -> bool:
    """A line of a signature says no sentence."""
    plain = ADDRESS.sub(" ", line)
    return len(re.findall(r"[^\W\d_]{2,}", plain)) <= 5 and not re.search(r"[.!?]\s*$", plain)
