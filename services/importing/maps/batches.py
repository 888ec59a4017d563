"""``batches``: claims of one payer that went out together."""

from collections.abc import Sequence

from services.importing.conversions import Unusable, cents, choice, text, whole
from services.importing.declaration import (
    Draft,
    FieldRule,
    OriginalMap,
    Placed,
    Reference,
    Renumbering,
    Wanted,
    Workplace,
    wanted_names,
)
from services.importing.maps.claims import PAYER
from storage.interface import Store
from storage.tables.claims import Claim, ClaimBatch, ClaimBatchFields, ClaimBatchItemFields
from storage.vocabulary.claims import BatchStatus

CLAIM = Reference("claims", Claim, ("claim_number",))
_MOST = 100_000


def _complete(draft: Draft) -> None:
    values, claim_ids = draft.values, draft.source.get("claimIds")
    if not isinstance(claim_ids, list):
        raise Unusable("is no list", "write the ids of its claims as a list", "/claimIds")
    for place, claim_id in enumerate(dict.fromkeys(map(_plain, claim_ids))):
        pointer = f"/claimIds/{place}"
        part: dict[str, object] = {}
        draft.parts.append(part)
        draft.wanted.append(
            Wanted(CLAIM, wanted_names([claim_id], pointer), pointer, part, "claim_id")
        )
    total, succeeded = values.pop("total"), values.pop("succeeded")
    values["claim_count"] = len(draft.parts)
    held = len(draft.parts) if succeeded is None else succeeded
    values["refused_count"] = max(0, (total or 0) - held)


def _plain(claim_id: object) -> object:
    return claim_id if isinstance(claim_id, str | int) else ""


def _judge(draft: Draft) -> None:
    ids = [part["claim_id"] for part in draft.parts]
    if len(set(ids)) < len(ids):
        raise Unusable("names one claim twice", "name each once", "/claimIds")


async def _write(store: Store, drafts: Sequence[Placed], _: Workplace) -> None:
    ids = [draft.row_id for draft in drafts]
    await store.claim_batches.create_many(
        [ClaimBatchFields.model_construct(**draft.values) for draft in drafts], ids=ids
    )
    await store.claim_batch_items.create_many(
        [
            ClaimBatchItemFields.model_construct(
                batch_id=batch_id, given_claim_id=part["claim_id"], **part
            )
            for batch_id, draft in zip(ids, drafts, strict=True)
            for part in draft.parts
        ]
    )


BATCHES = OriginalMap(
    name="batches",
    row=ClaimBatch,
    after=("payers", "claims"),
    fields=(
        FieldRule("batchNumber", "batch_number", text(40), is_required=True),
        FieldRule("payerId", "payer_id", PAYER, is_required=True),
        FieldRule("status", "status", choice(BatchStatus), is_required=True),
        FieldRule("totalClaims", "total", whole(0, _MOST)),
        FieldRule("succeeded", "succeeded", whole(0, _MOST)),
        FieldRule("totalChargeAmount", "total_charge_cents", cents(), is_required=True),
    ),
    natural_key="batch_number",
    twin_columns=("payer_id", "total_charge_cents"),
    complete=_complete,
    judge=_judge,
    known=frozenset(
        {
            "claimIds",
            "submittedAt",
            "submittedBy",
            "clearinghouseResponse",
            "createdAt",
            "updatedAt",
            "companyId",
        }
    ),
    write=_write,
    amount="totalChargeAmount",
    amount_column="total_charge_cents",
    renumbering=Renumbering(40),
)
