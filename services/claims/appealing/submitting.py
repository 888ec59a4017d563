"""Sending an appeal, and what happens until it is answered."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from services.approvals.involvement import worked
from services.claims.appealing.awaiting import WITH_THE_PAYER, await_answer, take_up_again
from services.claims.appealing.deadlines import DEADLINES
from services.claims.appealing.drafting import ENTITY, denials_of, held
from services.claims.appealing.levels import level_of
from services.claims.appealing.lifecycle import require_move
from services.claims.drafts import CalendarDay
from services.inputs import Input, Name
from services.outbox.mailbox_files import send_file
from services.refusals import Fault, InvalidInput, Refusal
from storage.errors import RowNotFound
from storage.interface import Store
from storage.tables.appeals import ClaimAppeal
from storage.vocabulary.appeals import AppealMethod, AppealStatus
from storage.vocabulary.claims import DenialStatus


@dataclass
class DeadlinePassed(Refusal):
    """The last day has gone by: it goes out only if a second person allows it."""

    title: ClassVar[str] = "The deadline of the appeal has gone by"
    due_on: dt.date
    source: str | None

    @property
    def detail(self) -> str:
        return f"Its last day was {self.due_on}. Ask for a late submission and say why."


@dataclass
class TooLittleInDispute(Refusal):
    """The level takes a least amount in controversy."""

    title: ClassVar[str] = "Too little is in dispute for this level of appeal"
    amount_cents: int
    least_cents: int

    @property
    def detail(self) -> str:
        return "If other claims are put together with it, say so with is_aggregated."


@dataclass
class NothingLeftToAppeal(Refusal):
    """Everything that the appeal is about was decided otherwise or ended since it was drafted."""

    title: ClassVar[str] = "None of the denials that the appeal is about is open any more"
    denials: list[str]

    @property
    def detail(self) -> str:
        return "Withdraw it; what the payer denies now is a denial of its own."


class Submission(Input):
    """How an appeal goes out.

    By mailbox its packet is sent from here, now; otherwise it is on record that it was sent, by
    which way, under which reference, and on what day (today, unless one is given).
    ``is_aggregated``: other claims make up the least amount in controversy with it.
    """

    method: Annotated[AppealMethod, Field(examples=["fax"])]
    reference: Annotated[Name | None, Field(examples=["Fax confirmation 88213"])] = None
    sent_on: Annotated[CalendarDay | None, Field(examples=[None])] = None
    mailbox_id: Annotated[UUID | None, Field(examples=[None])] = None
    is_aggregated: bool = False


async def submit_appeal(
    store: Store, appeal_id: UUID, submission: Submission, *, expected_version: int
) -> ClaimAppeal:
    """Send a ready appeal, or put on record that it was sent.

    The last day counts whole, in the company's time. Raises RowNotFound, VersionConflict,
    IllegalTransition, NothingLeftToAppeal, InvalidInput, DeadlinePassed, TooLittleInDispute,
    DecidedBefore and what sending to a mailbox raises.
    """
    appeal = await held(store, appeal_id, expected_version)
    require_move(appeal, AppealStatus.SUBMITTED)
    denials = await denials_of(store, appeal_id)
    if denials and not any(each.status is DenialStatus.OPEN for each in denials):
        raise NothingLeftToAppeal([str(each.status) for each in denials])
    sent_on = await _sent_on(store, appeal, submission)
    is_late = appeal.due_on is not None and sent_on > appeal.due_on
    if is_late and appeal.late_approved_by_person_id is None:
        assert appeal.due_on is not None
        raise DeadlinePassed(appeal.due_on, appeal.due_source)
    if not submission.is_aggregated:
        await _require_enough(store, appeal, sent_on)
    await worked(store, ENTITY, appeal_id)
    reference = submission.reference
    if submission.mailbox_id is not None:
        reference = await _sent_to_mailbox(store, appeal, submission.mailbox_id)
    await await_answer(store, appeal, sent_on)
    return await store.claim_appeals.update(
        appeal_id,
        {
            "status": AppealStatus.SUBMITTED,
            "appealed_on": sent_on,
            "method": submission.method,
            "reference": reference,
            "is_aggregated": submission.is_aggregated,
        },
        expected_version=expected_version,
    )


async def confirm_receipt(store: Store, appeal_id: UUID, *, expected_version: int) -> ClaimAppeal:
    """The payer has said that it has the appeal.

    Raises RowNotFound, VersionConflict, IllegalTransition.
    """
    appeal = await held(store, appeal_id, expected_version)
    require_move(appeal, AppealStatus.PENDING)
    return await store.claim_appeals.update(
        appeal_id, {"status": AppealStatus.PENDING}, expected_version=expected_version
    )


async def withdraw_appeal(
    store: Store, appeal_id: UUID, reason: str, *, expected_version: int
) -> ClaimAppeal:
    """Pursue it no further; of what had gone out, the days of the level count again.

    Raises RowNotFound, VersionConflict, IllegalTransition.
    """
    appeal = await held(store, appeal_id, expected_version)
    require_move(appeal, AppealStatus.WITHDRAWN)
    if appeal.status in WITH_THE_PAYER:
        await take_up_again(store, appeal)
    notes = reason if appeal.notes is None else f"{appeal.notes}\n{reason}"
    return await store.claim_appeals.update(
        appeal_id,
        {"status": AppealStatus.WITHDRAWN, "notes": notes[-4000:]},
        expected_version=expected_version,
    )


async def _sent_on(store: Store, appeal: ClaimAppeal, submission: Submission) -> dt.date:
    """The company's day on which it went out: not before its packet was approved."""
    company = await store.companies.get(store.company_id)
    zone = ZoneInfo(company.time_zone)
    today = store.now.astimezone(zone).date()
    sent_on = submission.sent_on or today
    assert appeal.approved_at is not None
    faults = []
    if sent_on > today:
        faults.append(Fault("/sent_on", "lies in the future"))
    elif sent_on < appeal.approved_at.astimezone(zone).date():
        faults.append(Fault("/sent_on", "lies before the day on which the packet was approved"))
    by_mailbox = submission.method is AppealMethod.MAILBOX
    if by_mailbox != (submission.mailbox_id is not None):
        faults.append(Fault("/mailbox_id", "is given with the method mailbox, and only"))
    if by_mailbox and submission.sent_on is not None:
        faults.append(Fault("/sent_on", "is today, for what is sent from here"))
    if not by_mailbox and submission.reference is None:
        faults.append(Fault("/reference", "is needed: it is the proof that it was sent"))
    if faults:
        raise InvalidInput(faults)
    return sent_on


async def _require_enough(store: Store, appeal: ClaimAppeal, sent_on: dt.date) -> None:
    """Raises TooLittleInDispute."""
    if appeal.started_on is None:
        return
    level = await level_of(store, appeal, appeal.level, appeal.started_on)
    if level is None or level.amount is None:
        return
    least = DEADLINES.least(level.amount, sent_on)
    if least is not None and appeal.amount_cents < least.cents:
        raise TooLittleInDispute(appeal.amount_cents, least.cents)


async def _sent_to_mailbox(store: Store, appeal: ClaimAppeal, mailbox_id: UUID) -> str:
    assert appeal.packet_file_id is not None
    name = f"appeal-{appeal.id}.pdf"
    try:
        message = await send_file(store, mailbox_id, appeal.packet_file_id, name)
    except RowNotFound:
        raise InvalidInput([Fault("/mailbox_id", "names nothing that exists")]) from None
    return f"Outbox message {message.id}"
