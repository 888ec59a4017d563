"""Whatever people do to attestations, in whatever order: no attestation ever changes, what the
rules do not allow is refused, the chain holds, and touching any row of it shows."""

import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable, Iterator
from uuid import UUID

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.identity.authentication import Principal
from services.identity.scopes import Scope
from services.refusals import IllegalTransition, InvalidInput, Refusal
from services.regulatory_compliance.attesting import (
    NewAttestation,
    NotTheirAttestation,
    SignedBefore,
    attest,
    detail_of,
    sign,
)
from services.regulatory_compliance.requirements import NewRequirement, create_requirement
from services.regulatory_compliance.signature_chain import broken_links
from storage.embedded import RoleAddresses
from storage.filters import AttestationFilter, SignatureFilter
from storage.identifiers import new_id
from storage.interface import Actor, Store
from storage.postgres.transaction import PostgresStorage
from storage.tables.compliance import ComplianceAttestation, ComplianceSignature
from storage.vocabulary.compliance import AttestationKind, Frequency, Program, SignatureKind
from storage.vocabulary.identity import PrincipalKind, Role
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.keys import KEYRING
from tests.builders.people import make_person

PEOPLE = 4
VERBS = [each for each in SignatureKind if each is not SignatureKind.ATTESTED]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["attest", "replace", *VERBS, *VERBS]),
        st.integers(0, PEOPLE - 1),
        st.integers(0, 5),
    ),
    max_size=14,
)


@dataclasses.dataclass
class Said:
    """What should be true of one attestation, kept by hand."""

    quorum: int
    signers: set[int]
    replaces: "Said | None" = None
    state: str = "awaiting_signatures"
    parties: set[int] = dataclasses.field(default_factory=set)
    """Who attested, disputed or upheld it."""

    def refusal_of(self, verb: SignatureKind, person: int) -> type[Refusal] | None:
        allowed = {
            SignatureKind.COSIGNED: {"awaiting_signatures"},
            SignatureKind.DISPUTED: {"attested"},
            SignatureKind.UPHELD: {"disputed"},
            SignatureKind.REVOKED: {"awaiting_signatures", "attested", "disputed", "superseded"},
        }
        if self.state not in allowed[verb]:
            return IllegalTransition
        if verb is SignatureKind.COSIGNED and person in self.signers:
            return SignedBefore
        if verb is SignatureKind.UPHELD and person in self.parties:
            return NotTheirAttestation
        return None

    def take(self, verb: SignatureKind, person: int) -> None:
        self.parties.add(person)
        match verb:
            case SignatureKind.ATTESTED | SignatureKind.COSIGNED:
                self.signers.add(person)
                if len(self.signers) >= self.quorum:
                    self.state = "attested"
                    if self.replaces is not None and self.replaces.state != "revoked":
                        self.replaces.state = "superseded"
            case SignatureKind.DISPUTED:
                self.state = "disputed"
            case SignatureKind.UPHELD:
                self.state = "attested"
            case SignatureKind.REVOKED:
                self.state = "revoked"


@dataclasses.dataclass(frozen=True)
class Place:
    """A company with people who sign."""

    addresses: RoleAddresses
    company: CompanyForTests
    people: list[UUID]


@pytest.fixture(scope="module")
def place(addresses: RoleAddresses) -> Place:
    async def make() -> Place:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            company = await make_company(addresses.owner, storage)
            people = [
                (await make_person(storage, company, Role.COMPLIANCE_OFFICER)).id
                for _ in range(PEOPLE)
            ]
            return Place(addresses, company, people)
        finally:
            await storage.close()

    return anyio.run(make)


def touched(chain: list[ComplianceSignature], at: int) -> Iterator[list[ComplianceSignature]]:
    """The chain with each of what one link says changed, with it taken out, and put in twice."""
    link = chain[at]
    changes: dict[str, object] = {
        "attestation_id": new_id(),
        "kind": next(each for each in SignatureKind if each is not link.kind),
        "person_id": new_id(),
        "session_id": new_id(),
        "printed_name": link.printed_name + "x",
        "meaning": link.meaning + "x",
        "reason": (link.reason or "") + "x",
        "signed_at": link.signed_at + dt.timedelta(microseconds=1),
        "content_hash": bytes([link.content_hash[0] ^ 1]) + link.content_hash[1:],
        "previous_hash": bytes([link.previous_hash[0] ^ 1]) + link.previous_hash[1:],
        "signature_hash": bytes([link.signature_hash[0] ^ 1]) + link.signature_hash[1:],
    }
    for name, value in changes.items():
        row = ComplianceSignature(**(link.model_dump() | {name: value}))
        yield [*chain[:at], row, *chain[at + 1 :]]
    if at + 1 < len(chain):  # that the last is missing is the seals' to tell
        yield [*chain[:at], *chain[at + 1 :]]
    yield [*chain[: at + 1], link, *chain[at + 1 :]]


