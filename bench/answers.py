"""Answers at 200 a second for a minute, the whole server killed twice meanwhile: is each acknowledged one counted once?

    python -m bench.answers [--rate 200] [--seconds 60] [--kills 2] [--of all] [--keep FOLDER]

`headwater serve` as it is installed (embedded default, worker beside it); half of the answers through an open link,
half by invitation. With `--of one` a server process is killed, then the worker, and so on, which are started again
by what is left. Then floods of links with limits. The peer, in the same run: the same forms into plain rows.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import closing, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode
from uuid import UUID, uuid4

import numpy as np

from bench.answers_load import Result

PORT, PEER_PORT, WARM = 8393, 8394, 100
CATCH_UP = 10
"""Seconds after a start in which those who had waited are answered, and latencies are told apart."""
Down = tuple[float, float]
"""Seconds since the load began: when the server was killed, and when it answered again."""
Doors = dict[str, Any]
"""Tokens of the links by their names, and of the invited with the number that each one's answer bears."""
Form = tuple[str, str]
SETTLED = """
import json, sys
import django
django.setup()
from headwater.base.versions import publish, start_draft
from headwater.listening.models import Invitation, Survey, SurveyVersion
from headwater.listening.surveys.links import create_link
from headwater.listening.surveys.tokens import hashed, new_token
from uuid import uuid4

asked = {"title": {"en": "How was it?"}, "pages": [{"id": "first", "questions": [
    {"id": "nps", "kind": "nps", "text": {"en": "Would you recommend us?"}, "required": True},
    {"id": "reason", "kind": "single", "text": {"en": "What for?"},
     "options": [{"id": "price", "text": {"en": "Price"}}, {"id": "speed", "text": {"en": "Speed"}}]},
    {"id": "why", "kind": "open", "text": {"en": "Why?"}}]}]}
survey = Survey.objects.create(name="bench", title="Bench")
row = start_draft(SurveyVersion, None, str(survey.pk), survey=survey)
SurveyVersion.objects.filter(pk=row.pk).update(content=asked)
publish(row, None)
links = {
    "open": create_link(None, survey, "open", most_an_hour=1_000_000, most_from_an_address=1_000_000),
    "flooded": create_link(None, survey, "flooded", most_an_hour=300, most_from_an_address=1_000_000),
    "one address": create_link(None, survey, "one address", most_an_hour=1_000_000),
}
tokens = {new_token(): str(uuid4()) for _ in range(int(sys.argv[1]))}
Invitation.objects.bulk_create([
    Invitation(survey=survey, customer_id=f"c{n}", token_hash=hashed(token), response_id=id, state="sent")
    for n, (token, id) in enumerate(tokens.items())], batch_size=500)
print(json.dumps({"links": {name: link.token for name, link in links.items()}, "invited": tokens}))
"""
COUNTED = """
import json
import django
django.setup()
from deltalake import DeltaTable
from headwater.metrics.store import company_record

table = DeltaTable(str(company_record().root / "signals")).to_pyarrow_table(columns=["source", "record_id"])
print(json.dumps([row["record_id"] for row in table.to_pylist() if row["source"] == "survey-bench"]))
"""
WAITING = ("listening_inboxbatch", "listening_surveyresponse where is_due")
WORDS = ("delivery was late again", "friendly and quick", "the invoice was wrong", "nobody called back", "all good")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rate", type=float, default=200)
    arguments.add_argument("--seconds", type=int, default=60)
    arguments.add_argument("--kills", type=int, default=2)
    arguments.add_argument("--of", choices=("all", "one"), default="all", help="kill everything, or one process")
    arguments.add_argument("--keep", type=Path, help="make the company here")
    given, _others = arguments.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="headwater-answers-") as folder:
        home = given.keep or Path(folder) / "home"
        environment = {**os.environ, "HEADWATER_HOME": str(home), "HEADWATER_PORT": str(PORT), "HEADWATER_LOG": "ERROR"}
        environment |= {"DJANGO_SETTINGS_MODULE": "headwater.site.settings"}
        requests = int(given.rate * given.seconds)
        _python(environment, "-m", "headwater", "start", "--pack", "retail")
        doors = json.loads(_python(environment, "-c", SETTLED, str(requests // 2 + WARM)).splitlines()[-1])
        _measure(environment, doors, Path(folder), given)
        _peer(Path(folder), doors, given)


def _measure(environment: dict[str, str], doors: Doors, folder: Path, given: argparse.Namespace) -> None:
    server = Server(environment)
    try:
        forms = _forms(doors, int(given.rate * given.seconds) + 2 * WARM)
        _load(PORT, 40, forms[: 2 * WARM], folder / "warm")
        started = time.perf_counter()
        generator = _start_load(PORT, given.rate, forms[2 * WARM :], folder / "load")
        downs: list[Down] = []
        for kill in range(given.kills):
            time.sleep(max(0.0, started + given.seconds * (kill + 1) / (given.kills + 1) - time.perf_counter()))
            began = time.perf_counter() - started
            if given.of == "one":
                server.kill_one(kill)
            else:
                server.kill_and_start()
            downs.append((began, time.perf_counter() - started))
        results = _results(generator)
        _report(f"headwater, {given.rate:g}/s, {given.kills} kills of {given.of}", results)
        if downs and given.of == "all":
            spans = ", ".join(f"{back - began:.1f} s" for began, back in downs)
            print(f"  down for {spans} until it answered again")
            _report(f"  but for {CATCH_UP} s after each", [one for one in results if not _disturbed(one[0], downs)])
        sent = zip(forms[2 * WARM :], results, strict=True)
        acknowledged = [form for form, (_at, _took, status, _tries) in sent if status == HTTPStatus.SEE_OTHER]
        _check_once(environment, doors, [*forms[: 2 * WARM], *acknowledged], len(results))
        _flood(doors, folder)
    finally:
        server.kill()


class Server:
    """`headwater serve` with everything that it starts, which can be killed as a power cut would."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "headwater", "serve"]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL)
        try:
            _wait(PORT)
        except RuntimeError:
            self.kill()
            raise

    def kill(self) -> None:
        """SIGKILL to the server and all its children at once."""
        for pid in (*_below(self.process.pid), self.process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def kill_one(self, number: int) -> None:
        """SIGKILL to one of the server's processes, every other time to the worker; others start it again."""
        worker = next(pid for pid in _below(self.process.pid) if "worker" in _command(pid))
        served = next(pid for pid in _below(self.process.pid) if "serve" in _command(pid))
        os.kill(worker if number % 2 else served, signal.SIGKILL)

    def kill_and_start(self) -> None:
        self.kill()
        self.start()


def _command(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def _below(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        for child in (task / "children").read_text().split():
            found += [*_below(int(child)), int(child)]
    return found


def _wait(port: int) -> None:
    for _attempt in range(6_000):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5)
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server did not answer")


def _forms(doors: Doors, count: int) -> list[Form]:
    """Answers, every other one by invitation."""
    invited, link = iter(doors["invited"]), doors["links"]["open"]
    chance = random.Random(7)
    return [_form(link if number % 2 else next(invited), chance) for number in range(count)]


def _form(token: str, chance: random.Random) -> Form:
    fields = {
        "q.nps": chance.randint(0, 10),
        "q.reason": chance.choice(("price", "speed")),
        "q.why": f"{chance.choice(WORDS)} on day {chance.randint(1, 400)}",
        "resume": uuid4().hex,
        "go": "next",
    }
    return f"/s/{token}/first", urlencode(fields)


def _start_load(port: int, rate: float, forms: list[Form], file: Path) -> subprocess.Popen[str]:
    file.write_text("\n".join(json.dumps(form) for form in forms))
    command = [sys.executable, "-m", "bench.answers_load", str(port), str(rate), str(file)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _results(generator: subprocess.Popen[str]) -> list[Result]:
    output, _errors = generator.communicate(timeout=600)
    return [(at, took, status, tries) for at, took, status, tries in map(json.loads, output.splitlines())]


def _load(port: int, rate: float, forms: list[Form], file: Path) -> list[Result]:
    return _results(_start_load(port, rate, forms, file))


def _report(name: str, results: list[Result]) -> None:
    """Print the latencies from when each was due. Those that met a killed server are told apart."""
    once = (
        np.array([took for _at, took, status, tries in results if tries == 1 and status == HTTPStatus.SEE_OTHER]) * 1000
    )
    again = [took for _at, took, _status, tries in results if tries > 1]
    median, high = np.percentile(once, [50, 99])
    lost = sum(status != HTTPStatus.SEE_OTHER for _at, _took, status, _tries in results)
    print(
        f"{name:32} {len(results):6} sent  median {median:7.1f} ms  p99 {high:7.1f} ms  load {os.getloadavg()[0]:.1f}"
    )
    print(f"  answered at a later try {len(again)} (longest {max(again, default=0):.1f} s), never {lost}", flush=True)


def _disturbed(at: float, downs: list[Down]) -> bool:
    """Whether an answer was due while the server was down, or had to catch up with those that had waited."""
    return any(began - 1 <= at <= back + CATCH_UP for began, back in downs)


def _check_once(environment: dict[str, str], doors: Doors, acknowledged: list[Form], sent: int) -> None:
    """Each acknowledged answer is in the record once: its score and its words, under the response's own id."""
    home = Path(environment["HEADWATER_HOME"])
    with closing(sqlite3.connect(home / "headwater.sqlite3", timeout=30)) as database:
        for _attempt in range(120):
            if not any(database.execute(f"select count(*) from {rows}").fetchone()[0] for rows in WAITING):
                break
            time.sleep(1)
        rows = database.execute("select resume_hash, id from listening_surveyresponse where state = 'complete'")
        by_browser = {resume: str(UUID(id)) for resume, id in rows if resume}
    expected = [_id_of(form, doors, by_browser) for form in acknowledged]
    found = json.loads(_python(environment, "-c", COUNTED).splitlines()[-1])
    missing = {f"{id}:{part}" for id in expected for part in ("nps", "why")} - set(found)
    print(f"  acknowledged {len(acknowledged):,} of {sent + 2 * WARM:,}; signals in the record {len(found):,}")
    unasked = len(found) - 2 * len(expected)
    print(f"  twice {len(found) - len(set(found))}, missing {len(missing)}, not acknowledged {unasked}", flush=True)


def _id_of(form: Form, doors: Doors, by_browser: dict[str, str]) -> str:
    token = form[0].split("/")[2]
    if token in doors["invited"]:
        return str(doors["invited"][token])
    resume = parse_qs(form[1])["resume"][0]
    return by_browser.get(hashlib.sha256(f"{token}:{resume}".encode()).hexdigest(), "nowhere")


def _flood(doors: Doors, folder: Path) -> None:
    """Send more than a link takes, all at once."""
    chance = random.Random(8)
    for name, sent, most in (("flooded", 900, 300), ("one address", 300, 60)):
        results = _load(PORT, 0, [_form(doors["links"][name], chance) for _number in range(sent)], folder / "flood")
        statuses = [status for _at, _took, status, _tries in results]
        taken, later = statuses.count(303), statuses.count(429)
        print(f"  flood of a link that takes {most}: sent {sent} at once, taken {taken}, told to come later {later}")


def _peer(folder: Path, doors: Doors, given: argparse.Namespace) -> None:
    environment = {**os.environ, "PEER_DATABASE": str(folder / "peer.sqlite3")}
    _python(environment, "-c", "from bench import answers_peer; answers_peer.make()")
    granian = str(Path(sys.executable).with_name("granian"))
    options = {"interface": "wsgi", "port": PEER_PORT, "workers": 2, "blocking-threads": 5, "log-level": "warning"}
    named = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = [granian, *named, "bench.answers_peer:application"]
    server = subprocess.Popen(command, env=environment)
    try:
        time.sleep(3)
        forms = _forms(doors, int(given.rate * min(given.seconds, 30)))
        _load(PEER_PORT, 40, forms[:WARM], folder / "warm")
        _report("plain Django and SQLite row", _load(PEER_PORT, given.rate, forms, folder / "load"))
    finally:
        server.terminate()
        server.wait()


def _python(environment: dict[str, str], *words: str) -> str:
    return subprocess.run([sys.executable, *words], env=environment, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
