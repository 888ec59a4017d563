"""Requirements, evidence and attestations over HTTP: derived, signed, chained."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import httpx
import psycopg
import pytest
from litestar import Litestar
from psycopg import errors

from services.regulatory_compliance.signature_chain import broken_links
from storage.embedded import RoleAddresses
from storage.filters import SignatureFilter
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.tables.compliance import ComplianceSignature
from storage.vocabulary.identity import Role
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import colleagues

pytestmark = pytest.mark.anyio

REQUIREMENTS = "/api/v1/compliance/requirements"
EVIDENCE = "/api/v1/compliance/evidence"
ATTESTATIONS = "/api/v1/compliance/attestations"
PACKS = "/api/v1/compliance/packs"
NOON = dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC)
"""A Monday, at noon in every time zone of the United States or near it."""

POLICY_REVIEW = {
    "code": "POL-1",
    "program": "HIPAA",
    "name": "Review the sanction policy",
    "description": "Review it, and show that you did.",
    "category": "administrative safeguards",
    "specification": "addressable",
    "frequency": "annual",
    "first_due_on": "2026-06-30",
}
STATEMENT = {
    "kind": "self_attestation",
    "statement": "The policy was reviewed.",
    "valid_from": "2026-03-01",
}
WHY = {"reason": "we have found out better"}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
async def officers(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Two compliance officers who have just proved who they are."""
    roles = [Role.COMPLIANCE_OFFICER] * 2
    async with colleagues(application, storage, company, *roles) as found:
        yield [each.client for each in found]


