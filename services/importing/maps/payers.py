"""``payers``: who adjudicates claims. Those that every installation began with are merged by their
payer identifier."""

from collections.abc import Sequence

from services.importing.conversions import Unusable, choice, flag, text, whole
from services.importing.declaration import (
    Draft,
    FieldRule,
    OriginalMap,
    Placed,
    Workplace,
    note_unknown,
)
from services.importing.maps.following import follows
from storage.interface import Store
from storage.tables.claims import ContactInfo, Payer, PayerFields
from storage.vocabulary.claims import PayerType, SubmissionMethod

_CONTACT = tuple(FieldRule(name, name, text(500)) for name in ContactInfo.model_fields)

_CONTACT_FIELDS = frozenset(rule.source for rule in _CONTACT)


def _contact(value: object) -> ContactInfo:
    if not isinstance(value, dict):
        raise Unusable("is no object", "write phone, fax, email and address")
    given = {}
    for rule in _CONTACT:
        if value.get(rule.source) not in (None, ""):
            try:
                given[rule.column] = rule.convert(value[rule.source])  # type: ignore[operator]
            except Unusable as fault:
                fault.pointer = f"/{rule.source}"
                raise
    return ContactInfo.model_validate(given)


def _complete(draft: Draft) -> None:
    contact = draft.source.get("contactInfo")
    if isinstance(contact, dict):
        note_unknown(draft, contact, _CONTACT_FIELDS, "contactInfo")


async def _write(store: Store, drafts: Sequence[Placed], _: Workplace) -> None:
    await store.payers.create_many(
        [PayerFields.model_construct(**draft.values) for draft in drafts],
        ids=[draft.row_id for draft in drafts],
    )


PAYERS = OriginalMap(
    name="payers",
    row=Payer,
    fields=(
        FieldRule("name", "name", text(200), is_required=True),
        FieldRule("payerId", "payer_identifier", text(80), is_required=True),
        FieldRule("type", "type", choice(PayerType), is_required=True),
        FieldRule(
            "claimSubmissionMethod",
            "claim_submission_method",
            choice(SubmissionMethod),
            default=SubmissionMethod.ELECTRONIC,
        ),
        FieldRule(
            "timely_filing_limit_days", "timely_filing_limit_days", whole(1, 3650), default=365
        ),
        FieldRule("contactInfo", "contact_info", _contact),
        FieldRule("active", "is_active", flag, default=True),
    ),
    complete=_complete,
    natural_key="payer_identifier",
    name_column="name",
    changeable=frozenset(
        {
            "name",
            "type",
            "claim_submission_method",
            "timely_filing_limit_days",
            "contact_info",
            "is_active",
        }
    ),
    known=frozenset({"createdAt", "updatedAt", "companyId", "timelyFilingLimitDays"}),
    write=_write,
    update=follows(Payer),
)
