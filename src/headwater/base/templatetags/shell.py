"""Template tags of the page shell."""

from django import template
from django.contrib.messages.storage.base import Message
from django.template.context import RequestContext

register = template.Library()

THEMES = ("light", "dark")
UNDO = "undo="


@register.simple_tag(takes_context=True)
def chosen_theme(context: RequestContext) -> str:
    """The theme this reader chose (cookie ``theme``), or nothing: then the system decides."""
    request = context.get("request")
    theme = request.COOKIES.get("theme", "") if request is not None else ""
    return theme if theme in THEMES else ""


@register.filter
def undo_address(message: Message) -> str:
    """Where a message's "Undo" posts to: ``messages.success(request, text, extra_tags="undo=/address")``."""
    tags = (message.extra_tags or "").split()
    return next((tag.removeprefix(UNDO) for tag in tags if tag.startswith(UNDO + "/")), "")


@register.filter
def initials(name: object) -> str:
    """Up to two letters that stand for a name."""
    words = str(name).replace("@", " ").split()
    return "".join(word[0] for word in words[:2]).upper()
