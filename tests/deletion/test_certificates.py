"""A certificate can be checked by whoever holds it, and by nothing but itself and the key."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.backup.contents import TableContents
from storage.deletion.certificate import (
    DeletedTable,
    DeletionCertificate,
    LastRoot,
    checked,
    issued,
)
from storage.deletion.errors import CertificateUnusable
from storage.deletion.register import NOTHING_REMOVED, Removed
from storage.identifiers import new_id
from storage.trail.keys import Signer

SIGNER = Signer(bytes(range(32)))
NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
SAID = DeletionCertificate(
    program="1",
    company_id=new_id(),
    slug="riverbend",
    name="Riverbend Clinic – Süd",
    asked_by="Ada",
    asked_at=NOW,
    approved_by="Grace",
    approved_at=NOW,
    records_were_handed_over=True,
    closed_at=NOW,
    issued_at=NOW,
    is_final=False,
    tables=[
        DeletedTable(name="claims", deleted=12, digest="1/2", held=0, held_until=None, reasons=[]),
        DeletedTable(
            name="seals",
            deleted=0,
            digest="0/0",
            held=3,
            held_until=dt.date(2033, 3, 2),
            reasons=["the audit trail"],
        ),
    ],
    files_deleted=1,
    file_bytes_deleted=100,
    keys_destroyed=True,
    roots=[LastRoot(log="audit_log", sequence=4, hash="ab" * 32)],
    backups="None.",
)
WRITTEN = issued(SAID, SIGNER)


def test_a_certificate_says_what_was_signed_and_by_whom() -> None:
    said, signature = checked(WRITTEN)
    assert said == SAID
    assert signature.key_id == SIGNER.key_id
    assert (said.deleted, said.held, said.held_until) == (12, 3, dt.date(2033, 3, 2))


@given(st.integers(min_value=0, max_value=len(WRITTEN) - 1), st.characters(codec="utf-8"))
def test_any_changed_character_is_found_out(at: int, other: str) -> None:
    changed = WRITTEN[:at] + other + WRITTEN[at + 1 :]
    if changed != WRITTEN:
        with pytest.raises(CertificateUnusable):
            checked(changed)


@given(st.integers(min_value=0, max_value=len(WRITTEN) - 1))
def test_a_missing_part_is_found_out(length: int) -> None:
    with pytest.raises(CertificateUnusable):
        checked(WRITTEN[:length])


@given(st.text(max_size=200))
def test_nothing_else_passes_for_one(text: str) -> None:
    with pytest.raises(CertificateUnusable):
        checked(text)


def test_one_made_anew_bears_another_key() -> None:
    _, signature = checked(issued(SAID, Signer(bytes(32))))
    assert signature.key_id != SIGNER.key_id


numbers = st.integers(min_value=-(2**70), max_value=2**70)
parts = st.builds(
    Removed,
    st.builds(TableContents, st.integers(0, 9), st.builds("{}/{}".format, numbers, numbers)),
    st.integers(0, 9),
    st.integers(0, 9),
)


@given(parts, parts, parts)
def test_what_went_in_parts_adds_up_in_any_order(one: Removed, two: Removed, more: Removed) -> None:
    assert one.and_also(two).and_also(more) == more.and_also(two.and_also(one))
    assert NOTHING_REMOVED.and_also(one) == one
