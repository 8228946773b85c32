"""The tables of this room, one file a subject."""

from headwater.listening.models.answers import SurveyLink, SurveyResponse
from headwater.listening.models.arrivals import Import, ImportState, InboxBatch, SetAsideRow, SetAsideState, Source
from headwater.listening.models.employees import EmployeeArrival, EmployeeRules, EmployeeSource, PrivacyAssessment
from headwater.listening.models.invitations import Addressee, Contact, ContactLimits, ContactTurn, Invitation, Mailing
from headwater.listening.models.surveys import Survey, SurveyVersion

__all__ = [
    "Addressee",
    "Contact",
    "ContactLimits",
    "ContactTurn",
    "EmployeeArrival",
    "EmployeeRules",
    "EmployeeSource",
    "Import",
    "ImportState",
    "InboxBatch",
    "Invitation",
    "Mailing",
    "PrivacyAssessment",
    "SetAsideRow",
    "SetAsideState",
    "Source",
    "Survey",
    "SurveyLink",
    "SurveyResponse",
    "SurveyVersion",
]
