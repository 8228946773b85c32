"""How the sample company tried its mission with customers and employees before it counted."""

from datetime import timedelta

from django.utils import timezone

from headwater.strategy import drafting, trial_answers, trials
from headwater.strategy.models import TrialLink

FIRST_MISSION = "Every order comes on time, is what we showed, and whoever asks us gets an answer."
WHAT_CHANGED = (
    "“On time” meant any day to some, and nobody believed in an answer as such: we now say the day we said, and one "
    "answer that holds."
)
# audience: (clear, believable, matters) and what it promises in their words; the words of a few speak for all
VOICES = {
    "customers": (
        (5, 4, 5, "It comes on the day you say.", ""),
        (4, 2, 5, "That you keep your word.", "Say what happens when it does not come."),
        (5, 3, 4, "One answer instead of three.", ""),
        (4, 4, 4, "", ""),
        (5, 2, 5, "The day is the day.", "I believe it when I see it."),
        (4, 4, 5, "What I see is what I get.", ""),
        (5, 4, 4, "I need not ask twice.", ""),
        (3, 3, 4, "", "Shorter."),
    ),
    "employees": (
        (4, 4, 5, "We may not promise what we cannot keep.", ""),
        (5, 3, 4, "Keep the day.", "Who decides the day?"),
        (4, 5, 5, "I answer, not my neighbour.", ""),
        (5, 4, 5, "", ""),
        (4, 4, 4, "One answer that holds.", "Say it for returns too."),
        (5, 4, 4, "We say it when it is late.", ""),
    ),
}


def try_mission(better: str) -> None:
    """Try the drafted mission, change it to ``better`` by what people said, and keep why with the version."""
    trial = trials.start_trial(None, "mission", closes_on=timezone.localdate() + timedelta(days=21))
    for link in TrialLink.objects.filter(trial=trial).select_related("trial"):
        for number, (clear, believable, matters, promise, change) in enumerate(VOICES[link.audience]):
            given = {"clear": clear, "believable": believable, "matters": matters}
            said = {"promise": promise, "change": change}
            trial_answers.answer(link, given | said, browser=f"sample {number}")
    drafting.change_statements(None, {"mission": better})
    trials.keep_change(None, trial.pk, WHAT_CHANGED)
    trials.close_trial(None, trial.pk)
