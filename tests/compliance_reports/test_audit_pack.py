"""An audit pack has everything, and says by itself what of it does not fit."""

import datetime as dt
import hashlib
import io
import json
import zipfile
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar

from services.identity.scopes import Scope
from services.regulatory_compliance.audit_pack.verification import PackVerdict, verify_pack
from storage.filters import AccessFilter
from storage.postgres.transaction import PostgresStorage
from storage.signing import signed
from storage.trail.keys import Signer
from tests.builders.companies import CompanyForTests, make_key
from tests.builders.keys import SIGNING
from tests.builders.people import PersonForTests, browser
from tests.compliance_reports.deeds import ComeBack, attested, made

pytestmark = pytest.mark.anyio

PACK = "/api/v1/compliance/audit-pack"
EVIDENCE = "/api/v1/compliance/evidence"
POLICIES = "/api/v1/compliance/policies"


@pytest.fixture
async def pack(
    officers: list[httpx.AsyncClient], people: list[PersonForTests], come_back: ComeBack
) -> bytes:
    """The pack of a program with a requirement, evidence, a policy, two attestations (one of them
    revoked) and an issued report."""
    officer, other = officers
    policy = {
        "title": "Sanctions",
        "category": "administrative safeguards",
        "program": "HIPAA",
        "owner_person_id": str(people[0].id),
    }
    address = (await officer.post(POLICIES, json=policy)).headers["Location"]
    version = {"change": "major", "content": "Be told so.", "effective_on": "2026-03-01"}
    written = await officer.post(f"{address}/versions", json=version)
    assert written.status_code == 201, written.text
    requirement = await made(officer, code="A")
    await made(officer, code="OTHER", program="OSHA")
    fact = {"title": "Minutes", "fact": "Reviewed.", "effective_on": "2026-03-01"}
    first = (await officer.post(EVIDENCE, json=fact)).json()
    await officer.post(f"{requirement}/evidence", json={"evidence_id": first["id"]})
    await attested(officer, requirement, evidence_ids=[first["id"]])
    second = await attested(officer, requirement)
    await other.post(f"{second}/revoke", json={"reason": "wrong"}, headers={"If-Match": '"1"'})
    await come_back(dt.datetime(2026, 4, 2, 18, tzinfo=dt.UTC))
    draft = {
        "title": "First quarter",
        "program": "HIPAA",
        "period_from": "2026-01-01",
        "period_to": "2026-03-31",
    }
    address = (await officer.post("/api/v1/compliance/report-drafts", json=draft)).headers[
        "Location"
    ]
    issued = await officer.post(f"{address}/issue", headers={"If-Match": '"1"'})
    assert issued.status_code == 201, issued.text
    answer = await officer.get(PACK, params={"program": "HIPAA"})
    assert answer.status_code == 200, answer.text
    return answer.content


def checked(tmp_path: Path, content: bytes) -> PackVerdict:
    path = tmp_path / "pack.zip"
    path.write_bytes(content)
    return verify_pack(path)


