"""``eras``: what payers paid, as remittances that are posted like any other.

Each becomes the 835 that its payer might have sent, and is received, balanced, matched and posted
by the same rules: what does not add up, or names no claim, waits in the queue of exceptions with
its money in unapplied cash. Nothing is made up to make anything balance: an adjustment keeps its
group and reason, and one that names no group waits.
"""

import re
from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from services.claims.manual_remittances.remittance_file import PaperPayment, rendered
from services.claims.remittances.matching import payer_sequence
from services.claims.remittances.receiving import ReceivedFile, enqueue_posting, new_file, receive
from services.claims.remittances.remittance_scan import scan
from services.files.keeping import write_now
from services.importing.conversions import HIGHEST_CENTS, Unusable, cents, coded, day
from services.importing.declaration import (
    Draft,
    FieldRule,
    OriginalMap,
    Placed,
    Renumbering,
    Values,
    Wanted,
    Workplace,
    converted,
    wanted_names,
)
from services.importing.maps.batches import CLAIM
from services.importing.maps.claims import PAYER
from storage.interface import Store
from storage.tables.claims import Claim
from storage.tables.manual_remittances import TypedAdjustment, TypedClaim, TypedContent
from storage.tables.remittances import Remittance, RemittanceTransaction

_NUMBER = coded(r"^[A-Za-z0-9][A-Za-z0-9 ./_#-]*$", 38)
"""What separates nothing in an 835."""
_SIGNED = cents(lowest=-HIGHEST_CENTS)
_ADJUSTMENT = re.compile(r"(CO|OA|PI|PR)[- ]?([A-Z]{0,2}[0-9]{1,3})")
_GROUPS: dict[str, Literal["CO", "OA", "PI", "PR"]] = {
    "CO": "CO",
    "OA": "OA",
    "PI": "PI",
    "PR": "PR",
}
_DECIDED_BY: tuple[Literal["1", "2", "3"], ...] = ("1", "2", "3")
"""CLP02 of a decision of the first, second and third payer."""

_LONGEST_NAME = 255
_ENDING = ".835"

_CLAIM = (
    FieldRule("claimNumber", "claim_number", _NUMBER),
    FieldRule("paidAmount", "paid_cents", _SIGNED, is_required=True),
)
_REDUCTION = (FieldRule("amount", "amount_cents", _SIGNED, is_required=True),)


def _complete(draft: Draft) -> None:
    values = draft.values
    number = values.pop("era_number")
    values["trace_number"] = values["trace_number"] or number
    values["file_name"] = f"{number}{_ENDING}"
    given = draft.source.get("claimPayments")
    if not isinstance(given, list) or not given:
        raise Unusable("names no claims", "write what was paid for each claim", "/claimPayments")
    for place, item in enumerate(given):
        at = f"/claimPayments/{place}"
        if not isinstance(item, dict):
            raise Unusable("is no payment", "write it as an object with its fields", at)
        draft.parts.append(_payment(draft, item, at))


def _payment(draft: Draft, item: dict[str, Any], at: str) -> Values:
    part: Values = {}
    converted(_CLAIM, item, draft, part, at)
    names = wanted_names([item.get("claimId"), item.get("claimNumber")], f"{at}/claimId")
    is_needed = part["claim_number"] is None
    draft.wanted.append(
        Wanted(CLAIM, names, f"{at}/claimId", part, "claim_id", is_needed=is_needed)
    )
    reductions = item.get("adjustments") or []
    if not isinstance(reductions, list):
        raise Unusable("is no list", "write the adjustments as a list", f"{at}/adjustments")
    part["adjustments"] = [
        _adjustment(draft, each, f"{at}/adjustments/{place}")
        for place, each in enumerate(reductions)
    ]
    return part


def _adjustment(draft: Draft, item: object, at: str) -> TypedAdjustment:
    if not isinstance(item, dict):
        raise Unusable("is no adjustment", "write it as an object with its fields", at)
    code = item.get("code")
    found = _ADJUSTMENT.fullmatch(code) if isinstance(code, str) else None
    if found is None:
        raise Unusable("has no group and reason", "write it as CO-45", f"{at}/code")
    amount: Values = {}
    converted(_REDUCTION, item, draft, amount, at)
    return TypedAdjustment.model_construct(
        group_code=_GROUPS[found[1]], reason_code=found[2], amount_cents=amount["amount_cents"]
    )


async def _write(store: Store, drafts: Sequence[Placed], place: Workplace) -> None:
    """Each as a file of its own: so it stays, with its hash, as what was posted."""
    payers = {
        row.id: row
        for row in await store.payers.get_many(list({each.values["payer_id"] for each in drafts}))
    }
    claim_ids = {part["claim_id"] for draft in drafts for part in draft.parts}
    claims = {
        row.id: row
        for row in await store.claims.get_many([each for each in claim_ids if each is not None])
    }
    first = await store.numbers.take("manual_interchange", len(drafts))
    for number, draft in enumerate(drafts, first):
        payer = payers[draft.values["payer_id"]]
        content = TypedContent.model_construct(
            claims=[_claim(part, claims.get(part["claim_id"]), payer.id) for part in draft.parts],
            provider_adjustments=[],
        )
        paid = PaperPayment(
            payer,
            draft.values["trace_number"],
            draft.values["payment_date"],
            draft.values["payment_cents"],
            content,
            number,
        )
        text = rendered(paid, store.now)
        file = await write_now(store, place.vault, new_file(draft.values["file_name"]), text)
        remittance, _ = await receive(
            store, ReceivedFile(file, scan([text])), remittance_id=draft.row_id
        )
        await enqueue_posting(store, remittance.id)
        place.remittance_ids.append(remittance.id)


def _claim(part: Values, claim: Claim | None, payer_id: UUID) -> TypedClaim:
    """What was paid for a claim; the charge of one that is not here is what the payment and its
    adjustments come to, as the balance of an 835 has it."""
    adjustments = part["adjustments"]
    if claim is None:
        charge = part["paid_cents"] + sum(each.amount_cents for each in adjustments)
        number, sequence = part["claim_number"], 1
    else:
        charge, number = claim.total_charge_cents, claim.patient_control_number
        sequence = payer_sequence(claim, payer_id) or 1
    return TypedClaim.model_construct(
        patient_control_number=number,
        status_code=_DECIDED_BY[sequence - 1],
        payer_claim_number=None,
        charge_cents=charge,
        paid_cents=part["paid_cents"],
        adjustments=adjustments,
        lines=[],
    )


ERAS = OriginalMap(
    name="eras",
    row=Remittance,
    after=("payers", "claims"),
    fields=(
        FieldRule("eraNumber", "era_number", _NUMBER, is_required=True),
        FieldRule("payerId", "payer_id", PAYER, is_required=True),
        FieldRule("paymentAmount", "payment_cents", _SIGNED, is_required=True),
        FieldRule("paymentDate", "payment_date", day, is_required=True),
        FieldRule("checkNumber", "trace_number", _NUMBER),
    ),
    natural_key="file_name",
    twin_columns=("payer_id", "payment_cents", "payment_date"),
    complete=_complete,
    known=frozenset(
        {"claimPayments", "receivedAt", "processedAt", "metadata", "createdAt", "companyId"}
    ),
    write=_write,
    amount="paymentAmount",
    amount_column="payment_cents",
    amount_parts=(RemittanceTransaction, "remittance_id"),
    is_settled=True,
    renumbering=Renumbering(_LONGEST_NAME, ending=_ENDING),
)
