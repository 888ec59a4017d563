"""``appeals``: what was asked of payers a second time. An appeal posts no money: what came of it
came with a remittance."""

from collections.abc import Sequence

from services.importing.conversions import Unusable, cents, choice, day, text, texts, whole
from services.importing.declaration import Draft, FieldRule, OriginalMap, Placed, Workplace
from services.importing.maps.batches import CLAIM
from storage.filters import ClaimAppealFilter
from storage.interface import Store
from storage.tables.appeals import ClaimAppeal, ClaimAppealFields
from storage.vocabulary.appeals import AppealStatus

_STATUS = {"approved": AppealStatus.OVERTURNED, "denied": AppealStatus.UPHELD}
_ANSWERED = frozenset({AppealStatus.OVERTURNED, AppealStatus.UPHELD})
_MOST_DOCUMENTS = 100
_LEVEL_NAME = "Appeal"


def _complete(draft: Draft) -> None:
    values = draft.values
    if values["status"] not in {AppealStatus.SUBMITTED, AppealStatus.PENDING, *_ANSWERED}:
        raise Unusable("is none of the words that are known", "say how it stands", "/status")
    if values["status"] in _ANSWERED:
        if values["resolved_on"] is None:
            raise Unusable("is missing", "say when the answer came", "/resolutionDate")
    elif values["resolved_on"] is not None:
        raise Unusable(
            "is the day of an answer, and there is none", "correct the status", "/resolutionDate"
        )
    values["supporting_documents"] = values["supporting_documents"] or []
    values["level_name"] = _LEVEL_NAME


async def _write(store: Store, drafts: Sequence[Placed], _: Workplace) -> None:
    """Numbers are kept; one that the claim has already is the next that is free."""
    claim_ids = list({draft.values["claim_id"] for draft in drafts})
    claims = {row.id: row for row in await store.claims.get_many(claim_ids)}
    there = await store.claim_appeals.all(ClaimAppealFilter(claim_ids=claim_ids))
    taken = {(each.claim_id, each.appeal_number) for each in there}
    made = []
    for draft in drafts:
        values = dict(draft.values)
        claim = claims[values["claim_id"]]
        number = values["appeal_number"]
        while (claim.id, number) in taken:
            number += 1
        taken.add((claim.id, number))
        values |= {
            "appeal_number": number,
            "patient_id": claim.patient_id,
            "payer_id": claim.primary_payer_id,
        }
        made.append(ClaimAppealFields.model_construct(**values))
    await store.claim_appeals.create_many(made, ids=[draft.row_id for draft in drafts])


APPEALS = OriginalMap(
    name="appeals",
    row=ClaimAppeal,
    after=("claims",),
    fields=(
        FieldRule("claimId", "claim_id", CLAIM, is_required=True),
        FieldRule("appealNumber", "appeal_number", whole(1, 999), is_required=True),
        FieldRule("appealDate", "appealed_on", day, is_required=True),
        FieldRule("appealReason", "reason", text(4000, lines=True), is_required=True),
        FieldRule("supportingDocuments", "supporting_documents", texts(500, _MOST_DOCUMENTS)),
        FieldRule("status", "status", choice(AppealStatus, _STATUS), is_required=True),
        FieldRule("resolutionDate", "resolved_on", day),
        FieldRule("resolutionAmount", "resolution_cents", cents()),
        FieldRule("notes", "notes", text(4000, lines=True)),
    ),
    complete=_complete,
    known=frozenset({"appealedBy", "createdAt", "updatedAt", "companyId"}),
    write=_write,
    amount="resolutionAmount",
    amount_column="resolution_cents",
)
