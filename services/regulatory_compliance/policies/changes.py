"""What changed between any two versions of a policy."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.refusals import Fault, InvalidParameter, Refusal
from services.regulatory_compliance.policies.comparing import Block, compare_texts
from storage.interface import Store
from storage.tables.policies import PolicyVersion


@dataclass
class FilesNotCompared(Refusal):
    """Files are kept as they are; only texts are compared."""

    title: ClassVar[str] = "A version that is a file cannot be compared"


@dataclass(frozen=True)
class VersionChanges:
    """What changed from one version to another."""

    earlier: PolicyVersion
    later: PolicyVersion
    blocks: Sequence[Block]


async def changes_between(store: Store, later_id: UUID, earlier_id: UUID) -> VersionChanges:
    """What a version says otherwise than another of the same policy.

    Raises RowNotFound, InvalidParameter, FilesNotCompared.
    """
    later = await store.policy_versions.get(later_id)
    earlier = await store.policy_versions.get(earlier_id)
    if earlier.policy_id != later.policy_id:
        raise InvalidParameter([Fault("/compared_to_id", "is a version of another policy")])
    texts = {
        each.id: each.content
        for each in await store.policy_texts.get_many([earlier.text_id, later.text_id])
    }
    before, after = texts[earlier.text_id], texts[later.text_id]
    if before is None or after is None:
        raise FilesNotCompared
    return VersionChanges(earlier, later, await asyncio.to_thread(compare_texts, before, after))
