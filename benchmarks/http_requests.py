"""Requests a second through HTTP, the product beside three ways to serve the same routes.

    python -m benchmarks.http_requests

Four servers run side by side on one database (the embedded server with fsync on), each one uvicorn
worker with ten connections; one client process loads them in turn, in many short trials whose
order changes from round to round. Ratios are taken within a round, and their median over the rounds
is what counts, so that a noisy moment of the machine falls on both sides; half of the rounds lie in
the range printed behind it. The processor time that each server took for a request is printed too:
it is what the ratios come down to where nothing else runs.

The targets: at least 0.7 of the hand-written handlers that make the very same statements with
asynchronous psycopg, and at least twice the advanced-alchemy repositories. The bare handlers (one
raw statement, no key, no tenant) are printed to compare with.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import psutil

from benchmarks.database import Place, temporary_database
from benchmarks.load import Answered, Job
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import ClaimStatus
from tests.builders.claims import make_claims, make_patient, make_payer, new_claim
from tests.builders.companies import CompanyForTests, make_company

if TYPE_CHECKING:
    from services.claims.claims import ClaimWithLines

PRODUCT, BY_HAND, ADVANCED, BARE = "wellkept", "by_hand", "advanced", "bare"
TITLES = {
    PRODUCT: "Wellkept",
    BY_HAND: "the same statements by hand",
    ADVANCED: "advanced-alchemy",
    BARE: "one bare statement",
}
ROUNDS = 40
TRIAL_SECONDS = 0.15
WARM_UP_SECONDS = 0.5
CONNECTIONS = 8
CLAIM_COUNT = 2_000
LEAST_OF_BY_HAND = 0.7
LEAST_OF_ADVANCED = 2.0
_CREATED = 201


@dataclass(frozen=True)
class Route:
    """A route under load: what is asked, and the status that is expected."""

    title: str
    status: int
    requests: list[str]


@dataclass(frozen=True)
class Trial:
    """What one server did in one trial."""

    rate: float  # requests a second
    processor_seconds: float  # of the server, for each request


class Server:
    """One of the servers, in its own process."""

    def __init__(self, name: str, url: str, place: Place) -> None:
        self.name = name
        with (place.directory / f"{name}.log").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.servers", name, url],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            sys.exit((place.directory / f"{name}.log").read_text())
        self.port = int(line)
        self._process = psutil.Process(self.process.pid)

    def processor_seconds(self) -> float:
        """The processor time that it has taken so far."""
        times = self._process.cpu_times()
        return float(times.user + times.system)


class Client:
    """The process that makes the load."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def load(self, server: Server, route: Route, seconds: float) -> Trial:
        """Have a server answer one route for some time."""
        processor_seconds = server.processor_seconds()
        job = Job(server.port, CONNECTIONS, seconds, route.status, route.requests)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(job).decode() + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"{server.name} did not answer {route.title}")
        answered = msgspec.json.decode(line, type=Answered)
        taken = server.processor_seconds() - processor_seconds
        return Trial(answered.count / answered.seconds, taken / answered.count)


@contextmanager
def running(place: Place) -> Iterator[tuple[list[Server], Client]]:
    """All servers and the client, until this is left."""
    with ExitStack() as stack:
        servers = []
        for name in TITLES:
            server = Server(name, place.addresses.app, place)
            stack.callback(_end, server.process)
            servers.append(server)
        client = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        stack.callback(_end, client)
        yield servers, Client(client)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait()


async def prepare(place: Place) -> list[Route]:
    """A company with draft claims of one line, and what is asked about them."""
    storage = PostgresStorage(place.addresses.app)
    await storage.open()
    try:
        company = await make_company(place.addresses.owner, storage)
        patient = await make_patient(storage, company)
        payer = await make_payer(storage, company)
        claims = await make_claims(
            storage,
            company,
            CLAIM_COUNT,
            payers=[payer],
            patient=patient,
            status=ClaimStatus.DRAFT,
        )
        draft = new_claim(patient, [payer]).model_dump(mode="json", exclude_defaults=True)
    finally:
        await storage.close()
    _make_bare_copy(place)
    return _routes(company, claims, draft)


