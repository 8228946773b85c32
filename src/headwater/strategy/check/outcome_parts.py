"""What an English outcome says: who, what change, by when, how much; and whether it is an output instead."""

import re
from dataclasses import dataclass
from typing import Literal

from headwater.strategy.check.english import base_forms, lexicon, quantities, word_texts

Part = Literal["who", "change", "when", "how_much"]
PARTS: tuple[Part, ...] = ("who", "change", "when", "how_much")

_OURS = frozenset(
    word
    for line in (
        "company organization organisation business brand firm enterprise group corporation bank insurer airline",
        "retailer operator department function division board provider vendor world society market industry sector",
        "them they us name one manager leader leadership executive partner stakeholder shareholder supplier",
    )
    for word in line.split()
)
_COLLEAGUES = frozenset(["employee", "colleague", "staff", "team", "teammate", "workforce", "crew", "worker", "agent"])
_SOMEONE = re.compile(
    r"\b(?:whoever|anyone|anybody|nobody|everyone who|those who|no one|caller|callers|readers?)\b", re.I
)
_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|"
    "sept?|oct|nov|dec|spring|summer|autumn|fall|winter|christmas|easter|q[1-4]"
)
_COUNT = (
    r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|eighteen|twenty-four|thirty-six|"
    r"the next|the first|the coming)"
)
_WHEN = re.compile(
    r"\b(?:(?:by|until|before|in|from|during|till|at) )?(?:the )?(?:end of |start of |early |mid-?|late )*(?:the )?"
    rf"(?:year[- ]end |(?:\d{{1,2}} )?(?:{_MONTHS})(?: \d{{1,2}},?)? )?(?:of )?(?:19|20)\d\d\b"
    rf"|\b(?:by|until|before|till) (?:the )?(?:end of |start of |early |mid-?|late |next )*(?:{_MONTHS}|year[- ]end)\b"
    r"|\b(?:by|until|before|at) (?:the )?end of (?:the |this |next )?(?:year|quarter)(?: (?:one|two|three|[123]))?\b"
    rf"|\b(?:within|in|after|over) {_COUNT} (?:\w+ )?(?:months?|years?|quarters?)\b|\b{_COUNT} months from now\b"
    r"|\b(?:in|by|of|at the end of) (?:the )?(?:first|second|third|next|this) year\b|\byear (?:one|two|three|[123])\b"
    r"|\b(?:by|until|before) next (?:year|spring|summer|autumn|winter|month|quarter)\b",
    re.IGNORECASE,
)
_DIRECTION = re.compile(
    r"\b(?:falls?|fell|fallen|falling|drop(?:s|ped|ping)?|declin\w+|decreas\w+|reduc\w+|cuts?|cutting|halv\w+|lower\w*|"
    r"shr(?:inks?|unk)|shorten\w*|ris(?:es?|en|ing)|rose|climb\w*|grow(?:s|n|ing)?|grew|increas\w+|rais\w+|doubl\w+|"
    r"tripl\w+|reach(?:es|ed|ing)?|improv\w+|gains?|goes? (?:up|down)|up|down|more|fewer|less|shorter|faster|sooner|"
    r"earlier|instead of|no longer|at least|at most|not more than|below|above|under)\b"
    r"|\bfrom [^.;]{1,60}? to \S",
    re.IGNORECASE,
)
_ABSOLUTE = re.compile(
    r"\b(?:every|all|each|no|nobody|never|none|no one|zero|without|always|half|most|any|the same|twice|whole)\b", re.I
)

