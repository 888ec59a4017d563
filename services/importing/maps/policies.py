"""``policyDocuments``: policies with their text as a draft.

The original let whoever wrote a policy name who had approved it, and called it approved from the
start. Nobody approved it here: its text comes over as a draft of the version that it was, and who
is said to have approved it as evidence. Somebody approves it here, or somebody writes the next.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.importing.conversions import Unusable, choice, day, text, texts
from services.importing.declaration import (
    Draft,
    FieldRule,
    OriginalMap,
    Placed,
    Renumbering,
    Workplace,
)
from services.importing.maps.following import follows
from services.importing.maps.foreign import (
    Statement,
    keep_statements,
    note_missing_requirements,
    requirements_of,
    want_requirement,
)
from services.importing.maps.people import PERSON
from storage.identifiers import new_id
from storage.interface import Store
from storage.tables.policies import (
    MOST_CHARACTERS,
    Policy,
    PolicyFields,
    PolicyRequirementFields,
    PolicyTextFields,
    PolicyVersion,
    PolicyVersionFields,
)
from storage.vocabulary.compliance import Program
from storage.vocabulary.policies import PolicyAudience

_STATES = ("draft", "under_review", "approved", "archived")
_LABEL = re.compile(r"v?(\d{1,4})(?:\.(\d{1,4}))?")
_MOST_REQUIREMENTS = 200
_FEWEST_MONTHS, _USUAL_MONTHS, _MOST_MONTHS = 1, 12, 60
_ACKNOWLEDGE_DAYS = 30
_LONGEST_NUMBER = 20
_ARCHIVED = "It was archived in the system that it came from."
_CHANGEABLE = frozenset({"title", "category", "program"})


def _complete(draft: Draft) -> None:
    values = draft.values
    state = values.pop("state")
    if state not in _STATES:
        raise Unusable("is no state that is known", f"use {', '.join(_STATES)}", "/status")
    label = _LABEL.fullmatch(values.pop("label"))
    if label is None or int(label[1]) < 1:
        raise Unusable("is no version", "write it as 1.0 or above", "/version")
    changed_on, approver = values.pop("changed_on"), values.pop("approver")
    reviewed_on, next_on = values.pop("reviewed_on"), values.pop("next_on")
    effective_on = values.pop("effective_on")
    draft.parts.append(
        {
            "major": int(label[1]),
            "minor": int(label[2] or 0),
            "content": values.pop("content"),
            "effective_on": effective_on,
        }
    )
    values["text"] = (label[0], draft.parts[0]["content"])
    values["review_months"] = _review_months(draft, effective_on, next_on)
    is_archived = state == "archived"
    values["archived_on"] = (changed_on or effective_on) if is_archived else None
    values["archive_reason"] = _ARCHIVED if is_archived else None
    for place, name in enumerate(values.pop("requirements") or []):
        want_requirement(draft, name, f"/relatedRequirements/{place}")
    values["said"] = None
    if state == "approved":
        values["said"] = (
            f"{approver or 'Somebody whom it does not name'} approved version {label[0]} of"
            f" {values['number']} in another system"
            f" {'' if reviewed_on is None else f'on {reviewed_on} '}(in effect from"
            f" {effective_on}{'' if next_on is None else f', to be reviewed on {next_on}'})."
            " Nobody has approved it here."
        )


def _review_months(draft: Draft, effective_on: dt.date, next_on: dt.date | None) -> int:
    if next_on is None:
        return _USUAL_MONTHS
    if next_on <= effective_on:
        raise Unusable("lies not after the effective date", "correct it", "/nextReviewDate")
    months = (next_on.year - effective_on.year) * 12 + next_on.month - effective_on.month
    bounded = min(max(months, _FEWEST_MONTHS), _MOST_MONTHS)
    if bounded != months:
        draft.notes.append(f"/nextReviewDate: {months} months on is every {bounded} months here")
    return bounded


async def _write(store: Store, drafts: Sequence[Placed], _: Workplace) -> None:
    policies, texts_made, versions, links = [], [], [], []
    text_ids: list[UUID] = []
    statements = []
    ids = [draft.row_id for draft in drafts]
    for policy_id, draft in zip(ids, drafts, strict=True):
        values, (version,) = dict(draft.values), draft.parts
        said, requirement_ids = values.pop("said"), requirements_of(values)
        del values["text"]
        policies.append(
            PolicyFields.model_construct(
                acknowledge_days=_ACKNOWLEDGE_DAYS, audience=PolicyAudience.EVERYBODY, **values
            )
        )
        digest = hashlib.sha256(version["content"].encode()).digest()
        text_ids.append(new_id())
        texts_made.append(
            PolicyTextFields.model_construct(
                policy_id=policy_id, content=version["content"], content_hash=digest
            )
        )
        versions.append(_version(policy_id, text_ids[-1], digest, version))
        links += [
            PolicyRequirementFields.model_construct(policy_id=policy_id, requirement_id=each)
            for each in requirement_ids
        ]
        if said is not None:
            statements.append(
                Statement(
                    f"Approval of {values['number']} in another system",
                    f"{said} SHA-256 of the text: {digest.hex()}.",
                    version["effective_on"],
                    requirement_ids,
                )
            )
    await store.policies.create_many(policies, ids=ids)
    await store.policy_texts.create_many(texts_made, ids=text_ids)
    await store.policy_versions.create_many(versions)
    await store.policy_requirements.create_many(links)
    await keep_statements(store, statements)


def _version(
    policy_id: UUID, text_id: UUID, digest: bytes, version: dict[str, Any]
) -> PolicyVersionFields:
    return PolicyVersionFields.model_construct(
        policy_id=policy_id,
        major=version["major"],
        minor=version["minor"],
        text_id=text_id,
        content_hash=digest,
        effective_on=version["effective_on"],
        summary="As it came from another system.",
    )


POLICIES = OriginalMap(
    name="policyDocuments",
    row=Policy,
    after=("users", "complianceRequirements"),
    fields=(
        FieldRule("policyNumber", "number", text(_LONGEST_NUMBER), is_required=True),
        FieldRule("title", "title", text(200), is_required=True),
        FieldRule("category", "category", text(80), is_required=True),
        FieldRule("program", "program", choice(Program)),
        FieldRule("version", "label", text(20), is_required=True),
        FieldRule("effectiveDate", "effective_on", day, is_required=True),
        FieldRule("reviewDate", "reviewed_on", day),
        FieldRule("nextReviewDate", "next_on", day),
        FieldRule("owner", "owner_person_id", PERSON, is_required=True),
        FieldRule("approvedBy", "approver", text(200)),
        FieldRule("status", "state", text(40), default="draft"),
        FieldRule("content", "content", text(MOST_CHARACTERS, lines=True), is_required=True),
        FieldRule("relatedRequirements", "requirements", texts(120, _MOST_REQUIREMENTS)),
        FieldRule("updatedAt", "changed_on", day),
    ),
    natural_key="number",
    twin_columns=("title", "text"),
    complete=_complete,
    judge=note_missing_requirements,
    changeable=_CHANGEABLE,
    known=frozenset({"createdAt", "companyId"}),
    write=_write,
    update=follows(Policy),
    parts=((PolicyVersion, "policy_id"),),
    renumbering=Renumbering(_LONGEST_NUMBER),
)
