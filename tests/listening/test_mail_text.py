"""What is left of a mail is what its writer said: measured on real mails, and on how programs quote and sign."""

import time
from email.utils import parseaddr
from pathlib import Path

import pytest
import quotequail
from hypothesis import given
from hypothesis import strategies as st
from mailparser_reply import EmailReplyParser

from headwater.listening.mail_text import plain_text, words_of
from headwater.listening.readers import open_file

# By hand: which lines of the text (counted from 1, blank ones aside) the writer said. The rest is quoted, signature,
# disclaimer, or the frame of another message.
SAID = {
    "38884": range(10, 16),
    "38907": range(12, 24),
    "58829": range(1, 9),
    "58831": range(1, 7),
    "58922": range(2, 11),
    "58966": range(1, 7),
    "58983": range(10, 13),
    "58994": range(20, 23),
}


def lines_of(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def mail(folder: Path, name: str) -> tuple[str, str]:
    """The text of a message and its writer."""
    reader = open_file(folder / name)
    row = next(iter(reader.batches())).table.to_pylist()[0]
    return row["text"] or "", row["from_name"] or parseaddr(row["from_address"])[0]


def test_real_mails_keep_what_was_said_and_little_else(shared: Path) -> None:
    """All 53 lines that were said are kept; of the 92 others 16 are, ten of them a header pasted above one mail."""
    folder = shared / "data" / "export_formats" / "email"
    said = missed = kept_wrongly = others = 0
    for name, truth in SAID.items():
        text, sender = mail(folder, name)
        lines = lines_of(text)
        wanted = [lines[number - 1] for number in truth]
        kept = lines_of(words_of(text, sender=sender))
        said += len(wanted)
        missed += sum(line not in kept for line in wanted)
        others += len(lines) - len(wanted)
        kept_wrongly += sum(line not in wanted for line in kept)
    assert (said, missed) == (53, 0)
    assert (others, kept_wrongly) == (92, 16)


def test_the_libraries_alone_keep_quotes_or_lose_answers(shared: Path) -> None:
    """Why the lines are read here: one library keeps each of these answers' quotes, the other drops an answer below."""
    folder = shared / "data" / "export_formats" / "email"
    text, sender = mail(folder, "58994")
    answer = lines_of(text)[SAID["58994"][0] - 1]
    assert all(own for own, _part in quotequail.quote(text))
    assert answer not in EmailReplyParser(languages=["en", "de", "fr", "es", "it", "nl", "pl"]).parse_reply(text)
    assert lines_of(words_of(text, sender=sender))[0] == answer


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("It is late.\n\nOn Mon, 3 May 2024 at 10:00, Shop <a@b.com> wrote:\n> Hello\n> there\n", "It is late."),
        ("> You asked\n\nIt is late.\n\n> and also\n\nIt broke.", "It is late.\n\nIt broke."),
        (
            "Mein Paket fehlt.\n\nMit freundlichen Grüßen\nErika\n\nAm 3. Mai 2024 schrieb Shop:\n> Hallo",
            "Mein Paket fehlt.",
        ),
        (
            "Rien reçu.\n\nCordialement,\nJ.\n\n-----Message d'origine-----\nDe : shop\nObjet : x\n\nAncien",
            "Rien reçu.",
        ),
        ("Está roto.\n\nUn saludo\nA.\n\nEl lun, 3 may 2024 a las 10:00, Tienda escribió:\n> Hola", "Está roto."),
        ("Chegou quebrado.\n\nAtenciosamente\nA. B.\n", "Chegou quebrado."),
        ("Non funziona.\n\nCordiali saluti\nA.\n\nInviato da iPhone", "Non funziona."),
        ("Het werkt niet.\n\nMet vriendelijke groet,\nA.\n", "Het werkt niet."),
        ("Nie działa.\n\nPozdrawiam\nA.\n", "Nie działa."),
        ("It broke.\n\nSent from my iPhone", "It broke."),
        ("It broke.\n\n-- \nA. Person\nHead of Things", "It broke."),
        ("It broke.\n\nFrom: Shop <a@b.com>\nSent: Monday\nTo: me\nSubject: hi\n\nOld words", "It broke."),
        (
            "It broke.\n\nThis e-mail and any attachments are confidential and intended solely for the addressee. "
            "If you are not the recipient, delete it.",
            "It broke.",
        ),
        (
            "Kaputt.\n\nDiese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind, "
            "vernichten Sie diese Nachricht.",
            "Kaputt.",
        ),
        ("<div>It <b>broke</b>.</div><blockquote type='cite'>old words</blockquote>", "It broke."),
        ("<p>First</p><p>Second</p><div class='gmail_quote'>On Monday …</div>", "First\n\nSecond"),
        ("Thanks for nothing.", "Thanks for nothing."),
        ("Thanks", "Thanks"),
        ("Regards", "Regards"),
        ("Schlechter Service\n\nNie Wieder", "Schlechter Service\n\nNie Wieder"),
        ("The e-mail said it was confidential and I never got the message.", None),
        ("a < b and c > d", "a < b and c > d"),
    ],
)
def test_quotes_signatures_and_disclaimers_go(body: str, said: str | None) -> None:
    assert words_of(body) == (body if said is None else said)


def test_the_writers_name_goes_only_below_something_said() -> None:
    assert words_of("It broke.\n\nErika Muster", sender="Erika Muster") == "It broke."
    assert words_of("Erika Muster", sender="Erika Muster") == "Erika Muster"
    assert words_of("It broke.\n\nErika broke it", sender="Erika Muster").endswith("Erika broke it")


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 200_000 + "x",
        "<" * 500_000,
        "wrote:\n>" * 60_000,
        "a: b\n" * 300_000,
        "On " * 200_000 + "wrote:",
        "confidential e-mail\n\n" * 30_000,
        "> " * 300_000,
        "_" * 400_000,
        "&" * 400_000 + "<p>",
    ],
    ids=["tags", "angles", "announced", "headers", "on", "disclaimers", "quotes", "rule", "entities"],
)
def test_a_hostile_mail_takes_no_time(body: str) -> None:
    started = time.process_time()
    words_of(body)
    assert time.process_time() - started < 20  # a second or so; quadratic takes minutes


@given(st.text(alphabet="aB .\n>-:<@/&_|é🙂", max_size=400), st.text(alphabet="ab é", max_size=12))
def test_words_are_never_invented(body: str, sender: str) -> None:
    """What is kept stands in the mail, and cleaning what is clean changes little: every line was there."""
    if "<" in body:
        plain_text(body)
        words_of(body, sender=sender)
        return
    there = {line.strip() for line in body.split("\n")}
    assert {line.strip() for line in words_of(body, sender=sender).split("\n")} <= there | {""}
