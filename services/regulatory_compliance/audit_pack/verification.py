"""Checking a pack offline: that it is whole, and that its signatures follow from one another."""

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO
from uuid import UUID

import msgspec

from services.regulatory_compliance.audit_pack.documents import (
    FORMAT,
    MANIFEST,
    SEAL_BYTES,
    SEAL_PREFIX,
    SIGNATURE,
    Manifest,
    ManifestFile,
    fields_of,
)
from services.regulatory_compliance.audit_pack.mips_verification import FOLDER, problems_of_scores
from services.regulatory_compliance.requirements import content_hash
from services.regulatory_compliance.risks.submitting import content_hash as assessment_hash
from services.regulatory_compliance.signature_chain import (
    attestation_hash,
    broken_links,
)
from storage.signing import holds, read_signature
from storage.tables.compliance import (
    AttestationFields,
    ComplianceSignatureFields,
    RequirementContent,
)
from storage.tables.risks import AssessmentContent

_CHUNK_BYTES = 1 << 18
_LARGEST_DOCUMENT_BYTES = 256_000_000

_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    KeyError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What reading a damaged zip may end in; ValueError is what damaged JSON does."""

Said = Mapping[str, Any]


@dataclass(frozen=True)
class Misfit:
    """Something in a pack that does not fit: where, and what."""

    path: str
    problem: str


@dataclass(frozen=True)
class PackVerdict:
    """What a check has found. ``manifest`` is None where it cannot be read, ``signed_by`` the
    fingerprint of the key whose signature holds."""

    manifest: Manifest | None
    misfits: Sequence[Misfit]
    checked_signatures: int
    signed_by: str | None = None

    @property
    def is_sound(self) -> bool:
        return self.manifest is not None and not self.misfits


def verify_pack(path: Path, trusted: Collection[str] = ()) -> PackVerdict:
    """Check a pack with nothing but itself and the fingerprints of keys that it may be signed by;
    without any, somebody has to look at whose key it is. Raises OSError."""
    with path.open("rb") as file:
        misfits = list(_misfits_of_the_seal(file, path.stat().st_size))
        try:
            with zipfile.ZipFile(file) as pack:
                return _verdict(pack, misfits, trusted)
        except (*_UNREADABLE, AttributeError, TypeError) as error:
            broken = Misfit(path.name, f"cannot be read as a zip: {error}")
            return PackVerdict(None, [*misfits, broken], 0)


def _misfits_of_the_seal(file: BinaryIO, byte_count: int) -> Iterator[Misfit]:
    """Whether the last bytes are the hash of all before them."""
    digest, left = hashlib.sha256(), byte_count - SEAL_BYTES
    ending = b""
    while left > 0 and (chunk := file.read(min(_CHUNK_BYTES, left))):
        digest.update(chunk)
        ending = (ending + chunk)[-len(SEAL_PREFIX) :]
        left -= len(chunk)
    if ending != SEAL_PREFIX or file.read() != digest.hexdigest().encode():
        yield Misfit("the whole file", "is not as it was written: its last bytes do not fit")


def _verdict(pack: zipfile.ZipFile, misfits: list[Misfit], trusted: Collection[str]) -> PackVerdict:
    manifest = _manifest(pack)
    if manifest is None:
        return PackVerdict(None, [*misfits, Misfit(MANIFEST, "is missing or unreadable")], 0)
    signed_by = _signed_by(pack, manifest)
    if signed_by is None:
        misfits.append(Misfit(SIGNATURE, "is no signature of this manifest"))
    elif trusted and signed_by not in trusted:
        misfits.append(Misfit(SIGNATURE, f"is of none of the keys given, but of {signed_by}"))
    misfits += _misfits_of_the_files(pack, manifest)
    hashes = {each.path: each.sha256 for each in manifest.files}
    evidence = _evidence(pack)
    misfits += _misfits_of_evidence(evidence, hashes)
    misfits += _misfits_of_reports(pack, hashes)
    misfits += _misfits_of_policies(pack, hashes)
    misfits += _misfits_of_assessments(pack, hashes)
    misfits += _misfits_of_mips(pack, hashes)
    signatures = 0
    for path in (each for each in hashes if each.startswith("requirements/")):
        for said in _documents(pack, [path]):
            chain, problems = _chain_of(said, evidence)
            signatures += chain
            misfits += [Misfit(path, each) for each in problems]
    return PackVerdict(manifest, misfits, signatures, signed_by)


def _signed_by(pack: zipfile.ZipFile, manifest: Manifest) -> str | None:
    """The fingerprint of the key that the manifest names and is signed by."""
    try:
        signature = read_signature(_read(pack, SIGNATURE))
        content = _read(pack, MANIFEST)
    except _UNREADABLE:
        return None
    is_signed = holds(signature, purpose=FORMAT, content=content)
    return signature.key_id if is_signed and signature.key_id == manifest.key_id else None


def _manifest(pack: zipfile.ZipFile) -> Manifest | None:
    try:
        manifest = msgspec.json.decode(_read(pack, MANIFEST), type=Manifest)
    except _UNREADABLE:
        return None
    return manifest if manifest.format == FORMAT else None


def _misfits_of_the_files(pack: zipfile.ZipFile, manifest: Manifest) -> Iterator[Misfit]:
    there = [each.filename for each in pack.infolist()]
    known = [each.path for each in manifest.files]
    for name in sorted({each for each in there if there.count(each) > 1}):
        yield Misfit(name, "is there twice")
    for name in sorted(set(there) - set(known) - {MANIFEST, SIGNATURE}):
        yield Misfit(name, "is not in the manifest")
    for each in manifest.files:
        if each.path not in there:
            yield Misfit(each.path, "is missing")
        elif (problem := _problem_of(pack, each)) is not None:
            yield Misfit(each.path, problem)


def _problem_of(pack: zipfile.ZipFile, listed: ManifestFile) -> str | None:
    digest, count = hashlib.sha256(), 0
    try:
        with _open(pack, listed.path) as member:
            while chunk := member.read(_CHUNK_BYTES):
                digest.update(chunk)
                count += len(chunk)
                if count > listed.byte_count:
                    return "is longer than the manifest says"
    except _UNREADABLE:
        return "is damaged"
    if count < listed.byte_count:
        return "is shorter than the manifest says"
    return None if digest.hexdigest() == listed.sha256 else "is not what the manifest says"


def _documents(pack: zipfile.ZipFile, paths: Sequence[str]) -> Iterator[Any]:
    """JSON that can be read; what cannot is a misfit of the files already."""
    for path in paths:
        try:
            said = msgspec.json.decode(_read(pack, path))
        except _UNREADABLE:
            continue
        yield said


def _read(pack: zipfile.ZipFile, path: str) -> bytes:
    """A document, as far as it has a size to be held. Raises what is ``_UNREADABLE``."""
    with _open(pack, path) as member:
        content = member.read(_LARGEST_DOCUMENT_BYTES + 1)
    if len(content) > _LARGEST_DOCUMENT_BYTES:
        raise ValueError(path)
    return content


def _open(pack: zipfile.ZipFile, path: str) -> IO[bytes]:
    """A file of the pack, packed as this program packs. Raises what is ``_UNREADABLE``."""
    info = pack.getinfo(path)
    if info.compress_type not in _METHODS:
        raise ValueError(path)
    return pack.open(info)


def _evidence(pack: zipfile.ZipFile) -> dict[UUID, Said]:
    """Every version of evidence by its id; none where that cannot be understood."""
    try:
        return {
            UUID(each["id"]): each
            for listed in _documents(pack, ["evidence.json"])
            for each in listed
        }
    except (*_UNREADABLE, TypeError):
        return {}


def _misfits_of_evidence(
    evidence: Mapping[UUID, Said], hashes: Mapping[str, str]
) -> Iterator[Misfit]:
    for each in evidence.values():
        text = each["url"] or each["fact"]
        if text is not None and hashlib.sha256(text.encode()).hexdigest() != each["content_hash"]:
            yield Misfit("evidence.json", f"{each['id']} is not what its hash is of")
        if each["path"] is not None and hashes.get(each["path"]) != each["content_hash"]:
            yield Misfit(each["path"], "is not the evidence that was attested")


def _misfits_of_reports(pack: zipfile.ZipFile, hashes: Mapping[str, str]) -> Iterator[Misfit]:
    for listed in _documents(pack, ["reports.json"]):
        for each in listed if isinstance(listed, list) else ():
            path = f"reports/{each['report_number']}.json"
            if hashes.get(path) != each["content_hash"]:
                yield Misfit(path, "is not the report that was issued")


def _misfits_of_policies(pack: zipfile.ZipFile, hashes: Mapping[str, str]) -> Iterator[Misfit]:
    """Texts that are not what was approved and read."""
    paths = [each for each in hashes if each.startswith("policies/") and each.count("/") == 1]
    for path in paths:
        for said in _documents(pack, [path]):
            known = set()
            for each in said["texts"]:
                known.add(each["content_hash"])
                text = each["content"]
                digest = None if text is None else hashlib.sha256(text.encode()).hexdigest()
                if each["path"] is not None:
                    digest = hashes.get(each["path"])
                if digest not in (None, each["content_hash"]):
                    yield Misfit(path, f"text {each['id']} is not what its hash is of")
            for each in [*said["versions"], *said["approvals"], *said["acknowledgements"]]:
                if each["content_hash"] not in known:
                    yield Misfit(path, f"{each['id']} is of a text that is not there")


def _misfits_of_assessments(pack: zipfile.ZipFile, hashes: Mapping[str, str]) -> Iterator[Misfit]:
    """Risk assessments that are not what was approved."""
    for path in (each for each in hashes if each.startswith("risk-assessments/")):
        for said in _documents(pack, [path]):
            record = said["record"]
            content = AssessmentContent.model_validate(record["content"])
            if assessment_hash(content).hex() != record["content_hash"]:
                yield Misfit(path, "is not what was approved")


def _misfits_of_mips(pack: zipfile.ZipFile, hashes: Mapping[str, str]) -> Iterator[Misfit]:
    """Scores of MIPS that are not what they are made of."""
    for path in (each for each in hashes if each.startswith(FOLDER)):
        for said in _documents(pack, [path]):
            try:
                problems = list(problems_of_scores(said, hashes.get("mips/rules.toml")))
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                problems = [f"cannot be understood: {type(error).__name__}"]
            for each in problems:
                yield Misfit(path, each)


def _chain_of(said: Said, evidence: Mapping[UUID, Said]) -> tuple[int, list[str]]:
    """How many signatures a requirement has, and what of it does not fit."""
    try:
        return len(said["signatures"]), list(_problems(said, evidence))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return 0, [f"cannot be understood: {type(error).__name__}"]


def _problems(said: Said, evidence: Mapping[UUID, Said]) -> Iterator[str]:
    """What of a requirement does not follow from the rest of it."""
    yield from _problems_of_versions(said)
    yield from _problems_of_attestations(said, evidence)
    chain = [fields_of(ComplianceSignatureFields, each) for each in said["signatures"]]
    for broken in broken_links(chain):
        yield f"signature {broken.number} {broken.problem}"
    signed = {(each.attestation_id, each.content_hash) for each in chain}
    for each in said["attestations"]:
        if (UUID(each["id"]), bytes.fromhex(each["content_hash"])) not in signed:
            yield f"attestation {each['id']} is signed by nobody as it is"


def _problems_of_versions(said: Said) -> Iterator[str]:
    code = said["requirement"]["code"]
    for each in said["versions"]:
        content = RequirementContent.model_validate(each["content"])
        if content_hash(code, content).hex() != each["content_hash"]:
            yield f"version {each['number']} is not what its hash is of"


def _problems_of_attestations(said: Said, evidence: Mapping[UUID, Said]) -> Iterator[str]:
    versions = {each["number"]: bytes.fromhex(each["content_hash"]) for each in said["versions"]}
    for each in said["attestations"]:
        fields = fields_of(AttestationFields, each)
        missing = [name for name in fields.evidence_ids if name not in evidence]
        if missing:
            yield f"attestation {each['id']} names evidence that is not there: {missing[0]}"
            continue
        digest = attestation_hash(
            fields,
            requirement_hash=versions[fields.content_number],
            evidence_hashes=[
                bytes.fromhex(evidence[name]["content_hash"]) for name in fields.evidence_ids
            ],
        )
        if digest != fields.content_hash:
            yield f"attestation {each['id']} is not what was signed"