_MAKE = (
    "launch|implement|roll out|introduce|deploy|install|set up|hire|recruit|migrate|establish|create|develop|publish|"
    "build|complete|run|hold|organi[sz]e|conduct|upgrade|moderni[sz]e|digiti[sz]e|digitali[sz]e|redesign|automate|adopt|buy|"
    "procure|purchase|appoint|write|define|document|map|integrate|pilot|start|begin|finish|finali[sz]e|train|coach|"
    "educate|certify|kick off|set|put in place|go live|carry out|prepare|draft|produce|design|replace|relaunch|rebrand|"
    "outsource|centrali[sz]e|invest|deliver|open|execute|review|audit|standardi[sz]e|consolidate|configure|"
    "distribute|send out"
)
_MAKING = (
    "launching|implementing|rolling out|introducing|deploying|installing|setting up|hiring|recruiting|migrating|"
    "establishing|creating|developing|publishing|building|completing|running|holding|organi[sz]ing|conducting|upgrading|moderni[sz]ing|"
    "digiti[sz]ing|redesigning|automating|adopting|buying|procuring|appointing|writing|defining|documenting|mapping|"
    "integrating|piloting|starting|training|coaching|certifying|relaunching|outsourcing|investing|delivering|replacing"
)
_MADE = (
    "launched|implemented|rolled out|introduced|deployed|installed|set up|hired|recruited|migrated|established|created|"
    "developed|published|built|upgraded|moderni[sz]ed|digiti[sz]ed|redesigned|automated|adopted|purchased|appointed|"
    "defined|documented|mapped|integrated|piloted|trained|coached|certified|live|in place|operational|up and running|"
    "in use|finali[sz]ed|relaunched|outsourced|standardi[sz]ed|consolidated|in production"
)
_NOUN = (
    "launch|implementation|introduction|roll-?out|deployment|installation|training|trainings|migration|completion|redesign|"
    "set-?up|creation|development|go-?live|establishment|automation|digiti[sz]ation|digitali[sz]ation|upgrade|pilot|"
    "workshops?|relaunch|construction|modernisation|modernization|integration|outsourcing|purchase|adoption|appointment|"
    "certification|campaign|kick-?off|publication|recruitment|hiring|coaching"
)
_SELF = (
    r"(?:we|i|the company|the team|our teams?|the organi[sz]ation|management|it|hr|marketing|customer service|everyone)"
)
_WILL = r"(?:will|shall|must|should|are going to|is going to|want to|plan to|aim to|intend to|have|has|are to|need to)"
_MAKES = re.compile(
    rf"^(?:to )?(?:{_MAKE}|{_MAKING})\b"
    rf"|^{_SELF} (?:{_WILL} )?(?:also |have |then |successfully |fully )?(?:{_MAKE}|{_MADE})\b",
    re.IGNORECASE,
)
_OUTPUT = re.compile(
    rf"{_MAKES.pattern}|^(?:the |a |an |our |full |successful |company-wide |complete )*(?:[\w-]+ ){{0,4}}?(?:{_NOUN})"
    r"(?: (?:of|for|in|to|on|with|across|by|at|is|are|programme|program|project|campaign|course|completed|done)\b"
    r"|[.!]?$)"
    rf"|\b(?:is|are|be|been|was|were|gets?|goes|go|fully|successfully) (?:{_MADE})\b"
    r"|\b(?:have|has|had) (?:all )?(?:completed|attended|taken|passed|done|finished|received) (?:\w+ ){0,4}"
    r"(?:training|trainings|course|courses|workshop|workshops|certification|e-learning|module|modules|seminar)\b"
    r"|^(?:a |an |the |one |our )?(?:new|single|central|modern|integrated|unified|company-wide) (?:[\w-]+ ){0,3}"
    r"(?:system|platform|portal|app|tool|crm|website|dashboard|chatbot|software|programme|program|process|team|department|"
    r"centre|center|academy|framework)\b",
    re.IGNORECASE,
)
_PREFACE = re.compile(r"^(?:by|until|before|in|from|within|during|over) [^,]{2,40}, ", re.I)
_DATED_PREFACE = re.compile(rf"^(?:{_WHEN.pattern}),? ", re.I)
_FOR_WHOM = re.compile(
    r"\b(?:so that|such that|until|which lets|letting|whereby|meaning that|and as a result|because then)\b(.*)$",
    re.I | re.S,
)
_MEASURED_CHANGE = re.compile(
    r"\bfrom (?:about )?[\d.,]+ ?(?:%|per ?cent|points?|days?|hours?|minutes?|\w+)? ?(?:\w+ )?to (?:about )?[\d.,]+",
    re.I,
)


@dataclass(frozen=True, slots=True)
class OutcomeParts:
    """The words of an outcome that say each part; an empty string where it says nothing."""

    who: str
    change: str
    when: str
    how_much: str

    @property
    def missing(self) -> tuple[Part, ...]:
        return tuple(part for part in PARTS if not getattr(self, part))


def parts_of(text: str, segments: tuple[str, ...] = ()) -> OutcomeParts:
    """Find the parts of an English outcome; ``segments`` are names of the company's own customer groups."""
    when = _WHEN.search(text)
    dateless = _WHEN.sub(" ", text)
    direction = _DIRECTION.search(dateless)
    absolute = _ABSOLUTE.search(dateless)
    amounts = quantities(dateless)
    amount = amounts[0] if amounts else absolute[0] if absolute else ""
    change = direction[0] if direction else _doing(dateless) if amount else ""
    return OutcomeParts(_who(text, segments), change, when[0].strip() if when else "", amount)


def is_output(text: str) -> bool:
    """Whether an English outcome names something the company makes or does, not what changes for someone.

    "So that customers …", or a change measured from one figure to another, makes it an outcome; so does a promise to a
    share of customers in the passive ("for nine in ten customers the line is installed …").
    """
    bare = text.strip(' -•*"“”')
    bare = _DATED_PREFACE.sub("", bare)
    bare = _PREFACE.sub("", bare)
    if not _OUTPUT.search(bare):
        return False
    if _MEASURED_CHANGE.search(bare):
        return False
    if not _MAKES.search(bare) and quantities(_WHEN.sub(" ", bare)) and _customers(bare):
        return False
    purpose = _FOR_WHOM.search(bare)
    return not (purpose and _customers(purpose[1]))


def _customers(text: str) -> bool:
    outside = lexicon().people - _OURS - _COLLEAGUES
    return any(form in outside for word in word_texts(text) for form in base_forms(word))


def _who(text: str, segments: tuple[str, ...]) -> str:
    people = lexicon().people - _OURS
    for word in word_texts(text):
        if any(form in people for form in base_forms(word)):
            return word
    someone = _SOMEONE.search(text)
    if someone:
        return someone[0]
    lowered = text.lower()
    return next((name for name in segments if name and name.lower() in lowered), "")


def _doing(text: str) -> str:
    """The first word of an amount's sentence that says what is done or had: a verb one can see, or any plain word."""
    known = lexicon()
    for word in word_texts(text):
        if word in known.function:
            continue
        if any(form in known.behaviours for form in base_forms(word)):
            return word
    having = re.search(
        r"\b(?:get|gets|receive|receives|have|has|know|knows|find|finds|arrive|arrives|are|is)\b", text, re.I
    )
    return having[0] if having else ""
