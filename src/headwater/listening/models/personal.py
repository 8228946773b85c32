"""Personal data: its rules, what was taken out, the vault, consent, who looked, and what is being erased."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PersonalDataRules(models.Model):
    """How this installation treats personal data. One row; what is not decided has the defaults here."""

    singleton = models.BooleanField(default=True, unique=True, editable=False)
    countries = models.JSONField(default=list, help_text=_("Whose national ids are taken out; empty: all known."))
    addresses = models.BooleanField(default=False, help_text=_("Whether IP addresses are taken out."))
    vault = models.BooleanField(default=False, help_text=_("Whether words before redaction are kept, encrypted."))
    pseudonyms = models.BooleanField(default=False, help_text=_("Whether customers of new sources are pseudonyms."))
    consent_needed = models.JSONField(default=list, help_text=_("Purposes for which a customer must have said yes."))
    upload_days = models.PositiveSmallIntegerField(default=7)
    set_aside_days = models.PositiveSmallIntegerField(default=30)
    original_days = models.PositiveSmallIntegerField(default=365)
    look_days = models.PositiveSmallIntegerField(default=400)
    edition = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(singleton=True), name="personal_data_rules_are_one")]

    def __str__(self) -> str:
        return f"edition {self.edition}"


class Redacted(models.Model):
    """How many times something of a kind was taken out of the words of a source on a day, and in which import."""

    day = models.DateField()
    source = models.CharField(max_length=80)
    arrival = models.BigIntegerField(default=0, help_text=_("Number of the import; 0: no file."))
    kind = models.CharField(max_length=30)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "source", "arrival", "kind"], name="redacted_counted_once")
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.kind}"


class PseudonymousSource(models.Model):
    """A source whose customers are pseudonyms from their first row on; that never changes."""

    name = models.CharField(max_length=80, unique=True)
    since = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class VaultKey(models.Model):
    """The key of one customer's originals, wrapped by the installation's. Without it they are noise."""

    customer = models.CharField(max_length=32, unique=True, help_text=_("Keyed hash of the customer's id."))
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.customer


class VaultEntry(models.Model):
    """The words of one signal before redaction, sealed with the customer's key."""

    signal_key = models.BigIntegerField(unique=True)
    customer = models.CharField(max_length=32, db_index=True)
    sealed = models.BinaryField()
    kept_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return str(self.signal_key)


class Consent(models.Model):
    """One line of the ledger: a customer said yes or took it back. Lines are added, never changed."""

    class Purpose(models.TextChoices):
        SURVEY = "survey", _("Surveys")
        RESEARCH = "research", _("Research")
        CONTACT = "contact", _("Getting in touch")

    customer_id = models.CharField(max_length=500)
    channel = models.CharField(max_length=20)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    is_given = models.BooleanField()
    at = models.DateTimeField()
    wording = models.CharField(max_length=200, blank=True, help_text=_("Which wording, and its version."))
    origin = models.CharField(max_length=80, help_text=_("Where it was said: a source, a survey, a page."))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "channel", "purpose", "at", "is_given"], name="consent_said_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} by {self.channel}: {'given' if self.is_given else 'withdrawn'}"


class RetentionRule(models.Model):
    """How many days signals of a source and a kind are kept, or their words alone; empty means any."""

    class What(models.TextChoices):
        SIGNALS = "signals", _("Signals")
        WORDS = "words", _("Words alone")

    what = models.CharField(max_length=8, choices=What.choices, default=What.SIGNALS)
    source = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=10, blank=True)
    days = models.PositiveIntegerField()
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["source", "kind", "what"]
        constraints = [models.UniqueConstraint(fields=["what", "source", "kind"], name="retention_ruled_once")]

    def __str__(self) -> str:
        return f"{self.what} of {self.source or 'any source'}, {self.kind or 'any kind'}: {self.days} days"


class WordsLook(models.Model):
    """Who looked at customers' words: one row a person, way and hour, with whose words as keyed hashes."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_constraint=False, related_name="+")
    way = models.CharField(max_length=12)
    hour = models.DateTimeField(db_index=True)
    looks = models.PositiveIntegerField(default=0)
    words = models.PositiveBigIntegerField(default=0)
    customers = models.BinaryField(default=bytes, help_text=_("Eight bytes for each customer, sorted."))
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "way", "hour", "reason"], name="look_once_an_hour")]

    def __str__(self) -> str:
        return f"{self.way} {self.hour}"


class ErasedCustomer(models.Model):
    """A customer who was erased and stays away. Of a row only the time changes, where they were erased once more."""

    customer = models.CharField(max_length=32, unique=True, help_text=_("Keyed hash of the customer's id."))
    since = models.DateTimeField()

    def __str__(self) -> str:
        return self.customer


class ErasureRequest(models.Model):
    """A customer who is to be forgotten, and how far that is. The id itself goes when it is done."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Being erased")
        DONE = "done", _("Erased")
        FAILED = "failed", _("Stopped by an error")

    customer = models.CharField(max_length=32, db_index=True, help_text=_("Keyed hash of the customer's id."))
    sealed_id = models.BinaryField(default=bytes, help_text=_("The id, encrypted, until it is done."))
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    steps = models.JSONField(default=list, help_text=_("What is done: name and count of each step."))
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=~models.Q(state="done"), name="erasure_of_customer_once"
            )
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk}: {self.state}"
