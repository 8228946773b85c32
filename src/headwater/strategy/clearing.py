"""What this room keeps about the sample company goes with it."""

from headwater.strategy.models import Measure, StrategyVersion


def clear() -> None:
    """Called when the sample company is cleared."""
    Measure.objects.all().delete()
    StrategyVersion.objects.all().delete()
