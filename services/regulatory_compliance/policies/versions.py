"""Versions of a policy: drafted, changed while they are drafts, and read for good.

Every text is a row that nobody can change. A draft names its latest one.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, model_validator

from services.approvals.involvement import worked
from services.company_calendar import company_today
from services.inputs import SEVERAL_LINES, Input, Reason, left_out
from services.refusals import Fault, IllegalTransition, InvalidInput, Refusal
from services.regulatory_compliance.evidence import Day
from services.regulatory_compliance.policies.keeping import kept
from services.regulatory_compliance.policies.standing import label_of, next_label, status_of
from storage.errors import VersionConflict
from storage.filters import ByPolicy, PolicyVersionFilter
from storage.interface import Store
from storage.tables.policies import (
    MOST_CHARACTERS,
    PolicyApproval,
    PolicyText,
    PolicyTextFields,
    PolicyVersion,
    PolicyVersionFields,
)
from storage.vocabulary.policies import PolicyChange, PolicyStage, PolicyVersionStatus

ENTITY = "policy_versions"

PolicyContent = Annotated[
    str, Field(min_length=1, max_length=MOST_CHARACTERS, pattern=SEVERAL_LINES)
]

_EXAMPLE: JsonValue = {
    "change": "major",
    "content": "# Sanctions\n\nWhoever breaks a rule is told so.",
    "effective_on": "2026-07-01",
    "summary": "Says who is told.",
}
_CHANGED: JsonValue = {"content": "# Sanctions\n\nWhoever breaks a rule is told so in writing."}


class NewPolicyVersion(Input):
    """What the policy is to say: a text (Markdown stays as it is), or a file of the store.

    The first version is 1.0. A major change is acknowledged anew, a minor one is not.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    change: PolicyChange
    content: PolicyContent | None = None
    file_id: UUID | None = None
    effective_on: Day
    summary: Reason | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.content is None) == (self.file_id is None):
            raise ValueError("is one of content and file_id")
        return self


