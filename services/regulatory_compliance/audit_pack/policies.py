"""The policies of an audit pack: every version with its text, who approved and who has read it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

from sqlmodel import SQLModel

from services.regulatory_compliance.audit_pack.documents import document, plain
from services.regulatory_compliance.audit_pack.files import PackedFile, packed_files
from storage.filters import (
    ByPolicy,
    PolicyAcknowledgementFilter,
    PolicyFilter,
    PolicyVersionFilter,
)
from storage.interface import Store
from storage.tables.policies import Policy, PolicyText
from storage.vocabulary.compliance import Program


class _OfPolicy(Protocol):
    @property
    def policy_id(self) -> UUID: ...


Part = TypeVar("Part", bound=_OfPolicy)


async def policy_documents(
    store: Store, program: Program, requirement_ids: Collection[UUID]
) -> tuple[list[tuple[str, bytes]], list[PackedFile]]:
    """A document for each policy of a program or about its requirements, and the files that are
    their texts, in a constant number of statements."""
    links = await store.policy_requirements.all(ByPolicy())
    linked = {each.policy_id for each in links if each.requirement_id in requirement_ids}
    policies = [
        each
        for each in await store.policies.all(PolicyFilter())
        if each.program is program or each.id in linked
    ]
    if not policies:
        return [], []
    asked = ByPolicy(policy_ids=[each.id for each in policies])
    texts = await store.policy_texts.all(asked)
    files = await packed_files(
        store, {each.id: each.file_id for each in texts if each.file_id is not None}, "policies"
    )
    parts: dict[str, Mapping[UUID, Sequence[SQLModel]]] = {
        "requirements": _grouped(links),
        "versions": _grouped(
            await store.policy_versions.all(PolicyVersionFilter(policy_ids=asked.policy_ids))
        ),
        "approvals": _grouped(await store.policy_approvals.all(asked)),
        "reviews": _grouped(await store.policy_reviews.all(asked)),
        "acknowledgements": _grouped(
            await store.policy_acknowledgements.all(
                PolicyAcknowledgementFilter(policy_ids=asked.policy_ids)
            )
        ),
    }
    by_policy = _grouped(texts)
    documents = [
        (f"policies/{each.id}.json", _document(each, by_policy[each.id], parts, files))
        for each in policies
    ]
    return documents, list(files.values())


def _document(
    policy: Policy,
    texts: Sequence[PolicyText],
    parts: Mapping[str, Mapping[UUID, Sequence[SQLModel]]],
    files: Mapping[UUID, PackedFile],
) -> bytes:
    said: dict[str, object] = {
        name: [plain(each) for each in rows[policy.id]] for name, rows in parts.items()
    }
    said["policy"] = plain(policy)
    said["texts"] = [
        plain(each) | {"path": files[each.id].path if each.id in files else None} for each in texts
    ]
    return document(said)


def _grouped(rows: Iterable[Part]) -> dict[UUID, list[Part]]:
    groups: dict[UUID, list[Part]] = defaultdict(list)
    for each in rows:
        groups[each.policy_id].append(each)
    return groups
