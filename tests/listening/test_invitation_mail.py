"""The mail that asks: readable everywhere, answerable by one click, and left by one."""

import re
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from django.conf import LazySettings
from django.test import Client

from headwater.base import worker
from headwater.base.models import Company, OutboxMail, Person
from headwater.base.refusals import Refused
from headwater.listening.models import Addressee, Contact, Invitation, Mailing
from headwater.listening.surveys import mail, mailing_work, mailings
from headwater.listening.surveys.document import Document
from headwater.listening.surveys.mailing_rules import Sender, Wording
from tests.listening.mail_sink import LINK, Sink, a_document, a_survey, part, sink, some_addressees, token_in
from tests.listening.test_mailings import ANYTIME, started

__all__ = ["sink"]


def letter(document: Document | None = None, **others: object) -> mail.Composed:
    values = {"wording": {}, "sender": Sender(), "language": "en", "name": "Ann", "token": "t" * 20, "attributes": {}}
    return mail.compose(mail.Letter(document or a_document(), **{**values, **others}))  # type: ignore[arg-type]


class Page(HTMLParser):
    """Links, and whether anything is there that mail programs take out."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.root: dict[str, str | None] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        if tag == "html":
            self.root = given
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))


def test_the_mail_is_read_with_and_without_html() -> None:
    composed = letter()
    assert composed.subject == "How was it?"
    assert "Hello Ann," in composed.text
    assert "Would you recommend us, Ann?" in composed.text
    page = Page(composed.html)
    assert not page.tags & {"script", "img", "form", "iframe", "link", "svg"}
    choices = [link for link in page.links if "?q=nps" in link]
    assert [link.rpartition("v=")[2] for link in choices] == [str(n) for n in range(11)]
    assert all(link in composed.text for link in choices)
    assert "prefers-color-scheme: dark" in composed.html
    assert max(map(len, composed.html.splitlines())) < 998  # RFC 5322 2.1.1


def test_right_to_left_and_each_language_its_own_wording() -> None:
    wording = {"ar": Wording(subject="رأيك يهمنا يا {{name|صديقنا}}"), "en": Wording(body="Hi {{name|you}} <b>&</b>")}
    arabic = letter(language="ar-EG", wording=wording, name="")
    assert (Page(arabic.html).root["dir"], Page(arabic.html).root["lang"]) == ("rtl", "ar")
    assert arabic.subject == "رأيك يهمنا يا صديقنا"
    english = letter(language="pt", wording=wording, name="<i>Ann</i>")
    assert "Hi &lt;i&gt;Ann&lt;/i&gt; &lt;b&gt;&amp;&lt;/b&gt;" in english.html
    assert "Hi <i>Ann</i> <b>&</b>" in english.text


def test_a_name_with_a_line_break_begins_no_header() -> None:
    composed = letter(wording={"en": Wording(subject="For {{name|you}}")}, name="Ann\r\nBcc: x@example.com")
    assert composed.subject == "For Ann Bcc: x@example.com"


@pytest.mark.parametrize("kind", ["open", "multiple", "matrix", "consent", "statement"])
def test_questions_that_no_link_can_answer_are_asked_on_the_page_alone(kind: str) -> None:
    question = {"id": "q", "kind": kind, "text": {"en": "Well?"}}
    composed = letter(a_document(languages=["en"], title={"en": "T"}, pages=[{"id": "p", "questions": [question]}]))
    assert "?q=" not in composed.html
    assert mail.unsubscribe_address("t" * 20) in composed.text


def test_choices_in_words_are_links_too() -> None:
    options = [{"id": "yes", "text": {"en": "Yes & no"}}, {"id": "no", "text": {"en": "No"}}]
    question = {"id": "q", "kind": "single", "text": {"en": "Well?"}, "options": options}
    composed = letter(a_document(languages=["en"], title={"en": "T"}, pages=[{"id": "p", "questions": [question]}]))
    assert "Yes &amp; no" in composed.html
    assert "?q=q&v=yes" in composed.text


@pytest.fixture
def asked(ours: Company, sink: Sink, settings: LazySettings) -> EmailMessage:
    """The mail that a customer got from a company with a domain of its own for surveys."""
    settings.MAIL_DOMAINS = ("feedback.example",)
    settings.PUBLIC_URL = "https://headwater.example"
    some_addressees(1, language="en")
    sender = {"name": "Ours asks", "address": "ask@feedback.example", "reply_to": "help@elsewhere.example",
              "return_path": "bounces@feedback.example"}  # fmt: skip
    started(a_survey(), sender=sender)
    mailing_work.work()
    worker.run_due()
    (arrived,) = sink.mails
    assert sink.envelopes == [("bounces@feedback.example", "c0@example.com")]
    return arrived


def test_what_arrives_bears_the_headers_of_good_bulk_mail(asked: EmailMessage) -> None:
    assert asked["From"] == "Ours asks <ask@feedback.example>"
    assert asked["Reply-To"] == "help@elsewhere.example"
    token = token_in(asked)
    assert asked["List-Unsubscribe"].strip() == f"<https://headwater.example/u/{token}>"
    assert asked["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert asked["Auto-Submitted"] == "auto-generated"
    assert asked.get_content_type() == "multipart/alternative"
    assert {match[1] for match in LINK.finditer(part(asked, "html"))} == {token}
    invitation = Invitation.objects.get()
    assert token not in str(Invitation.objects.values())
    assert invitation.token_hash != token


def test_the_link_of_a_choice_opens_the_survey_and_counts_nothing(asked: EmailMessage, client: Client) -> None:
    page = client.get(f"/s/{token_in(asked)}?q=nps&v=9").content.decode()
    assert re.search(r'value="9"[^>]* checked', page)
    assert Invitation.objects.get().state == Invitation.State.SENT


def test_a_stranger_s_domain_is_not_sent_from(ours: Company) -> None:
    with pytest.raises(Refused, match=r"bank\.example"):
        mailings.create(None, a_survey(), plan={"sender": {"address": "ceo@bank.example"}})


def test_looking_at_the_page_to_leave_changes_nothing_and_one_post_leaves(asked: EmailMessage, client: Client) -> None:
    address = f"/u/{token_in(asked)}"
    page = client.get(address)
    assert (page.status_code, page["Referrer-Policy"]) == (200, "no-referrer")
    assert Invitation.objects.get().state == Invitation.State.SENT
    done = Client(enforce_csrf_checks=True).post(address, {"List-Unsubscribe": "One-Click"})
    assert done.status_code == 204
    again = started(a_survey(name="other"))
    assert mailings.progress_of(again).left_out == {"do_not_ask": 1}
    assert "no surveys by e-mail" in client.get(address).content.decode()


def test_one_survey_is_left_and_taken_back(asked: EmailMessage, client: Client) -> None:
    address = f"/u/{token_in(asked)}"
    assert client.post(address, {"what": "survey"}).status_code == 200
    row = Invitation.objects.get()
    assert (row.state, row.declined) == (Invitation.State.DECLINED, True)
    assert "Take it back" in client.get(address).content.decode()
    client.post(address, {"what": "undo"})
    row.refresh_from_db()
    assert (row.state, row.declined) == (Invitation.State.SENT, False)
    client.post(address, {"what": "all"})
    client.post(address, {"what": "undo"})
    assert "What do you want no more?" in client.get(address).content.decode()


def test_an_unknown_link_leaves_nothing(ours: Company, client: Client) -> None:
    assert client.get("/u/unknown-token-of-nobody").status_code == 404
    assert client.post("/u/unknown-token-of-nobody", {"what": "all"}).status_code == 404


def test_an_address_the_server_refuses_fails_and_was_not_asked(ours: Company, sink: Sink) -> None:
    some_addressees(3)
    sink.refused = {"c1@example.com": "550 no such user", "c2@example.com": "451 try again later"}
    mailing = started(a_survey())
    mailing_work.work()
    worker.run_due()
    states = dict(Invitation.objects.values_list("customer_id", "state"))
    assert states == {"c0": "sent", "c1": "failed", "c2": "sent"}
    assert set(Contact.objects.values_list("customer_id", flat=True)) == {"c0", "c2"}
    assert OutboxMail.objects.get(to="c2@example.com").state == OutboxMail.State.WAITING
    assert mailings.progress_of(mailing).states["failed"] == 1


def test_a_test_goes_to_whoever_asks_for_it(ours: Company, sink: Sink) -> None:
    sender = Person.objects.create(email="s@example.com", name="S", roles=["cx_team"])
    mailing = mailings.create(None, a_survey(), plan={"window": ANYTIME})
    assert mailings.send_test(sender, mailing) == "s@example.com"
    worker.run_due()
    assert re.match("Test: ", str(sink.to("s@example.com")["Subject"]))
    assert (Invitation.objects.count(), Contact.objects.count()) == (0, 0)
    assert Mailing.objects.get().state == Mailing.State.DRAFT


def test_other_mail_does_not_wait_for_a_mailing(ours: Company, sink: Sink, settings: LazySettings) -> None:
    settings.BULK_MAILS_A_MINUTE = 20
    some_addressees(30)
    started(a_survey())
    mailing_work.work()
    mailings.send_test(Person.objects.create(email="s@example.com", name="S", roles=["cx_team"]), Mailing.objects.get())
    worker.run_due()
    assert len(sink.mails) == 21
    assert sink.to("s@example.com")
    assert Addressee.objects.count() == 30
