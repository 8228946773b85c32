"""The versions of the guideposts."""

from headwater.base.models import Versioned


class GuidepostsVersion(Versioned):
    """The guideposts of every moment as one JSON document; see ``guidepost_documents`` for its shape."""

    class Meta(Versioned.Meta):
        ordering = ["-version", "-id"]
