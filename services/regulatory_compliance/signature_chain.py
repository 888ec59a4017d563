"""Signatures, each over the one before: nothing in a requirement's chain changes unseen.

Every hash is over length-prefixed parts that begin with what they are, so that no two different
contents have the same bytes.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

import msgspec

from storage.tables.compliance import AttestationFields, ComplianceSignatureFields

FIRST_PREVIOUS_HASH = bytes(32)
"""What the first signature of a chain names as the hash before it."""


class BrokenLink(msgspec.Struct, frozen=True):
    """Where a chain does not hold, by the signature's number, and why."""

    number: int
    problem: str


def attestation_hash(
    fields: AttestationFields, *, requirement_hash: bytes, evidence_hashes: Iterable[bytes]
) -> bytes:
    """SHA-256 of an attestation with the version of the requirement and all evidence it is bound
    to, in the order of ``evidence_ids``."""
    return _hashed(
        "attestation",
        fields.requirement_id,
        fields.content_number,
        fields.schedule_number,
        fields.period_number,
        fields.kind.value,
        fields.statement,
        fields.signed_on,
        fields.valid_from,
        fields.valid_until,
        fields.evidence_until,
        fields.notes,
        fields.quorum,
        fields.supersedes_id,
        requirement_hash,
        *fields.evidence_ids,
        *evidence_hashes,
    )


def signature_hash(fields: ComplianceSignatureFields) -> bytes:
    """SHA-256 of a signature, what it signs and the signature before it."""
    return _hashed(
        "signature",
        fields.requirement_id,
        fields.attestation_id,
        fields.number,
        fields.kind.value,
        fields.person_id,
        fields.session_id,
        fields.printed_name,
        fields.meaning,
        fields.reason,
        fields.signed_at,
        fields.content_hash,
        fields.previous_hash,
    )


def broken_links(chain: Sequence[ComplianceSignatureFields]) -> Iterator[BrokenLink]:
    """Where a whole chain, in the order of its numbers, does not hold."""
    previous = FIRST_PREVIOUS_HASH
    for expected, each in enumerate(chain, start=1):
        if each.number != expected:
            yield BrokenLink(expected, f"is missing: the next is {each.number}")
            return
        if each.previous_hash != previous:
            yield BrokenLink(each.number, "does not follow the one before")
        if signature_hash(each) != each.signature_hash:
            yield BrokenLink(each.number, "is not what was signed")
        previous = each.signature_hash


def _hashed(*parts: object) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        content = _bytes(part)
        digest.update(len(content).to_bytes(8) + content)
    return digest.digest()


def _bytes(part: object) -> bytes:
    """With a first byte for what it is, so that nothing absent equals an empty text."""
    match part:
        case None:
            return b"n"
        case bytes():
            return b"b" + part
        case UUID():
            return b"u" + part.bytes
        case dt.datetime():
            return b"m" + part.astimezone(dt.UTC).isoformat(timespec="microseconds").encode()
        case dt.date():
            return b"d" + part.isoformat().encode()
        case int():
            return b"i" + str(part).encode()
        case _:
            return b"t" + str(part).encode()