def _routes(
    company: CompanyForTests, claims: Sequence[ClaimWithLines], draft: Mapping[str, object]
) -> list[Route]:
    def request(line: str, body: str = "") -> str:
        headers = f"Host: wellkept\r\nAuthorization: Bearer {company.key}\r\n"
        if body:
            headers += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return f"{line} HTTP/1.1\r\n{headers}\r\n{body}"

    ids = [each.claim.id for each in claims[::7]]
    return [
        Route("read one claim", 200, [request(f"GET /api/v1/claims/{each}") for each in ids]),
        Route("list 50 claims", 200, [request("GET /api/v1/claims?status=draft&limit=50")]),
        Route("create a claim", _CREATED, [request("POST /api/v1/claims", json.dumps(draft))]),
    ]


def _make_bare_copy(place: Place) -> None:
    """The claims in a table with the same indexes, and neither policies nor required columns."""
    with place.as_superuser() as connection:
        connection.execute("CREATE TABLE bare_claims (LIKE claims INCLUDING INDEXES)")
        connection.execute("INSERT INTO bare_claims SELECT * FROM claims")
        columns = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'bare_claims'::regclass"
            " AND attnum > 0 AND attnotnull"
        ).fetchall()
        connection.execute("ALTER TABLE bare_claims DROP CONSTRAINT bare_claims_pkey")
        connection.execute("ALTER TABLE bare_claims ADD PRIMARY KEY (id)")
        for (name,) in columns:
            if name != "id":
                connection.execute(
                    f"ALTER TABLE bare_claims ALTER COLUMN {name} DROP NOT NULL".encode()
                )
        connection.execute("CREATE INDEX ON bare_claims (status, id)")
        connection.execute("GRANT SELECT, INSERT ON bare_claims TO wellkept_app")
    with place.as_superuser() as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def check_same_answers(servers: Sequence[Server], routes: Sequence[Route]) -> None:
    """Reads are answered alike by the three that do the same."""
    for route in routes:
        if route.status == _CREATED:
            continue
        answers = [_answer(server, route.requests[0]) for server in servers if server.name != BARE]
        if any(answer != answers[0] for answer in answers):
            sys.exit(f"{route.title}: the servers answer unlike one another")


def _answer(server: Server, text: str) -> object:
    line, _, rest = text.partition("\r\n")
    headers = dict(header.split(": ", 1) for header in rest.strip().split("\r\n"))
    url = f"http://127.0.0.1:{server.port}{line.split(' ')[1]}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            content = json.load(answer)
    except urllib.error.HTTPError as error:
        sys.exit(f"{server.name} answered {error.code} to {line}: {error.read().decode()}")
    content.pop("next_cursor", None)
    return content


def measure(
    servers: Sequence[Server], client: Client, routes: Sequence[Route]
) -> dict[str, dict[str, list[Trial]]]:
    """Trials by route and server, one a round."""
    trials: dict[str, dict[str, list[Trial]]] = {
        route.title: {server.name: [] for server in servers} for route in routes
    }
    for route in routes:
        for server in servers:
            client.load(server, route, WARM_UP_SECONDS)
    for turn in range(ROUNDS):
        shift = turn % len(servers)
        for route in routes:
            for server in (*servers[shift:], *servers[:shift]):
                trials[route.title][server.name].append(client.load(server, route, TRIAL_SECONDS))
    return trials


def report(title: str, trials: Mapping[str, Sequence[Trial]]) -> None:
    """The medians, and the product's ratios to the others with their range over the rounds."""
    sys.stdout.write(f"{title}\n")
    for name, of_server in trials.items():
        rate = statistics.median(each.rate for each in of_server)
        microseconds = statistics.mean(each.processor_seconds for each in of_server) * 1e6
        line = f"  {TITLES[name]:<28}{rate:>7,.0f} requests/s, {microseconds:>6,.0f} us each"
        if name != PRODUCT:
            pairs = zip(trials[PRODUCT], of_server, strict=True)
            ratios = [ours.rate / theirs.rate for ours, theirs in pairs]
            low, middle, high = statistics.quantiles(ratios, n=4)
            line += f"; Wellkept does {middle:.2f} of its requests ({low:.2f} to {high:.2f})"
        if name == BY_HAND:
            line += f", target {LEAST_OF_BY_HAND}"
        if name == ADVANCED:
            line += f", target {LEAST_OF_ADVANCED:.0f}"
        sys.stdout.write(line + "\n")


def main() -> None:
    with temporary_database() as place:
        routes = asyncio.run(prepare(place))
        with running(place) as (servers, client):
            check_same_answers(servers, routes)
            for title, trials in measure(servers, client, routes).items():
                report(title, trials)


if __name__ == "__main__":
    main()
