"""Boards: charts that a person or everyone keeps in sight, each with the question it answers and who decides by it."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from headwater.base.models import Person


class Board(models.Model):
    """A page of pinned charts. A shared one is seen by everyone, any other by its owner alone."""

    name = models.CharField(max_length=80)
    owner = models.ForeignKey(Person, models.CASCADE, related_name="+")
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-shared", "name", "id"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["owner", "name"], name="board_name_once")]

    def __str__(self) -> str:
        return self.name


class Pin(models.Model):
    """A chart on a board: ``address`` is the page it comes from with its filters, path and query string.

    A pin that was stopped keeps its place and the reason, so that it can be brought back.
    """

    board = models.ForeignKey(Board, models.CASCADE, related_name="pins")
    address = models.CharField(max_length=2500)
    title = models.CharField(max_length=160)
    question = models.CharField(max_length=300, blank=True)
    decision = models.CharField(max_length=600, blank=True)
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    outcome = models.SlugField(max_length=60, blank=True)
    position = models.PositiveIntegerField(default=0)
    pinned_at = models.DateTimeField(default=timezone.now)
    pinned_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title
