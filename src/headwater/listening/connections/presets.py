"""APIs of well-known tools, as options to begin with: what stands in capitals is one's own. By their documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from headwater.base.refusals import NotFound


@dataclass(frozen=True, slots=True)
class Preset:
    """How the API of a tool is read, which credentials it asks for, and the ready mapping of its records."""

    name: str
    title: str
    documentation: str
    options: dict[str, Any]
    ready: str = ""


PRESETS: tuple[Preset, ...] = (
    Preset(
        "zendesk",
        "Zendesk",
        "https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/",
        {
            "url": "https://SUBDOMAIN.zendesk.com/api/v2/incremental/tickets/cursor.json",
            "auth": {"kind": "basic", "username": "NAME@EXAMPLE.COM/token"},
            "records": "tickets",
            "paging": {
                "kind": "cursor",
                "path": "after_cursor",
                "parameter": "cursor",
                "size_parameter": "per_page",
                "size": 1000,
                "more": "end_of_stream == `false`",
            },
            "incremental": {"parameter": "start_time", "field": "updated_at", "format": "unix", "start": "1"},
            "requests_a_minute": 10,
        },
        "zendesk-tickets",
    ),
    Preset(
        "freshdesk",
        "Freshdesk",
        "https://developers.freshdesk.com/api/#list_all_tickets",
        {
            "url": "https://DOMAIN.freshdesk.com/api/v2/tickets",
            "auth": {"kind": "basic"},
            "parameters": {"include": "description", "order_by": "updated_at", "order_type": "asc"},
            "paging": {"kind": "link_header", "size_parameter": "per_page", "size": 100},
            "incremental": {
                "parameter": "updated_since",
                "field": "updated_at",
                "start": "2015-01-01T00:00:00Z",
            },
            "requests_a_minute": 50,
        },
        "freshdesk-tickets",
    ),
    Preset(
        "intercom",
        "Intercom",
        "https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/listconversations",
        {
            "url": "https://api.intercom.io/conversations",
            "auth": {"kind": "bearer"},
            "headers": {"Intercom-Version": "2.11"},
            "records": "conversations",
            "paging": {
                "kind": "cursor",
                "path": "pages.next.starting_after",
                "parameter": "starting_after",
                "size_parameter": "per_page",
                "size": 150,
            },
        },
        "intercom-conversations",
    ),
    Preset(
        "typeform",
        "Typeform",
        "https://www.typeform.com/developers/responses/reference/retrieve-responses/",
        {
            "url": "https://api.typeform.com/forms/FORM/responses",
            "auth": {"kind": "bearer"},
            "records": "items",
            "paging": {
                "kind": "cursor",
                "path": "items[-1].token",
                "parameter": "before",
                "size_parameter": "page_size",
                "size": 1000,
            },
            "incremental": {"parameter": "since", "field": "submitted_at"},
        },
        "typeform-responses",
    ),
    Preset(
        "surveymonkey",
        "SurveyMonkey",
        "https://api.surveymonkey.com/v3/docs#api-endpoints-get-surveys-id-responses-bulk",
        {
            "url": "https://api.surveymonkey.com/v3/surveys/SURVEY/responses/bulk",
            "auth": {"kind": "bearer"},
            "records": "data",
            "paging": {"kind": "next_link", "path": "links.next", "size_parameter": "per_page", "size": 100},
            "incremental": {"parameter": "start_modified_at", "field": "date_modified"},
        },
        "surveymonkey-responses",
    ),
)


def preset_of(name: str) -> Preset:
    """One preset. Raises NotFound."""
    found = next((one for one in PRESETS if one.name == name), None)
    if found is None:
        raise NotFound("no_such_preset", _("There is no ready connection “%s”.") % name[:40], "preset")
    return found
