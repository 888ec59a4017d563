"""When a company wants a second person: its thresholds, by kind of step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from services.approvals.steps import Step, Steps, Threshold
from services.inputs import Input
from services.refusals import Fault, InvalidInput, Refusal
from storage.errors import VersionConflict
from storage.filters import ApprovalThresholdFilter, PersonFilter
from storage.interface import Store
from storage.tables.approvals import ApprovalThreshold, ApprovalThresholdFields
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule
from storage.vocabulary.identity import Role

MOST_CENTS = 10**15


@dataclass
class ThresholdFixed(Refusal):
    """The step takes a second person always; only how many can be changed."""

    title: ClassVar[str] = "This step always takes a second person"
    kind: ApprovalKind


class NewThreshold(Input):
    """When a kind of step takes a second person. ``amount_cents`` goes with ``from_amount``: a
    second person is needed at that amount and above."""

    kind: Annotated[ApprovalKind, Field(examples=["remittance_return"])]
    rule: Annotated[ThresholdRule, Field(examples=["from_amount"])]
    amount_cents: Annotated[
        Annotated[int, Field(ge=1, le=MOST_CENTS)] | None, Field(examples=[250_000])
    ] = None
    quorum: Annotated[int, Field(ge=1, le=5)] = 1


@dataclass(frozen=True)
class KindOfStep:
    """A kind of step and the threshold that holds; version 0 while it is the kind's default."""

    kind: ApprovalKind
    title: str
    asking_scope: str
    deciding_scope: str
    is_fixed: bool
    rule: ThresholdRule
    amount_cents: int | None
    quorum: int
    version: int


def needs_second_person(
    threshold: Threshold, *, amount_cents: int | None, other_administrators: int
) -> bool:
    """Whether a step takes a second person.

    An amount counts by its size, whichever way it moves; a step whose amount is not known takes a
    second person wherever an amount decides.
    """
    match threshold.rule:
        case ThresholdRule.NEVER:
            return False
        case ThresholdRule.ALWAYS:
            return True
        case ThresholdRule.WHEN_POSSIBLE:
            return other_administrators >= threshold.quorum
        case ThresholdRule.FROM_AMOUNT:
            least = threshold.amount_cents or 0
            return amount_cents is None or abs(amount_cents) >= least


async def threshold_of(store: Store, step: Step) -> Threshold:
    """The company's threshold for a step."""
    found = await store.approval_thresholds.all(ApprovalThresholdFilter(kind=step.kind))
    if not found:
        return step.default
    return Threshold(found[0].rule, found[0].amount_cents, found[0].quorum)


async def second_person_needed(store: Store, step: Step, *, amount_cents: int | None) -> bool:
    """Whether the step takes a second person in this company, for whoever acts."""
    threshold = await threshold_of(store, step)
    administrators = 0
    if threshold.rule is ThresholdRule.WHEN_POSSIBLE:
        enabled = await store.people.all(PersonFilter(role=Role.ADMINISTRATOR, is_enabled=True))
        administrators = sum(each.id != store.actor.principal_id for each in enabled)
    return needs_second_person(
        threshold, amount_cents=amount_cents, other_administrators=administrators
    )


async def list_kinds(store: Store, steps: Steps) -> Sequence[KindOfStep]:
    """Every kind of step and when it takes a second person in this company."""
    found = {each.kind: each for each in await store.approval_thresholds.all(EVERY_THRESHOLD)}
    return [_described(step, found.get(step.kind)) for step in steps.values()]


async def change_threshold(
    store: Store, steps: Steps, new: NewThreshold, *, expected_version: int
) -> KindOfStep:
    """Say when a kind of step takes a second person, for what is done from then on.

    ``expected_version`` is 0 where the company has never said so. Raises InvalidInput,
    ThresholdFixed, VersionConflict.
    """
    step = steps[new.kind]
    if (new.rule is ThresholdRule.FROM_AMOUNT) != (new.amount_cents is not None):
        raise InvalidInput([Fault("/amount_cents", "is given with the rule from_amount, and only")])
    if step.is_fixed and new.rule is not step.default.rule:
        raise ThresholdFixed(step.kind)
    await store.wait_for_lock(f"threshold/{step.kind}")
    found = await store.approval_thresholds.all(ApprovalThresholdFilter(kind=step.kind))
    if not found:
        if expected_version != 0:
            raise VersionConflict("approval_thresholds")
        fields = ApprovalThresholdFields(**dict(new))
        return _described(step, await store.approval_thresholds.create(fields))
    changed = await store.approval_thresholds.update(
        found[0].id,
        {"rule": new.rule, "amount_cents": new.amount_cents, "quorum": new.quorum},
        expected_version=expected_version,
    )
    return _described(step, changed)


EVERY_THRESHOLD = ApprovalThresholdFilter()


def _described(step: Step, threshold: ApprovalThreshold | None) -> KindOfStep:
    holds = threshold or step.default
    return KindOfStep(
        step.kind,
        step.title,
        step.asking_scope,
        step.deciding_scope,
        step.is_fixed,
        holds.rule,
        holds.amount_cents,
        holds.quorum,
        0 if threshold is None else threshold.version,
    )