async def chain_of(store: Store, requirement_id: UUID) -> list[ComplianceSignature]:
    found = await store.compliance_signatures.all(SignatureFilter(requirement_ids=[requirement_id]))
    return sorted(found, key=lambda each: each.number)


class Play:
    """One requirement, and everything that was done to its attestations."""

    def __init__(self, storage: PostgresStorage, place: Place) -> None:
        self.storage, self.place = storage, place
        self.requirement_id = new_id()
        self.first_read: dict[UUID, ComplianceAttestation] = {}
        self.said: dict[UUID, Said] = {}

    async def begin(self, quorum: int) -> None:
        new = NewRequirement(
            code=new_id().hex,
            program=Program.HIPAA,
            name="Review who has access",
            description="Do it.",
            category="access",
            frequency=Frequency.ONGOING,
            quorum=quorum,
        )
        async with self.storage.transaction(self.place.company.id, self.place.company.actor) as s:
            self.requirement_id = (await create_requirement(s, new)).id

    def principal(self, person: int) -> Principal:
        return Principal(
            id=self.place.people[person],
            kind=PrincipalKind.PERSON,
            company_id=self.place.company.id,
            name="An officer",
            scopes=frozenset(Scope),
            session_id=new_id(),
            has_second_factor=True,
            proven_at=self.storage.clock.now() - dt.timedelta(seconds=1),
        )

    async def step(self, verb: str, person: int, which: int, quorum: int) -> None:
        about = list(self.said)[which % len(self.said)] if self.said else None
        if verb in {"attest", "replace"}:
            await self.attest(person, quorum, about if verb == "replace" else None)
        elif about is not None:
            await self.sign(SignatureKind(verb), person, about)

    async def attest(self, person: int, quorum: int, replaced: UUID | None) -> None:
        new = NewAttestation(
            kind=AttestationKind.SELF_ATTESTATION,
            statement="Reviewed.",
            valid_from=dt.date(2020, 1, 1),
            supersedes_id=replaced,
        )

        async def deed(store: Store) -> None:
            made = await attest(store, self.principal(person), self.requirement_id, new)
            self.first_read[made.id] = made
            said = Said(quorum, set(), None if replaced is None else self.said[replaced])
            said.take(SignatureKind.ATTESTED, person)
            self.said[made.id] = said

        stands = replaced is None or self.said[replaced].state == "attested"
        await self.tried(person, deed, expected=None if stands else InvalidInput)

    async def sign(self, kind: SignatureKind, person: int, about: UUID) -> None:
        reason = None if kind is SignatureKind.COSIGNED else "So it is."
        expected = self.said[about].refusal_of(kind, person)

        async def deed(store: Store) -> None:
            await sign(store, self.principal(person), about, kind, reason)
            self.said[about].take(kind, person)

        await self.tried(person, deed, expected=expected)

    async def tried(
        self,
        person: int,
        deed: Callable[[Store], Awaitable[None]],
        *,
        expected: type[Refusal] | None,
    ) -> None:
        """Do it, and see whether it is refused as it should be."""
        actor = Actor(self.place.people[person], new_id())
        found = None
        try:
            async with self.storage.transaction(self.place.company.id, actor) as store:
                await deed(store)
        except Refusal as refusal:
            found = type(refusal)
        assert found is expected

    async def check(self) -> None:
        company = self.place.company
        async with self.storage.transaction(company.id, company.actor) as store:
            conditions = AttestationFilter(requirement_ids=[self.requirement_id])
            rows = await store.compliance_attestations.all(conditions)
            assert {each.id: each.model_dump() for each in rows} == {
                key: each.model_dump() for key, each in self.first_read.items()
            }
            for key, each in self.said.items():
                assert (await detail_of(store, key)).status == each.state
            chain = await chain_of(store, self.requirement_id)
        assert list(broken_links(chain)) == []
        for at in range(len(chain)):
            for changed in touched(chain, at):
                assert list(broken_links(changed)) != []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS, quorum=st.integers(1, 2))
def test_no_order_of_deeds_changes_an_attestation(
    place: Place, steps: list[tuple[str, int, int]], quorum: int
) -> None:
    async def run() -> None:
        storage = PostgresStorage(place.addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            play = Play(storage, place)
            await play.begin(quorum)
            for verb, person, which in steps:
                await play.step(verb, person, which, quorum)
            await play.check()
        finally:
            await storage.close()

    anyio.run(run)
