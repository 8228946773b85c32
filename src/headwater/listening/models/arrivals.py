"""What arrives: sources and their mappings, imports, rows set aside, and the inbox."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Source(models.Model):
    """Where signals come from: one export, one system, one API client. Its mapping is kept and used again."""

    name = models.SlugField(_("name"), max_length=80, unique=True)
    mapping = models.TextField(_("mapping"), blank=True, help_text=_("YAML; empty until a file has been mapped."))
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", _("Waiting for its mapping")
    WAITING = "waiting", _("Waiting to start")
    READING = "reading", _("Reading")
    RECEIVED = "received", _("Received, moving to the record")
    DONE = "done", _("Done")
    INTERRUPTED = "interrupted", _("Interrupted")
    REFUSED = "refused", _("Could not be read")


class Import(models.Model):
    """One file on its way into the record, and what became of its rows.

    `chunks` counts the pieces that are durably in the inbox or the record: an import that was killed goes on after
    them. `fingerprint` identifies file content, source and mapping, so that running the same import again finds it.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="imports")
    file_name = models.CharField(max_length=255)
    path = models.TextField(blank=True)
    fingerprint = models.CharField(max_length=64, blank=True, db_index=True)
    mapping = models.TextField(blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=12, choices=ImportState.choices, default=ImportState.UPLOADED)
    reason = models.TextField(blank=True, help_text=_("Why the file could not be read."))
    columns = models.JSONField(default=list, help_text=_("Names of the file's columns, in their order."))
    chunks = models.PositiveIntegerField(default=0)
    rows_read = models.PositiveBigIntegerField(default=0)
    received = models.PositiveBigIntegerField(default=0)
    accepted = models.PositiveBigIntegerField(default=0)
    repeated = models.PositiveBigIntegerField(default=0)
    revised = models.PositiveBigIntegerField(default=0)
    set_aside = models.PositiveBigIntegerField(default=0)
    reasons = models.JSONField(default=dict, help_text=_("How many rows were set aside, by reason code."))
    bytes_total = models.PositiveBigIntegerField(default=0)
    bytes_read = models.PositiveBigIntegerField(default=0)
    timings = models.JSONField(default=dict, help_text=_("Seconds spent in each step of the pipeline."))
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.file_name} → {self.source}"

    @property
    def finished(self) -> bool:
        return self.state in (ImportState.DONE, ImportState.REFUSED)

    @property
    def share_read(self) -> float:
        """How much of the file has been read, 0…1."""
        return min(1.0, self.bytes_read / self.bytes_total) if self.bytes_total else 0.0


class SetAsideState(models.TextChoices):
    OPEN = "open", _("Set aside")
    RESENT = "resent", _("Corrected and sent again")


class SetAsideRow(models.Model):
    """A row that could not be taken as it was, with the reason and its values exactly as they were read."""

    arrival = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="set_aside_rows")
    row = models.PositiveBigIntegerField(help_text=_("Row of the file, counted as a spreadsheet does (header = 1)."))
    code = models.CharField(max_length=40)
    message = models.TextField()
    column = models.CharField(max_length=255, blank=True)
    values = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=SetAsideState.choices, default=SetAsideState.OPEN)

    class Meta:
        ordering = ["row", "pk"]
        indexes = [models.Index(fields=["arrival", "state", "code"])]

    def __str__(self) -> str:
        return f"row {self.row}: {self.message}"


class InboxBatch(models.Model):
    """Signals that are acknowledged and not yet in the record: an Arrow stream, compressed.

    `transaction` is the record's application transaction that this batch was claimed for and `outcome` what the plan
    counted, saved before the commit, so that after a kill the record's own transaction number tells whether it counts.
    """

    arrival = models.ForeignKey(Import, null=True, blank=True, on_delete=models.CASCADE, related_name="batches")
    received_at = models.DateTimeField(auto_now_add=True)
    rows = models.PositiveIntegerField()
    signals = models.BinaryField()
    transaction = models.BigIntegerField(null=True, blank=True, db_index=True)
    outcome = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"batch {self.pk}: {self.rows} rows"
