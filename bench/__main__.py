"""``make bench``: every benchmark in turn, each against what a user would pick instead, in the same run."""

import importlib
import sys

BENCHMARKS = (
    "record",
    "imports",
    "labels",
    "arrivals",
    "answers",
    "attribution",
    "planted",
    "triggers",
    "river",
    "drivers",
    "search",
    "themes",
)


def main() -> None:
    for name in sys.argv[1:] or BENCHMARKS:
        print(f"\n# {name}", flush=True)
        importlib.import_module(f"bench.{name}").main()


main()
