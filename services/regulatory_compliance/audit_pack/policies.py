"""The policies of an audit pack: every version with its text, who approved and who has read it,
and what stood beside it on the pack's day."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlmodel import SQLModel

from services.regulatory_compliance.audit_pack.documents import (
    NO_PART,
    PackPart,
    document,
    grouped,
    plain,
)
from services.regulatory_compliance.audit_pack.files import PackedFile, packed_files
from services.regulatory_compliance.past_rows import as_they_were, gone_since
from storage.filters import (
    ByPolicy,
    PolicyAcknowledgementFilter,
    PolicyFilter,
    PolicyVersionFilter,
)
from storage.interface import Store
from storage.tables.policies import Policy, PolicyText
from storage.vocabulary.compliance import Program

_BESIDE = (
    "title",
    "category",
    "program",
    "owner_person_id",
    "review_months",
    "acknowledge_days",
    "audience",
    "archived_on",
    "archive_reason",
)
"""What stands beside the text of a policy, and can change."""

_OF = "policy_id"


async def policy_documents(
    store: Store, program: Program, requirement_ids: Collection[UUID], moment: dt.datetime
) -> tuple[PackPart, list[PackedFile]]:
    """A document for each policy that is, or was then, of a program or about its requirements, and
    the files that are their texts, in a constant number of statements."""
    links = await store.policy_requirements.all(ByPolicy())
    unlinked = await gone_since(
        store, "policy_requirements", ("policy_id", "requirement_id"), moment
    )
    about: dict[UUID, set[UUID]] = defaultdict(set)
    about_then: dict[UUID, set[UUID]] = defaultdict(set)
    for link in links:
        about[link.policy_id].add(link.requirement_id)
        if link.created_at <= moment:
            about_then[link.policy_id].add(link.requirement_id)
    for gone in unlinked.values():
        about_then[UUID(gone["policy_id"])].add(UUID(gone["requirement_id"]))
    rows = await store.policies.all(PolicyFilter())
    were = {each.id: each for each in await as_they_were(store, rows, _BESIDE, moment)}
    policies = [
        each
        for each in rows
        if program in (each.program, were[each.id].program)
        or (about[each.id] | about_then[each.id]).intersection(requirement_ids)
    ]
    if not policies:
        return NO_PART, []
    asked = ByPolicy(policy_ids=[each.id for each in policies])
    texts = await store.policy_texts.all(asked)
    files = await packed_files(
        store, {each.id: each.file_id for each in texts if each.file_id is not None}, "policies"
    )
    versions = await store.policy_versions.all(PolicyVersionFilter(policy_ids=asked.policy_ids))
    parts: dict[str, Mapping[UUID, Sequence[SQLModel]]] = {
        "requirements": grouped(links, _OF),
        "versions": grouped(versions, _OF),
        "approvals": grouped(await store.policy_approvals.all(asked), _OF),
        "reviews": grouped(await store.policy_reviews.all(asked), _OF),
        "acknowledgements": grouped(
            await store.policy_acknowledgements.all(
                PolicyAcknowledgementFilter(policy_ids=asked.policy_ids)
            ),
            _OF,
        ),
    }
    by_policy = grouped(texts, _OF)
    documents = [
        (
            f"policies/{each.id}.json",
            _document(
                each,
                _then(were[each.id], about_then[each.id]) if each.created_at <= moment else None,
                by_policy[each.id],
                parts,
                files,
            ),
        )
        for each in policies
    ]
    chosen = {each.id for each in policies}
    own = [each for each in links if each.policy_id in chosen]
    gone_ids = [name for name, gone in unlinked.items() if UUID(gone["policy_id"]) in chosen]
    trail_ids = [each.id for each in (*policies, *versions, *own)]
    return PackPart(documents, [*trail_ids, *gone_ids]), list(files.values())


def _then(policy: Policy, about: Collection[UUID]) -> dict[str, object]:
    """What stood beside the text of a policy, as it was, and what it was about."""
    said: dict[str, object] = {name: getattr(policy, name) for name in _BESIDE}
    return said | {"requirement_ids": sorted(about)}


def _document(
    policy: Policy,
    then: Mapping[str, object] | None,
    texts: Sequence[PolicyText],
    parts: Mapping[str, Mapping[UUID, Sequence[SQLModel]]],
    files: Mapping[UUID, PackedFile],
) -> bytes:
    said: dict[str, object] = {
        name: [plain(each) for each in rows[policy.id]] for name, rows in parts.items()
    }
    said["policy"] = plain(policy)
    said["on_the_day"] = then
    said["texts"] = [
        plain(each) | {"path": files[each.id].path if each.id in files else None} for each in texts
    ]
    return document(said)
