"""The process that draws charts: a line of JSON in, a line of JSON out. It knows nothing but vl-convert."""

import base64
import json
import select
import sys
from typing import Any

import vl_convert

SCALE = 2.0


def draw(request: dict[str, Any]) -> dict[str, str]:
    """Draw one picture; what Vega refuses is an answer too. Nothing is fetched from anywhere."""
    try:
        svg = vl_convert.vegalite_to_svg(request["spec"], config=request["config"], allowed_base_urls=[])
        picture = svg.encode() if request["kind"] == "svg" else vl_convert.svg_to_png(svg, scale=SCALE)
    except ValueError as error:
        return {"error": str(error).strip().splitlines()[1 if "\n" in str(error).strip() else 0]}
    return {"picture": base64.b64encode(picture).decode()}


def main(idle_seconds: float) -> None:
    """Answer until the parent closes its end or has asked nothing for a while."""
    while select.select([sys.stdin], [], [], idle_seconds)[0]:
        line = sys.stdin.buffer.readline()
        if not line:
            return
        sys.stdout.write(json.dumps(draw(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(float(sys.argv[1]))
