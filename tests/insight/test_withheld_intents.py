"""Withheld from the causes, intents of real comments come back as themes, with the table as it ships."""

from pathlib import Path

from bench.themes import DRAWS, back, banking77, centred, draw, themes_of
from headwater.insight import text_models


def test_of_ten_withheld_intents_at_least_seven_come_back_as_themes_on_average_over_three_draws(shared: Path) -> None:
    texts, intents = banking77(shared)
    table = text_models.table("english")
    came_back = []
    for seed in DRAWS:
        drawn = draw(texts, intents, seed)
        found, unfit = themes_of(drawn, centred(table.encode(drawn.comments)), centred(table.encode(drawn.phrases)))
        came_back.append(back(drawn, found))
        assert len(found) <= 25
        assert len(unfit) < 0.5 * len(drawn.comments)
    assert sum(came_back) >= 7 * len(DRAWS)
