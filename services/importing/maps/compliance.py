"""``complianceRequirements`` and ``attestations``.

An attestation that comes over is evidence and no attestation: nobody signed it here, so nobody's
signature is made up for it. It says who attested what over there, and until when; whoever relies on
it attests in their own name.
"""

import hashlib
from collections.abc import Sequence

from services.importing.conversions import Unusable, choice, coded, day, flag, text, texts
from services.importing.declaration import (
    Draft,
    FieldRule,
    OriginalMap,
    Placed,
    Reference,
    Workplace,
)
from services.regulatory_compliance.requirements import create_requirements
from storage.interface import Store
from storage.tables.compliance import (
    ComplianceEvidence,
    ComplianceEvidenceFields,
    ComplianceRequirement,
    ComplianceRequirementFields,
    EvidenceLinkFields,
    RequirementContent,
)
from storage.vocabulary.compliance import (
    BusinessDayRule,
    EvidenceKind,
    Frequency,
    LateRule,
    Program,
)

_REQUIREMENT = Reference("complianceRequirements", ComplianceRequirement, ("code",))
_MOST_EVIDENCE = 50
_LONGEST_TITLE = 200
_STATES = ("attested", "disputed", "revoked")


def _complete_requirement(draft: Draft) -> None:
    values = draft.values
    is_ongoing = values["frequency"] is Frequency.ONGOING
    if not is_ongoing and values["first_due_on"] is None:
        raise Unusable("is missing", "say when it is due", "/nextDueDate")
    content = RequirementContent.model_construct(
        citation=None,
        name=values.pop("name"),
        description=values.pop("description"),
        category=values.pop("category"),
        specification=None,
        is_mandatory=values.pop("is_mandatory"),
        frequency=values.pop("frequency"),
        first_due_on=None if is_ongoing else values["first_due_on"],
        business_day_rule=BusinessDayRule.AS_IS,
        late_rule=LateRule.KEEP_SCHEDULE,
        evidence_required=values.pop("evidence_required") or [],
        quorum=1,
    )
    del values["first_due_on"]
    values |= {"content": content, "content_number": 1}


async def _write_requirements(store: Store, drafts: Sequence[Placed], _: Workplace) -> None:
    await create_requirements(
        store,
        [ComplianceRequirementFields.model_construct(**draft.values) for draft in drafts],
        ids=[draft.row_id for draft in drafts],
    )


REQUIREMENTS = OriginalMap(
    name="complianceRequirements",
    row=ComplianceRequirement,
    fields=(
        FieldRule("requirementId", "code", coded(r"^\S+$", 120), is_required=True),
        FieldRule("program", "program", choice(Program), is_required=True),
        FieldRule("name", "name", text(200), is_required=True),
        FieldRule("description", "description", text(4000, lines=True), is_required=True),
        FieldRule("category", "category", text(80), is_required=True),
        FieldRule("mandatory", "is_mandatory", flag, default=True),
        FieldRule("frequency", "frequency", choice(Frequency), is_required=True),
        FieldRule("nextDueDate", "first_due_on", day),
        FieldRule("responsible", "responsible", text(200)),
        FieldRule("evidenceRequired", "evidence_required", texts(200, _MOST_EVIDENCE)),
    ),
    natural_key="code",
    complete=_complete_requirement,
    known=frozenset({"status", "createdAt", "updatedAt", "companyId"}),
    write=_write_requirements,
)


def _complete_attestation(draft: Draft) -> None:
    values = draft.values
    state = values.pop("state")
    if state not in _STATES:
        raise Unusable("is no state that is known", f"use {', '.join(_STATES)}", "/status")
    begins, ends = values.pop("valid_from"), values["expires_on"]
    who, how, notes = values.pop("who"), values.pop("how"), values.pop("notes")
    if begins is not None and ends is not None and begins > ends:
        raise Unusable("lies after its end", "correct one of the days", "/validFrom")
    if ends is not None and ends < values["effective_on"]:
        raise Unusable("lies before the attestation", "correct one of the days", "/validUntil")
    until = "with no end" if ends is None else f"until {ends}"
    fact = (
        f"{who} attested this in another system on {values['effective_on']} ({how}), valid from"
        f" {begins or values['effective_on']} {until}; it was {state} there."
    )
    values["fact"] = fact if notes is None else f"{fact} {notes}"
    values["title"] = f"Attestation of {values['effective_on']} in another system"[:_LONGEST_TITLE]
    values["period_from"] = begins if ends is not None else None
    values["period_to"] = ends if begins is not None else None


async def _write_attestations(store: Store, drafts: Sequence[Placed], _: Workplace) -> None:
    made, links, ids = [], [], []
    for draft in drafts:
        values = dict(draft.values)
        requirement_id = values.pop("requirement_id")
        ids.append(draft.row_id)
        made.append(
            ComplianceEvidenceFields.model_construct(
                series_id=draft.row_id,
                number=1,
                kind=EvidenceKind.SYSTEM_FACT,
                content_hash=hashlib.sha256(values["fact"].encode()).digest(),
                **values,
            )
        )
        links.append(
            EvidenceLinkFields.model_construct(
                requirement_id=requirement_id, series_id=draft.row_id
            )
        )
    await store.compliance_evidence.create_many(made, ids=ids)
    await store.evidence_links.create_many(links)


ATTESTATIONS = OriginalMap(
    name="attestations",
    row=ComplianceEvidence,
    after=("complianceRequirements",),
    fields=(
        FieldRule("requirementId", "requirement_id", _REQUIREMENT, is_required=True),
        FieldRule("attestationType", "how", text(80), is_required=True),
        FieldRule("attestedBy", "who", text(200), is_required=True),
        FieldRule("attestationDate", "effective_on", day, is_required=True),
        FieldRule("status", "state", text(40), default="attested"),
        FieldRule("notes", "notes", text(3000, lines=True)),
        FieldRule("validFrom", "valid_from", day),
        FieldRule("validUntil", "expires_on", day),
    ),
    complete=_complete_attestation,
    known=frozenset({"evidence", "createdAt", "updatedAt", "companyId"}),
    write=_write_attestations,
)