@pytest.fixture
async def third(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[httpx.AsyncClient]:
    """One more, who comes to settle disputes."""
    async with colleagues(application, storage, company, Role.COMPLIANCE_OFFICER) as found:
        yield found[0].client


@pytest.fixture
def officer(officers: list[httpx.AsyncClient]) -> httpx.AsyncClient:
    return officers[0]


async def made(client: httpx.AsyncClient, **changes: object) -> str:
    """A new requirement's address."""
    answer = await client.post(REQUIREMENTS, json=POLICY_REVIEW | changes)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


async def attested(client: httpx.AsyncClient, requirement: str, **changes: object) -> str:
    """A new attestation's address."""
    answer = await client.post(f"{requirement}/attestations", json=STATEMENT | changes)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


async def standing(client: httpx.AsyncClient, requirement: str, **as_of: str) -> dict[str, object]:
    answer = await client.get(requirement, params=as_of)
    assert answer.status_code == 200, answer.text
    return answer.json()["standing"]


async def status(client: httpx.AsyncClient, requirement: str, on: str | None = None) -> str:
    return (await standing(client, requirement, **({} if on is None else {"on": on})))["status"]


async def test_a_status_follows_from_what_was_attested(officer: httpx.AsyncClient) -> None:
    requirement = await made(officer)
    assert await standing(officer, requirement) == {
        "status": "in_progress",
        "reason": "not_yet_due",
        "period_number": 1,
        "due_on": "2026-06-30",
        "covered_until": None,
    }
    await attested(officer, requirement, valid_until="2027-02-28")
    assert await standing(officer, requirement) == {
        "status": "compliant",
        "reason": "attested",
        "period_number": 2,
        "due_on": "2027-06-30",
        "covered_until": "2027-02-28",
    }
    assert await status(officer, requirement, "2027-03-01") == "non_compliant"


async def test_it_can_be_asked_for_as_it_was_known_before(
    officer: httpx.AsyncClient, clock: FixedClock
) -> None:
    requirement = await made(officer)
    before = clock.now().isoformat()
    clock.move(dt.timedelta(minutes=1))
    await attested(officer, requirement)
    now = await standing(officer, requirement)
    then = await standing(officer, requirement, known_at=before)
    assert (now["status"], then["status"]) == ("compliant", "in_progress")


async def test_nobody_types_a_status_in(officer: httpx.AsyncClient) -> None:
    refused = await officer.post(REQUIREMENTS, json=POLICY_REVIEW | {"status": "compliant"})
    assert refused.status_code == 422


async def test_lists_are_by_code_and_by_where_things_stand(officer: httpx.AsyncClient) -> None:
    for code in ("C", "A", "B"):
        await made(officer, code=code)
    late = await made(officer, code="D", first_due_on="2026-01-31")
    listed = (await officer.get(REQUIREMENTS, params={"status": "in_progress"})).json()
    assert [each["requirement"]["code"] for each in listed["items"]] == ["A", "B", "C"]
    overdue = (await officer.get(REQUIREMENTS, params={"is_overdue": True})).json()
    assert [each["requirement"]["id"] for each in overdue["items"]] == [late.rsplit("/", 1)[1]]
    page = (await officer.get(REQUIREMENTS, params={"limit": 3})).json()
    rest = (await officer.get(REQUIREMENTS, params={"cursor": page["next_cursor"]})).json()
    assert [each["requirement"]["code"] for each in rest["items"]] == ["D"]
    assert rest["next_cursor"] is None


async def test_a_code_is_taken_once(officer: httpx.AsyncClient) -> None:
    await made(officer)
    assert (await officer.post(REQUIREMENTS, json=POLICY_REVIEW)).status_code == 409


async def test_what_is_due_has_a_first_day_and_what_is_ongoing_has_none(
    officer: httpx.AsyncClient,
) -> None:
    for changes in ({"first_due_on": None}, {"frequency": "ongoing"}):
        refused = await officer.post(REQUIREMENTS, json=POLICY_REVIEW | changes)
        assert refused.status_code == 422
        assert "unless the frequency is ongoing" in refused.text


async def test_a_change_of_what_is_required_is_a_version_with_a_reason(
    officer: httpx.AsyncClient,
) -> None:
    requirement = await made(officer)
    await attested(officer, requirement)
    change = {"description": "Review it twice."}
    refused = await officer.patch(requirement, json=change, headers={"If-Match": '"1"'})
    assert refused.status_code == 422
    for number, is_material in ((1, False), (2, True)):
        change = {
            "description": f"Review it {number} times.",
            "reason": "the rule changed",
            "is_material": is_material,
        }
        changed = await officer.patch(requirement, json=change, headers={"If-Match": f'"{number}"'})
        assert changed.status_code == 200, changed.text
        expected = "in_progress" if is_material else "compliant"
        assert await status(officer, requirement) == expected
    versions = (await officer.get(f"{requirement}/versions")).json()["items"]
    assert [(each["number"], each["material_number"]) for each in versions] == [
        (1, 1),
        (2, 1),
        (3, 3),
    ]
    assert len({each["content_hash"] for each in versions}) == 3


async def test_two_who_change_a_requirement_at_once_do_not_both_win(
    officers: list[httpx.AsyncClient],
) -> None:
    requirement = await made(officers[0])
    answers = await asyncio.gather(
        *(
            each.patch(
                requirement,
                json={"description": "Changed.", "reason": "at once"},
                headers={"If-Match": '"1"'},
            )
            for each in officers
        )
    )
    assert sorted(each.status_code for each in answers) == [200, 412]


async def test_evidence_is_replaced_and_what_was_attested_stays_bound_to_it(
    officer: httpx.AsyncClient,
) -> None:
    requirement = await made(officer, evidence_required=["review record"])
    bare = await officer.post(f"{requirement}/attestations", json=STATEMENT)
    assert bare.status_code == 409
    assert bare.json()["evidence_required"] == ["review record"]
    fact = {
        "title": "Minutes",
        "fact": "Reviewed on 1 March.",
        "effective_on": "2026-03-01",
        "expires_on": "2026-04-30",
    }
    first = (await officer.post(EVIDENCE, json=fact)).json()
    stranger = await officer.post(
        f"{requirement}/attestations", json=STATEMENT | {"evidence_ids": [first["id"]]}
    )
    assert stranger.status_code == 422
    linked = await officer.post(f"{requirement}/evidence", json={"evidence_id": first["id"]})
    assert linked.status_code == 201
    await attested(officer, requirement, evidence_ids=[first["id"]])
    replaced = await officer.post(
        f"{EVIDENCE}/{first['id']}/replace", json=fact | {"expires_on": "2026-12-31"}
    )
    second = replaced.json()
    assert (second["series_id"], second["number"]) == (first["id"], 2)
    assert (await officer.get(f"{requirement}/evidence")).json()["items"] == [second]
    again = await officer.post(f"{EVIDENCE}/{first['id']}/replace", json=fact)
    assert again.status_code == 422
    assert second["id"] in again.text
    assert await status(officer, requirement, "2026-04-30") == "compliant"
    late = await standing(officer, requirement, on="2026-05-01")
    assert late["reason"] == "evidence_expired"


async def test_a_link_that_is_taken_back_leaves_the_attestation_alone(
    officer: httpx.AsyncClient,
) -> None:
    requirement = await made(officer)
    link = {"title": "Policy", "url": "https://example.org/policy", "effective_on": "2026-01-01"}
    evidence = (await officer.post(EVIDENCE, json=link)).json()
    linked = await officer.post(f"{requirement}/evidence", json={"evidence_id": evidence["id"]})
    attestation = await attested(officer, requirement, evidence_ids=[evidence["id"]])
    removed = await officer.delete(
        f"{requirement}/evidence/{linked.json()['id']}", headers={"If-Match": '"1"'}
    )
    assert removed.status_code == 204
    assert (await officer.get(f"{requirement}/evidence")).json()["items"] == []
    kept = (await officer.get(attestation)).json()["attestation"]
    assert kept["evidence_ids"] == [evidence["id"]]


async def test_only_a_person_who_has_just_proved_who_they_are_attests(
    officer: httpx.AsyncClient,
    client: httpx.AsyncClient,
    company: CompanyForTests,
    clock: FixedClock,
) -> None:
    requirement = await made(officer)
    key = await client.post(
        f"{requirement}/attestations",
        json=STATEMENT,
        headers={"Authorization": f"Bearer {company.key}"},
    )
    assert key.status_code == 403
    clock.move(dt.timedelta(minutes=6))
    stale = await officer.post(f"{requirement}/attestations", json=STATEMENT)
    assert stale.status_code == 403
    assert stale.json()["proof"] == "/api/v1/sessions/current/proof"


async def test_nothing_is_attested_for_days_to_come(officer: httpx.AsyncClient) -> None:
    requirement = await made(officer)
    refused = await officer.post(
        f"{requirement}/attestations", json=STATEMENT | {"valid_from": "2026-03-03"}
    )
    assert refused.status_code == 422


async def test_a_quorum_counts_people(officers: list[httpx.AsyncClient]) -> None:
    one, other = officers
    requirement = await made(one, quorum=2)
    attestation = await attested(one, requirement)
    assert await status(one, requirement) == "in_progress"
    assert (await one.post(f"{attestation}/cosign")).status_code == 409
    signed = await other.post(f"{attestation}/cosign")
    assert signed.status_code == 201, signed.text
    assert await status(one, requirement) == "compliant"
    third = await other.post(f"{attestation}/cosign")
    assert third.status_code == 409


async def test_a_dispute_is_settled_by_who_neither_attested_nor_disputed(
    officers: list[httpx.AsyncClient], third: httpx.AsyncClient
) -> None:
    one, other = officers
    requirement = await made(one)
    attestation = await attested(one, requirement)
    await other.post(f"{attestation}/dispute", json=WHY)
    assert await status(one, requirement) == "in_progress"
    for party in officers:
        refused = await party.post(f"{attestation}/uphold", json=WHY)
        assert (refused.status_code, refused.json()["type"]) == (
            409,
            "/problems/not-their-attestation",
        )
    assert (await third.post(f"{attestation}/uphold", json=WHY)).status_code == 201
    assert await status(one, requirement) == "compliant"
    detail = (await one.get(attestation)).json()
    assert detail["status"] == "attested"
    assert [each["kind"] for each in detail["signatures"]] == ["attested", "disputed", "upheld"]
    assert all(each["printed_name"] and each["meaning"] for each in detail["signatures"])


async def test_who_cosigned_settles_no_dispute_and_who_settled_one_settles_no_other(
    officers: list[httpx.AsyncClient], third: httpx.AsyncClient
) -> None:
    one, other = officers
    requirement = await made(one, quorum=2)
    attestation = await attested(one, requirement)
    assert (await other.post(f"{attestation}/cosign")).status_code == 201
    assert (await one.post(f"{attestation}/dispute", json=WHY)).status_code == 201
    assert (await other.post(f"{attestation}/uphold", json=WHY)).status_code == 409
    assert (await third.post(f"{attestation}/uphold", json=WHY)).status_code == 201
    assert (await one.post(f"{attestation}/dispute", json=WHY)).status_code == 201
    assert (await third.post(f"{attestation}/uphold", json=WHY)).status_code == 409


async def test_the_database_refuses_that_who_attested_upholds(
    officer: httpx.AsyncClient, addresses: RoleAddresses, company: CompanyForTests
) -> None:
    attestation = await attested(officer, await made(officer))
    with psycopg.connect(addresses.app) as connection:
        connection.execute("SELECT set_config('app.company_id', %s, false)", (str(company.id),))
        with pytest.raises(errors.UniqueViolation):
            connection.execute(
                """
                INSERT INTO compliance_signatures (
                    company_id, id, recorded_at, recorded_by, requirement_id, attestation_id,
                    number, kind, person_id, session_id, printed_name, meaning, reason, signed_at,
                    content_hash, previous_hash, signature_hash
                )
                SELECT company_id, gen_random_uuid(), recorded_at, recorded_by, requirement_id,
                       attestation_id, number + 1, 'upheld', person_id, session_id, printed_name,
                       meaning, 'It stands.', signed_at, content_hash, previous_hash, signature_hash
                FROM compliance_signatures
                WHERE attestation_id = %s
                """,
                (attestation.rsplit("/", 1)[1],),
            )


async def test_evidence_that_is_not_in_effect_yet_shows_nothing(officer: httpx.AsyncClient) -> None:
    requirement = await made(officer)
    fact = {"title": "Certificate", "fact": "It is valid from May.", "effective_on": "2026-05-01"}
    evidence = (await officer.post(EVIDENCE, json=fact)).json()["id"]
    await officer.post(f"{requirement}/evidence", json={"evidence_id": evidence})
    refused = await officer.post(
        f"{requirement}/attestations", json=STATEMENT | {"evidence_ids": [evidence]}
    )
    (fault,) = refused.json()["errors"]
    assert (refused.status_code, fault["pointer"]) == (422, "/evidence_ids/0")
    assert fault["detail"] == "is not in effect before 2026-05-01"


async def test_a_revocation_is_final(officers: list[httpx.AsyncClient]) -> None:
    one, other = officers
    requirement = await made(one)
    attestation = await attested(one, requirement)
    assert (await other.post(f"{attestation}/revoke", json=WHY)).status_code == 201
    assert (await one.get(attestation)).json()["status"] == "revoked"
    assert await status(one, requirement) == "in_progress"
    for verb in ("revoke", "dispute", "uphold"):
        refused = await one.post(f"{attestation}/{verb}", json=WHY)
        assert refused.status_code == 409
        assert refused.json()["state"] == "revoked"


async def test_what_supersedes_takes_the_place_of_what_stood(officer: httpx.AsyncClient) -> None:
    requirement = await made(officer)
    first = await attested(officer, requirement)
    first_id = first.rsplit("/", 1)[1]
    await attested(officer, requirement, supersedes_id=first_id, completes_period=False)
    assert (await officer.get(first)).json()["status"] == "superseded"
    again = await officer.post(
        f"{requirement}/attestations", json=STATEMENT | {"supersedes_id": first_id}
    )
    assert again.status_code == 422


async def test_what_supersedes_completes_the_same_period_and_no_other(
    officer: httpx.AsyncClient,
) -> None:
    requirement = await made(officer)
    first = await attested(officer, requirement)
    mended = await attested(officer, requirement, supersedes_id=first.rsplit("/", 1)[1])
    assert (await officer.get(mended)).json()["attestation"]["period_number"] == 1
    found = await standing(officer, requirement)
    assert (found["period_number"], found["due_on"]) == (2, "2027-06-30")
    assert await status(officer, requirement, "2026-07-01") == "compliant"


async def test_revoking_one_attestation_reopens_nothing_that_another_covers(
    officer: httpx.AsyncClient,
) -> None:
    requirement = await made(officer)
    first = await attested(officer, requirement)
    await attested(officer, requirement)
    assert (await officer.post(f"{first}/revoke", json=WHY)).status_code == 201
    found = await standing(officer, requirement, on="2026-07-01")
    assert (found["status"], found["due_on"]) == ("compliant", "2026-06-30")
    again = await attested(officer, requirement)
    assert (await officer.get(again)).json()["attestation"]["period_number"] == 1


async def test_that_it_does_not_apply_takes_a_reason_and_somebody_else(
    officers: list[httpx.AsyncClient],
) -> None:
    one, other = officers
    requirement = await made(one)
    asked = await one.post(
        f"{requirement}/not-applicable",
        json={"reason": "we run no clearinghouse"},
        headers={"If-Match": '"1"'},
    )
    assert asked.status_code == 202, asked.text
    assert await status(one, requirement) == "in_progress"
    verdict = {"json": {"note": "true"}, "headers": {"If-Match": '"1"'}}
    own = await one.post(f"{asked.headers['Location']}/approve", **verdict)
    assert own.status_code == 403
    approved = await other.post(f"{asked.headers['Location']}/approve", **verdict)
    assert approved.status_code == 200, approved.text
    assert await status(one, requirement, "2026-12-31") == "not_applicable"
    (decision,) = (await one.get(f"{requirement}/decisions")).json()["items"]
    assert decision["rationale"] == "we run no clearinghouse"
    assert decision["approval_id"] == asked.headers["Location"].rsplit("/", 1)[1]
    back = await one.post(f"{requirement}/applicable", json={"reason": "now we do"})
    assert back.status_code == 201
    assert await status(one, requirement) == "in_progress"


async def test_only_an_addressable_specification_leaves_a_choice(
    officer: httpx.AsyncClient,
) -> None:
    choice = {"kind": "alternative", "rationale": "A locked cabinet does the same."}
    addressable = await made(officer)
    assert (await officer.post(f"{addressable}/decisions", json=choice)).status_code == 201
    required = await made(officer, code="POL-2", specification="required")
    refused = await officer.post(f"{required}/decisions", json=choice)
    assert refused.status_code == 409
    bare = await officer.post(f"{addressable}/decisions", json={"kind": "not_reasonable"})
    assert bare.status_code == 422


async def test_what_is_retired_is_kept_as_it_was(officer: httpx.AsyncClient) -> None:
    requirement = await made(officer)
    retired = await officer.post(
        f"{requirement}/retire", json={"on": "2026-03-02"}, headers={"If-Match": '"1"'}
    )
    assert retired.status_code == 200
    assert (await officer.get(REQUIREMENTS)).json()["items"] == []
    assert await status(officer, requirement, "2026-03-01") == "in_progress"
    assert (await officer.post(f"{requirement}/attestations", json=STATEMENT)).status_code == 409


async def test_what_is_adopted_and_retired_on_one_day_can_be_read(
    officer: httpx.AsyncClient, clock: FixedClock
) -> None:
    requirement = await made(officer)
    before = clock.now() - dt.timedelta(hours=1)
    await officer.post(
        f"{requirement}/retire", json={"on": "2026-03-02"}, headers={"If-Match": '"1"'}
    )
    read = await officer.get(requirement)
    assert (read.status_code, read.headers["ETag"]) == (200, '"2"')
    assert read.json()["requirement"]["retired_on"] == "2026-03-02"
    assert read.json()["standing"] is None
    unknown = await officer.get(requirement, params={"known_at": before.isoformat()})
    assert unknown.status_code == 404, "nobody knew of it then"


async def test_nothing_is_retired_from_days_that_are_over(officer: httpx.AsyncClient) -> None:
    requirement = await made(officer, first_due_on="2026-02-01")
    headers = {"If-Match": '"1"'}
    refused = await officer.post(
        f"{requirement}/retire", json={"on": "2026-03-01"}, headers=headers
    )
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/on")
    assert await status(officer, requirement, "2026-03-01") == "non_compliant"


async def test_what_is_to_be_retired_is_attested_until_then(officer: httpx.AsyncClient) -> None:
    requirement = await made(officer)
    retired = await officer.post(
        f"{requirement}/retire", json={"on": "2026-04-01"}, headers={"If-Match": '"1"'}
    )
    assert retired.status_code == 200
    await attested(officer, requirement)
    assert await status(officer, requirement) == "compliant"
    again = await officer.post(
        f"{requirement}/retire", json={"on": "2026-03-02"}, headers={"If-Match": '"2"'}
    )
    assert again.status_code == 200
    assert (await officer.post(f"{requirement}/attestations", json=STATEMENT)).status_code == 409


async def test_a_pack_is_adopted_once_and_keeps_what_is_there(officer: httpx.AsyncClient) -> None:
    packs = {each["id"]: each for each in (await officer.get(PACKS)).json()["items"]}
    rule = packs["hipaa-security"]["requirements"]
    await made(officer, code=rule[0]["code"])
    choice = {"pack": "hipaa-security"}
    adopted = (await officer.post(f"{PACKS}/adopt", json=choice)).json()["items"]
    assert {each["code"] for each in adopted} == {each["code"] for each in rule[1:]}
    assert (await officer.post(f"{PACKS}/adopt", json=choice)).json()["items"] == []
    overdue = (await officer.get(REQUIREMENTS, params={"is_overdue": True})).json()
    assert overdue["items"] == []
    unknown = await officer.post(f"{PACKS}/adopt", json={"pack": "unheard-of"})
    assert unknown.status_code == 422
    assert "hipaa-security 2026.1" in unknown.json()["known"]


async def chain_of(
    storage: PostgresStorage, company: CompanyForTests, requirement: str
) -> list[ComplianceSignature]:
    async with storage.transaction(company.id, Actor(OPERATOR_ACTOR_ID, new_id())) as store:
        found = await store.compliance_signatures.all(
            SignatureFilter(requirement_ids=[requirement.rsplit("/", 1)[1]])
        )
    return sorted(found, key=lambda each: each.number)


async def test_signatures_given_at_once_stand_one_after_another_in_one_chain(
    officers: list[httpx.AsyncClient], storage: PostgresStorage, company: CompanyForTests
) -> None:
    requirement = await made(officers[0])
    await asyncio.gather(*(attested(each, requirement) for each in officers * 3))
    chain = await chain_of(storage, company, requirement)
    assert [each.number for each in chain] == [1, 2, 3, 4, 5, 6]
    assert list(broken_links(chain)) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE compliance_signatures SET printed_name = 'Nobody'", "is not what was signed"),
        (
            "UPDATE compliance_signatures SET signed_at = signed_at - interval '1 day'",
            "is not what was signed",
        ),
        ("DELETE FROM compliance_signatures", "is missing: the next is 3"),
    ],
)
async def test_the_chain_breaks_where_anybody_touches_it(
    officer: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    addresses: RoleAddresses,
    change: str,
    problem: str,
) -> None:
    requirement = await made(officer)
    for _ in range(3):
        await attested(officer, requirement)
    with psycopg.connect(addresses.owner) as owner:
        owner.execute(f"SET LOCAL app.company_id = '{company.id}'".encode())
        owner.execute(f"{change} WHERE number = 2".encode())
    (broken,) = broken_links(await chain_of(storage, company, requirement))
    assert (broken.number, broken.problem) == (2, problem)


async def test_another_company_sees_nothing_of_it(
    officer: httpx.AsyncClient, client: httpx.AsyncClient, other_company: CompanyForTests
) -> None:
    requirement = await made(officer)
    key = {"Authorization": f"Bearer {other_company.key}"}
    assert (await client.get(requirement, headers=key)).status_code == 404
