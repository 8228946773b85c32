"""Put the sample company into an empty installation, by the way every company's data arrives."""

from contextlib import suppress
from datetime import date
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction
from django.utils.translation import gettext as _

from headwater.base.company import ensure_company
from headwater.base.departments import add_department, set_head
from headwater.base.models import Company, Department, Person
from headwater.base.paths import home
from headwater.base.people import add_person, change_person
from headwater.base.refusals import Conflict
from headwater.insight.alerts_watching import watch_for_changes
from headwater.insight.labelling import label_new
from headwater.journey.packs import load_pack
from headwater.journey.queries import taxonomy
from headwater.journey.services import apply_pack
from headwater.listening import importing, inbox
from headwater.listening.importing import ImportOutcome, outcome_of
from headwater.listening.mapping import Mapping, from_yaml
from headwater.listening.models import Import, ImportState
from headwater.listening.services import keep_mapping
from headwater.metrics.store import company_record
from headwater.site.sample.company import CURRENCY, NAME, PACK, TIME_ZONE
from headwater.site.sample.connections import load_connections
from headwater.site.sample.custom import load_finance
from headwater.site.sample.employees import load_employees
from headwater.site.sample.generate import SEED, SampleCompany, generate, last_month_end
from headwater.site.sample.hunches import load_hunches
from headwater.site.sample.mailings import load_mailings
from headwater.site.sample.moments import choose_moments
from headwater.site.sample.personal_data import load_personal_data
from headwater.site.sample.programme import load_programme
from headwater.site.sample.promises import load_promises
from headwater.site.sample.strategy import load_strategy
from headwater.site.sample.survey_answers import load_survey_answers
from headwater.site.sample.surveys import load_surveys
from headwater.strategy.strategies import current

FILE = "sample.parquet"


def load_sample(seed: int = SEED, end: date | None = None) -> ImportOutcome:
    """Make this installation the sample company, with its departments, people, journey and signals.

    What an earlier load that was cut off has done already is kept, and nothing counts twice. Raises ``Conflict``
    where a company of one's own has been started.
    """
    ours = ensure_company(name=NAME, time_zone=TIME_ZONE, currency=CURRENCY, pack=PACK, is_sample=True)
    if not ours.is_sample:
        message = _("%s is a company of its own; the sample company goes into an empty data folder only.")
        raise Conflict("company_started", message % ours.name)
    if (arrived := _arrived()) is not None:
        _load_programme()
        return outcome_of(arrived)
    sample = generate(seed, end or last_month_end(ours.started_at.date()))
    _prepare(sample)
    company_record().put_customers(_customer_rows(sample))
    with TemporaryDirectory(dir=home(), prefix="sample-") as folder:
        file = Path(folder) / FILE
        pq.write_table(sample.signals, file)
        outcome = _import(file, mapping())
    _load_programme()
    return outcome


def _load_programme() -> None:
    """What people made of the signals, each part once: a load that was cut off goes on."""
    load_promises()
    load_finance()
    load_strategy()
    load_programme()
    load_employees(SEED)
    load_hunches(SEED)
    load_personal_data()
    load_connections()
    load_surveys()
    load_survey_answers(SEED)
    load_mailings()
    label_new()
    watch_for_changes()  # after labelling: what rises is asked of causes too


def sample_is_loaded(ours: Company) -> bool:
    """Whether the sample company's signals and strategy are all there: a load that was cut off goes on."""
    return ours.is_sample and _arrived() is not None and bool(current().version)


def _arrived() -> Import | None:
    """The sample's import, once all of its signals are there."""
    return Import.objects.filter(file_name=FILE, state=ImportState.DONE).first()


def mapping() -> Mapping:
    """The mapping of the sample company's export."""
    text = (resources.files("headwater.site.sample") / "mapping.yaml").read_text(encoding="utf-8")
    return from_yaml(text)


def _prepare(sample: SampleCompany) -> None:
    """Departments, people and journey, in one transaction."""
    with transaction.atomic():
        if not Department.objects.exists():
            _add_departments(sample)
        if not taxonomy().version:
            apply_pack(None, load_pack(PACK))
            choose_moments()


def _add_departments(sample: SampleCompany) -> None:
    departments: dict[str, Department] = {}
    for wanted in sample.departments:
        parent = departments.get(wanted.parent or "")
        departments[wanted.name] = add_department(
            None, wanted.name, parent=parent, pack_departments=wanted.pack_departments
        )
    for member in sample.people:
        department = departments[member.department]
        with suppress(Conflict):  # someone of that address is here already: a person of the installation
            person: Person = add_person(
                None, member.email, member.title, member.roles, department=department, is_sample=True
            )
            change_person(None, person, title=member.title)
            if member.heads:
                set_head(None, department, person)


def _customer_rows(sample: SampleCompany) -> pa.Table:
    """The customers as the record keeps them: id, first day, segment attributes."""
    first = sample.signals.group_by("customer_id").aggregate([("occurred_at", "min")])
    since = dict(zip(first["customer_id"].to_pylist(), first["occurred_at_min"].to_pylist(), strict=True))
    customers = sample.customers
    attributes = [
        [("region", str(region)), ("segment", str(segment))]
        for region, segment in zip(customers.region, customers.segment, strict=True)
    ]
    ids = [str(customer) for customer in customers.id]
    return pa.table(
        {
            "customer_id": pa.array(ids, pa.string()),
            "since": pa.array([since[one].date() if one in since else None for one in ids], pa.date32()),
            "attributes": pa.array(attributes, pa.map_(pa.string(), pa.string())),
        }
    )


def _import(file: Path, used: Mapping) -> ImportOutcome:
    """The one import that a sample company takes: people's own files are refused while it is there."""
    with transaction.atomic():
        source = keep_mapping(used, None)
        arrival = Import.objects.create(
            source=source,
            file_name=FILE,
            path=str(file),
            mapping=used.to_yaml(),
            state=ImportState.READING,
            bytes_total=file.stat().st_size,
        )
    importing.run_import(arrival)
    inbox.flush()
    arrival.refresh_from_db()
    return outcome_of(arrival)
