"""What the readiness list says of pay and survey scores, for whoever judges the integrity of a score."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.insight.integrity_incentives import Incentive
from headwater.strategy.readiness import item
from headwater.strategy.readiness_questions import PAY_ON_SCORE


def incentives() -> Iterator[Incentive]:
    """The answer to whether anybody's pay depends on a survey score; it is there also while nobody has given one."""
    found = item(PAY_ON_SCORE)
    words = {
        True: _("Somebody’s pay depends on a survey score, as the readiness list says."),
        False: _("Nobody’s pay depends on a survey score, as the readiness list says."),
        None: _("Nobody has said yet whether pay depends on a survey score."),
    }[found.says_yes]
    yield Incentive(str(found.question.title), words, reverse("readiness_item", args=[PAY_ON_SCORE]), found.says_yes)