def rewritten(pack: bytes, **changed: bytes | None) -> bytes:
    """The pack with other files under some paths (None: without it), packed anew without a seal."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(pack)) as old, zipfile.ZipFile(held, "w") as new:
        for name in old.namelist():
            content = changed.get(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return held.getvalue()


async def test_a_pack_has_everything_of_its_program_and_is_whole(
    pack: bytes, tmp_path: Path
) -> None:
    verdict = checked(tmp_path, pack)
    assert verdict.is_sound, verdict.misfits
    assert verdict.checked_signatures == 3
    with zipfile.ZipFile(io.BytesIO(pack)) as file:
        names = file.namelist()
        standings = json.loads(file.read("standings.json"))
        trail = file.read("trail.jsonl").splitlines()
    assert sum(name.startswith("requirements/") for name in names) == 1
    assert sum(name.startswith("reports/") for name in names) == 1
    assert [each["code"] for each in standings["requirements"]] == ["A"]
    assert {json.loads(each)["entity"] for each in trail} == {
        "compliance_requirements",
        "evidence_links",
        "policies",
        "policy_versions",
    }
    assert verdict.manifest is not None
    listed = {each.path for each in verdict.manifest.files}
    assert listed == set(names) - {"manifest.json", "signature.json"}
    assert verdict.signed_by == verdict.manifest.key_id == SIGNING.signer.key_id


async def test_that_a_pack_left_is_on_record_and_takes_the_right_to_read_the_trail(
    application: Litestar,
    pack: bytes,
    storage: PostgresStorage,
    company: CompanyForTests,
    people: list[PersonForTests],
) -> None:
    assert pack
    async with storage.transaction(company.id, company.actor) as store:
        (entry,) = await store.api_log.all(AccessFilter(operation="download_audit_pack"))
    assert (entry.recorded_by, entry.outcome) == (people[0].id, 200)
    key, _ = await make_key(storage, company.id, scopes=(Scope.COMPLIANCE_READ,))
    async with browser(application) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        refused = await client.get(PACK, params={"program": "HIPAA"})
    assert refused.status_code == 403
    assert refused.json()["scope"] == "audit:read"


async def test_whatever_byte_is_changed_the_pack_is_not_whole(pack: bytes, tmp_path: Path) -> None:
    @given(st.integers(0, len(pack) - 1), st.integers(1, 255))
    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def damaged(place: int, flip: int) -> None:
        content = pack[:place] + bytes([pack[place] ^ flip]) + pack[place + 1 :]
        assert not checked(tmp_path, content).is_sound

    damaged()


async def test_a_pack_that_is_cut_or_lengthened_is_not_whole(pack: bytes, tmp_path: Path) -> None:
    @given(st.integers(0, len(pack) - 1))
    @settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def cut(at: int) -> None:
        assert not checked(tmp_path, pack[:at]).is_sound

    cut()
    assert not checked(tmp_path, pack + b"x").is_sound


async def test_it_is_said_which_file_was_changed_left_out_or_put_in(
    pack: bytes, tmp_path: Path
) -> None:
    found = checked(tmp_path, rewritten(pack, **{"trail.jsonl": b"{}", "README.txt": None}))
    problems = {each.path: each.problem for each in found.misfits}
    assert problems["README.txt"] == "is missing"
    assert problems["trail.jsonl"] == "is shorter than the manifest says"
    assert "the whole file" in problems


async def test_a_forger_who_mends_the_hashes_does_not_mend_the_signatures(
    pack: bytes, tmp_path: Path
) -> None:
    with zipfile.ZipFile(io.BytesIO(pack)) as file:
        (name,) = (each for each in file.namelist() if each.startswith("requirements/"))
        said = json.loads(file.read(name))
    for part, change in (
        ("signatures", {"printed_name": "Somebody else"}),
        ("attestations", {"statement": "Something else."}),
        ("versions", {"content": said["versions"][0]["content"] | {"name": "Other"}}),
    ):
        forged = json.loads(json.dumps(said))
        forged[part][0] |= change
        found = checked(tmp_path, rewritten(pack, **{name: json.dumps(forged).encode()}))
        told = [each.problem for each in found.misfits if each.path == name]
        assert any(
            ("signature" in each) or ("hash is of" in each) or ("signed" in each) for each in told
        )
        assert len(told) > 1


def made_anew(pack: bytes, signer: Signer, **changed: bytes) -> bytes:
    """The pack with other files under some paths, and everything that hashes can mend mended."""
    with zipfile.ZipFile(io.BytesIO(pack)) as old:
        content = {name: changed.get(name, old.read(name)) for name in old.namelist()}
    manifest = json.loads(content["manifest.json"])
    manifest["key_id"] = signer.key_id
    for each in manifest["files"]:
        each["sha256"] = hashlib.sha256(content[each["path"]]).hexdigest()
        each["byte_count"] = len(content[each["path"]])
    content["manifest.json"] = json.dumps(manifest).encode()
    signature = signed(signer, purpose=manifest["format"], content=content["manifest.json"])
    content["signature.json"] = msgspec.json.encode(signature)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as new:
        new.comment = b"sha256:" + b"0" * 64
        for name, each in content.items():
            new.writestr(name, each)
    rest = held.getvalue()[:-64]
    return rest + hashlib.sha256(rest).hexdigest().encode()


async def test_a_pack_that_somebody_else_made_anew_is_known_by_its_key(
    pack: bytes, tmp_path: Path
) -> None:
    ours, theirs = SIGNING.signer, Signer(bytes(32))
    forged = made_anew(pack, theirs, **{"standings.json": b"{}", "trail.jsonl": b""})
    found = checked(tmp_path, forged)
    assert found.is_sound, "it fits in itself: only the key tells"
    assert found.signed_by == theirs.key_id
    held = verify_pack(tmp_path / "pack.zip", {ours.key_id})
    assert [each.path for each in held.misfits] == ["signature.json"]
    assert held.misfits[0].problem == f"is of none of the keys given, but of {theirs.key_id}"
    assert checked(tmp_path, made_anew(pack, ours)).signed_by == ours.key_id


async def test_a_manifest_that_was_changed_is_signed_by_nobody(pack: bytes, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(pack)) as file:
        manifest = json.loads(file.read("manifest.json"))
    forged = json.dumps(manifest | {"on": "2026-12-31"}).encode()
    for changed in ({"manifest.json": forged}, {"signature.json": None}, {"signature.json": b"{}"}):
        found = checked(tmp_path, rewritten(pack, **changed))
        problems = {each.path: each.problem for each in found.misfits}
        assert problems["signature.json"] == "is no signature of this manifest"
        assert found.signed_by is None


async def test_a_text_of_a_policy_that_was_changed_shows(pack: bytes, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(pack)) as file:
        (name,) = (each for each in file.namelist() if each.startswith("policies/"))
        said = json.loads(file.read(name))
    said["texts"][0]["content"] = "Be told nothing."
    found = checked(tmp_path, rewritten(pack, **{name: json.dumps(said).encode()}))
    assert any("is not what its hash is of" in each.problem for each in found.misfits)


async def test_a_signature_that_is_taken_out_shows(pack: bytes, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(pack)) as file:
        (name,) = (each for each in file.namelist() if each.startswith("requirements/"))
        said = json.loads(file.read(name))
    del said["signatures"][1]
    found = checked(tmp_path, rewritten(pack, **{name: json.dumps(said).encode()}))
    assert any("is missing: the next is 3" in each.problem for each in found.misfits)


async def test_what_is_no_pack_is_said_to_be_none(tmp_path: Path) -> None:
    for content in (b"", b"PK", b"no zip at all" * 100):
        verdict = checked(tmp_path, content)
        assert verdict.manifest is None
        assert verdict.misfits
