"""The tables of this room, one file a subject."""

from headwater.listening.models.answers import AnswerRate, HeldAnswer, SurveyLink, SurveyResponse
from headwater.listening.models.arrivals import Import, ImportState, InboxBatch, SetAsideRow, SetAsideState, Source
from headwater.listening.models.connections import Connection, ConnectionRun, KnownRefusal, WebhookMessage
from headwater.listening.models.employees import EmployeeArrival, EmployeeRules, EmployeeSource, PrivacyAssessment
from headwater.listening.models.invitations import Addressee, Contact, ContactLimits, ContactTurn, Invitation, Mailing
from headwater.listening.models.personal import (
    Consent,
    ErasedCustomer,
    ErasureRequest,
    PersonalDataRules,
    PseudonymousSource,
    Redacted,
    RetentionRule,
    VaultEntry,
    VaultKey,
    WordsLook,
)
from headwater.listening.models.surveys import Survey, SurveyLogo, SurveyStep, SurveyVersion
from headwater.listening.models.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "Addressee",
    "AnswerRate",
    "Connection",
    "ConnectionRun",
    "Consent",
    "Contact",
    "ContactLimits",
    "ContactTurn",
    "EmployeeArrival",
    "EmployeeRules",
    "EmployeeSource",
    "ErasedCustomer",
    "ErasureRequest",
    "HeldAnswer",
    "Import",
    "ImportState",
    "InboxBatch",
    "Invitation",
    "KnownRefusal",
    "Mailing",
    "PersonalDataRules",
    "PrivacyAssessment",
    "PseudonymousSource",
    "Redacted",
    "RetentionRule",
    "SetAsideRow",
    "SetAsideState",
    "Source",
    "Survey",
    "SurveyLink",
    "SurveyLogo",
    "SurveyResponse",
    "SurveyStep",
    "SurveyVersion",
    "VaultEntry",
    "VaultKey",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookMessage",
    "WordsLook",
]
