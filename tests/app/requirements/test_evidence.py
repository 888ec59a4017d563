"""Evidence over HTTP: attestations stay bound to what they were signed on."""

import httpx
import pytest

from tests.app.requirements.steps import EVIDENCE, STATEMENT, attested, made, standing, status

pytestmark = pytest.mark.anyio


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
