"""Claims that go out instead of one that the payer took in: corrected (7) and void (8).

Each is a claim of its own, with numbers of its own, that names what it replaces; the payer knows
that by the number it gave to the original (REF*F8), which is read off its answers when the claim
goes out.

What this does to the books. Until the new claim is submitted: nothing. Then the charge of the
original leaves the ledger and that of a corrected claim enters it; a void claim has none. So the
charge stands there once, and the two balances together are the new charge less all that was paid
and written off under either number: the original shows what the payer has paid under it as a
negative balance, which is no credit to return, until the payer takes it back. Should the new claim
come back rejected or be given up, the original has its charge again.

How the payer's answers meet it. The payer reverses its decisions about the original (CLP02 22) and
decides about the corrected claim. A reversal under the original's control number posts to the
original, which then stands at zero; one under the new claim's number, as some payers write it,
finds the original through the new claim. A decision under the new number posts to the new claim. A
decision under the original's number posts to the original while something it decided there stands
or nothing was decided yet (it crossed the correction on its way, and its reversal will come); once
everything there was taken back it is ambiguous, and a person matches it. A decision about a void
claim is ambiguous too: a void claim is answered by reversals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.claims.claims import ClaimWithLines, hold_claim, lines_of
from services.claims.drafts import NewClaim
from services.claims.lifecycle import ON_ITS_WAY
from services.claims.numbers import (
    line_control_number,
    patient_control_number,
    take_claim_numbers,
)
from services.refusals import Refusal
from storage.filters import ClaimFilter
from storage.interface import Store
from storage.tables.claims import Claim, ClaimFields, ClaimLine, ClaimLineFields
from storage.vocabulary.billing import ClaimFrequency
from storage.vocabulary.claims import ClaimStatus

_COPIED = frozenset(NewClaim.model_fields) - {"lines"}
_NUMBERS_OF_A_LINE = frozenset({"claim_id", "line_number", "line_control_number"})


@dataclass
class ClaimNotTakenIn(Refusal):
    """What the payer does not have can be changed as it is; there is nothing to replace."""

    title: ClassVar[str] = "The claim cannot be replaced in its state"
    state: str

    @property
    def detail(self) -> str:
        return (
            f"The claim is {self.state}. Only one that was submitted can be replaced;"
            " change a draft or a rejected claim instead."
        )


@dataclass
class PayerNumberUnknown(Refusal):
    """A payer finds the claim to replace by its own number only."""

    title: ClassVar[str] = "The payer's number of the claim is not known"

    @property
    def detail(self) -> str:
        return (
            "It comes with the payer's acknowledgement or its remittance;"
            " record the acknowledgement with its payer_claim_number."
        )


@dataclass
class ClaimReplaced(Refusal):
    """A claim is replaced once; what replaced it is corrected in its turn."""

    title: ClassVar[str] = "Another claim replaces this one already"
    replaced_by: UUID

    @property
    def detail(self) -> str:
        return "Correct or void that one, or give it up first."


@dataclass
class VoidNotReplaceable(Refusal):
    """A void claim asks for nothing, so there is nothing to correct."""

    title: ClassVar[str] = "A void claim cannot be replaced"


async def correct_claim(store: Store, claim_id: UUID, *, expected_version: int) -> ClaimWithLines:
    """Draft a corrected claim: the same content, to be changed before it goes out.

    Raises RowNotFound, VersionConflict, ClaimNotTakenIn, PayerNumberUnknown, ClaimReplaced,
    VoidNotReplaceable.
    """
    return await _replace(
        store, claim_id, ClaimFrequency.CORRECTED, expected_version=expected_version
    )


async def void_at_payer(store: Store, claim_id: UUID, *, expected_version: int) -> ClaimWithLines:
    """Draft a void claim, which has the payer take back what it decided.

    Raises as ``correct_claim``.
    """
    return await _replace(store, claim_id, ClaimFrequency.VOID, expected_version=expected_version)


async def _replace(
    store: Store, claim_id: UUID, frequency: ClaimFrequency, *, expected_version: int
) -> ClaimWithLines:
    original = await hold_claim(store, claim_id, expected_version=expected_version)
    if original.frequency is ClaimFrequency.VOID:
        raise VoidNotReplaceable
    if original.status not in ON_ITS_WAY:
        raise ClaimNotTakenIn(original.status)
    if original.payer_claim_number is None:
        raise PayerNumberUnknown
    for other in await store.claims.all(ClaimFilter(replaces_id=claim_id)):
        if other.status is not ClaimStatus.VOIDED:
            raise ClaimReplaced(other.id)
    (number,) = await take_claim_numbers(store)
    made = await store.claims.create(_copied(original, number, frequency))
    await store.claim_lines.create_many(
        [
            _copied_line(line, made, at)
            for at, line in enumerate(await lines_of(store, claim_id), start=1)
        ]
    )
    return ClaimWithLines(made, await lines_of(store, made.id))


def _copied(original: Claim, number: str, frequency: ClaimFrequency) -> ClaimFields:
    return ClaimFields(
        **{name: getattr(original, name) for name in _COPIED},
        claim_number=number,
        patient_control_number=patient_control_number(),
        patient_name_key=original.patient_name_key,
        total_charge_cents=original.total_charge_cents,
        frequency=frequency,
        replaces_id=original.id,
    )


def _copied_line(line: ClaimLine, claim: Claim, number: int) -> ClaimLineFields:
    content = set(ClaimLineFields.model_fields) - _NUMBERS_OF_A_LINE
    return ClaimLineFields(
        **{name: getattr(line, name) for name in content},
        claim_id=claim.id,
        line_number=number,
        line_control_number=line_control_number(claim.patient_control_number, number),
    )
