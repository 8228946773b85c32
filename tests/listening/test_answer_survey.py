"""Customers answer: each page is kept, a response counts once, and it is in the record when it was acknowledged."""

import re

import pytest
from django.test import Client

from headwater.base.models import Company
from headwater.listening import inbox
from headwater.listening.models import Invitation, SurveyResponse
from headwater.metrics.store import company_record
from headwater.record.keys import signal_key
from headwater.record.questions import SignalRow, Size
from tests.listening.answered import ASKED, TWO_PAGES, invited, open_link, published, send


def test_a_single_page_is_answered_through_an_open_link(ours: Company) -> None:
    token = open_link().token
    shown = Client().get(f"/s/{token}")
    assert shown.status_code == 200
    assert not shown.cookies
    answered = send(token, nps=9)
    assert (answered.status_code, answered["Location"]) == (303, f"/s/{token}/end")
    response = SurveyResponse.objects.get()
    assert (response.state, response.answers) == ("complete", {})
    assert inbox.flush() == 1
    signal = company_record().ask(SignalRow(signal_key("survey-stay", f"{response.pk}:nps")))
    assert signal is not None
    assert (signal.metric, signal.score, signal.channel, signal.kind) == ("nps", 9.0, "link", "survey")
    assert signal.attributes == {
        "branch": "North", "question": "nps", "survey": "stay", "survey_version": "1", "complete": "yes",
    }  # fmt: skip