class PolicyVersionChanges(Input):
    """What to change about a draft; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CHANGED]})

    change: PolicyChange = left_out()
    content: PolicyContent = left_out()
    file_id: UUID = left_out()
    effective_on: Day = left_out()
    summary: Reason | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if {"content", "file_id"} <= self.model_fields_set:
            raise ValueError("is one of content and file_id")
        return self


@dataclass(frozen=True)
class VersionDetail:
    """A version, where it stands today, what it says, and its approval if it has one."""

    version: PolicyVersion
    status: PolicyVersionStatus
    text: PolicyText
    approval: PolicyApproval | None


@dataclass(frozen=True)
class ListedVersion:
    """A version and where it stands today."""

    version: PolicyVersion
    status: PolicyVersionStatus


@dataclass
class DraftThere(Refusal):
    """One version of a policy is written at a time."""

    title: ClassVar[str] = "Another version of the policy is not approved yet"
    policy_version_id: UUID


async def draft_version(store: Store, policy_id: UUID, new: NewPolicyVersion) -> PolicyVersion:
    """Begin the next version. Only one at a time is not approved yet.

    Raises RowNotFound, PolicyArchived, DraftThere, InvalidInput.
    """
    await kept(store, policy_id)
    last = await _last_approved(store, policy_id)
    require_later(last, new.effective_on)
    major, minor = next_label(None if last is None else label_of(last), new.change)
    for each in await store.policy_versions.all(PolicyVersionFilter(policy_id=policy_id)):
        if each.stage is not PolicyStage.APPROVED:
            raise DraftThere(each.id)
    text = await _write(store, policy_id, new.content, new.file_id)
    return await store.policy_versions.create(
        PolicyVersionFields(
            policy_id=policy_id,
            major=major,
            minor=minor,
            text_id=text.id,
            content_hash=text.content_hash,
            effective_on=new.effective_on,
            summary=new.summary,
        )
    )


async def change_version(
    store: Store,
    policy_version_id: UUID,
    changes: PolicyVersionChanges,
    *,
    expected_version: int,
) -> PolicyVersion:
    """Change a draft; what it said before stays among its policy's texts.

    Raises RowNotFound, VersionConflict, IllegalTransition, PolicyArchived, DecidedBefore,
    InvalidInput.
    """
    version = await held_draft(store, policy_version_id, PolicyStage.DRAFT, expected_version)
    last = await _last_approved(store, version.policy_id)
    given = changes.given()
    require_later(last, changes.effective_on if "effective_on" in given else version.effective_on)
    if "change" in given:
        label = next_label(None if last is None else label_of(last), changes.change)
        given["major"], given["minor"] = label
        del given["change"]
    if "content" in given or "file_id" in given:
        content, file_id = given.pop("content", None), given.pop("file_id", None)
        assert content is None or isinstance(content, str)
        assert file_id is None or isinstance(file_id, UUID)
        text = await _write(store, version.policy_id, content, file_id)
        given |= {"text_id": text.id, "content_hash": text.content_hash}
    return await store.policy_versions.update(
        policy_version_id, given, expected_version=expected_version
    )


async def discard_version(store: Store, policy_version_id: UUID, *, expected_version: int) -> None:
    """Give a draft up; the trail keeps that there was one.

    Raises RowNotFound, VersionConflict, IllegalTransition, PolicyArchived, DecidedBefore.
    """
    await held_draft(store, policy_version_id, PolicyStage.DRAFT, expected_version)
    await store.policy_versions.delete(policy_version_id, expected_version=expected_version)


async def get_version(store: Store, policy_version_id: UUID) -> VersionDetail:
    """One version, with all of it. Raises RowNotFound."""
    version = await store.policy_versions.get(policy_version_id)
    policy = await store.policies.get(version.policy_id)
    approvals = await store.policy_approvals.all(ByPolicy(policy_id=policy.id))
    text = await store.policy_texts.get(version.text_id)
    return VersionDetail(
        version,
        status_of(
            version.stage,
            label_of_row(version),
            approvals,
            archived_on=policy.archived_on,
            on=await company_today(store),
        ),
        text,
        next((each for each in approvals if each.policy_version_id == version.id), None),
    )


async def versions_of(store: Store, policy_id: UUID) -> Sequence[ListedVersion]:
    """Every version with where it stands today, oldest first. Raises RowNotFound."""
    policy = await store.policies.get(policy_id)
    approvals = await store.policy_approvals.all(ByPolicy(policy_id=policy_id))
    versions = await store.policy_versions.all(PolicyVersionFilter(policy_id=policy_id))
    today = await company_today(store)
    return [
        ListedVersion(
            each,
            status_of(
                each.stage,
                label_of_row(each),
                approvals,
                archived_on=policy.archived_on,
                on=today,
            ),
        )
        for each in sorted(versions, key=label_of_row)
    ]


async def held_draft(
    store: Store, policy_version_id: UUID, stage: PolicyStage, expected_version: int
) -> PolicyVersion:
    """A draft that somebody works on, held with its policy.

    Raises RowNotFound, VersionConflict, IllegalTransition, PolicyArchived, DecidedBefore.
    """
    found = await store.policy_versions.get(policy_version_id)
    await kept(store, found.policy_id)
    version = await store.policy_versions.lock(policy_version_id)
    if version.stage is not PolicyStage.DRAFT:
        raise IllegalTransition("policy version", version.stage, stage, _LEGAL[version.stage])
    if version.version != expected_version:
        raise VersionConflict(ENTITY)
    await worked(store, ENTITY, policy_version_id)
    return version


_LEGAL: dict[PolicyStage, list[str]] = {
    PolicyStage.DRAFT: [PolicyStage.DRAFT, PolicyStage.UNDER_REVIEW],
    PolicyStage.UNDER_REVIEW: [PolicyStage.APPROVED, PolicyStage.DRAFT],
    PolicyStage.APPROVED: [],
}
"""What a version can become; approved it is for good."""


def label_of_row(version: PolicyVersion) -> tuple[int, int]:
    """Its number, by which versions are in order."""
    return version.major, version.minor


def require_later(last: PolicyApproval | None, effective_on: dt.date) -> None:
    """Raises InvalidInput for a version that would take effect before the one that it follows."""
    if last is not None and effective_on < last.effective_on:
        fault = f"lies before {last.effective_on}, when version {last.major}.{last.minor} is"
        raise InvalidInput([Fault("/effective_on", fault)])


async def _last_approved(store: Store, policy_id: UUID) -> PolicyApproval | None:
    approvals = await store.policy_approvals.all(ByPolicy(policy_id=policy_id))
    return max(approvals, key=label_of, default=None)


async def _write(
    store: Store, policy_id: UUID, content: str | None, file_id: UUID | None
) -> PolicyText:
    if file_id is not None:
        found = await store.stored_files.get_many([file_id])
        if not found or found[0].deleted_at is not None:
            raise InvalidInput([Fault("/file_id", "names no file that is kept")])
        digest = found[0].sha256
    else:
        assert content is not None
        digest = hashlib.sha256(content.encode()).digest()
    fields = PolicyTextFields(
        policy_id=policy_id, content=content, file_id=file_id, content_hash=digest
    )
    return await store.policy_texts.create(fields)
