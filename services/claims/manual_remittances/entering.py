"""Remittances on paper: typed and corrected as drafts, handed in once, reversed as a whole.

Handing in makes an 835 of it and receives that; from there on it is a remittance like any other:
its duplicates are recognised, its claims matched and posted, what cannot be posted waits in the
queue of exceptions. A reversal is the same file with every claim taken back.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.claims.deposits.offsetting import offset_sources
from services.claims.drafts import CalendarDay
from services.claims.manual_remittances.differences import Difference, differences_of
from services.claims.manual_remittances.remittance_file import (
    PaperPayment,
    payment_of,
    rendered,
    reversed_payment,
)
from services.claims.remittances.receiving import ReceivedFile, new_file, receive_and_enqueue
from services.claims.remittances.remittance_scan import scan
from services.company_calendar import company_today
from services.files.keeping import write_now
from services.inputs import Input, left_out
from services.refusals import Category, Fault, IllegalTransition, InvalidInput, Refusal
from storage.errors import DuplicateValue, RowNotFound, VersionConflict
from storage.files import FileVault
from storage.filters import ManualRemittanceFilter, RemittanceTransactionFilter
from storage.interface import Page, Store
from storage.tables.manual_remittances import (
    MOST_CENTS,
    ManualRemittance,
    ManualRemittanceFields,
    Number,
    TypedContent,
)
from storage.tables.remittances import Remittance, RemittanceTransaction
from storage.vocabulary.claims import TransactionStatus
from storage.vocabulary.money import CashKind, ManualRemittanceStatus

ENTITY = "manual_remittances"
_TRANSITIONS = {
    ManualRemittanceStatus.DRAFT: frozenset(
        {ManualRemittanceStatus.HANDED_IN, ManualRemittanceStatus.DISCARDED}
    ),
    ManualRemittanceStatus.HANDED_IN: frozenset({ManualRemittanceStatus.REVERSED}),
}

Payment = Annotated[int, Field(ge=0, le=MOST_CENTS, examples=[8000])]


class NewManualRemittance(Input):
    """What a paper says: who paid, by which check (or other number), when, how much, and for what.
    ``corrects_id`` names a reversed one whose place it takes."""

    payer_id: UUID
    check_number: Annotated[Number, Field(examples=["0012345"])]
    payment_date: Annotated[CalendarDay, Field(examples=["2026-03-02"])]
    payment_cents: Payment
    content: TypedContent
    corrects_id: Annotated[UUID | None, Field(examples=[None])] = None


class ManualRemittanceChanges(Input):
    """What to correct of a draft; what is left out stays."""

    payer_id: UUID = left_out()
    check_number: Annotated[Number, Field(examples=["0012345"])] = left_out()
    payment_date: Annotated[CalendarDay, Field(examples=["2026-03-02"])] = left_out()
    payment_cents: Payment = left_out()
    content: TypedContent = left_out()


class HandingIn(Input):
    """Whether claims that do not add up go in as they are printed, into the queue of exceptions,
    where it takes two people to post them. The payment as a whole has to add up."""

    is_as_printed: bool = False


@dataclass
class DoesNotAddUp(Refusal):
    """What was typed does not add up; where, and by how much."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "The remittance does not add up"
    differences: list[Difference]


@dataclass
class NotPosted(Refusal):
    """What it became was not posted, so there is nothing to reverse."""

    title: ClassVar[str] = "It was not posted; dismiss its remittance transaction instead"
    transaction_id: UUID
    status: TransactionStatus


@dataclass(frozen=True)
class EnteredRemittance:
    """A remittance on paper, and what does not add up in it."""

    remittance: ManualRemittance
    differences: list[Difference]


async def enter(store: Store, new: NewManualRemittance) -> EnteredRemittance:
    """Keep a draft. Raises InvalidInput."""
    await _check(store, new.payer_id, new.payment_date)
    await _check_corrected(store, new.corrects_id)
    number = await store.numbers.take("manual_remittance")
    try:
        draft = await store.manual_remittances.create(
            ManualRemittanceFields(entry_number=f"PAPER-{number:06}", **dict(new))
        )
    except DuplicateValue:
        raise InvalidInput([Fault("/corrects_id", "has been corrected already")]) from None
    return await _with_differences(store, draft)


async def correct(
    store: Store, remittance_id: UUID, changes: ManualRemittanceChanges, *, expected_version: int
) -> EnteredRemittance:
    """Change a draft. Raises RowNotFound, VersionConflict, IllegalTransition, InvalidInput."""
    draft = await _held_for(
        store, remittance_id, ManualRemittanceStatus.HANDED_IN, expected_version
    )
    given = changes.given()
    await _check(
        store, changes.payer_id or draft.payer_id, changes.payment_date or draft.payment_date
    )
    changed = await store.manual_remittances.update(
        remittance_id, given, expected_version=draft.version
    )
    return await _with_differences(store, changed)


async def discard(
    store: Store, remittance_id: UUID, reason: str, *, expected_version: int
) -> EnteredRemittance:
    """Never hand it in. Raises RowNotFound, VersionConflict, IllegalTransition."""
    draft = await _held_for(
        store, remittance_id, ManualRemittanceStatus.DISCARDED, expected_version
    )
    discarded = await store.manual_remittances.update(
        remittance_id,
        {"status": ManualRemittanceStatus.DISCARDED, "closing_note": reason},
        expected_version=draft.version,
    )
    return await _with_differences(store, discarded)


async def hand_in(
    store: Store,
    vault: FileVault,
    remittance_id: UUID,
    handing_in: HandingIn,
    *,
    expected_version: int,
) -> EnteredRemittance:
    """Make an 835 of it and receive that; a durable job posts it should nobody do so before.

    Raises RowNotFound, VersionConflict, IllegalTransition, DoesNotAddUp, FileStoreFull.
    """
    draft = await _held_for(
        store, remittance_id, ManualRemittanceStatus.HANDED_IN, expected_version
    )
    paid = await _payment(store, draft)
    content = rendered(paid, store.now)
    differences = differences_of(content)
    if handing_in.is_as_printed:
        differences = [each for each in differences if each.pointer == "/payment_cents"]
    if differences:
        raise DoesNotAddUp(differences)
    received = await _received(store, vault, f"{draft.entry_number}.835", content)
    handed_in = await store.manual_remittances.update(
        remittance_id,
        {"status": ManualRemittanceStatus.HANDED_IN, "remittance_id": received.id},
        expected_version=draft.version,
    )
    return await _with_differences(store, handed_in)


async def reverse(
    store: Store, vault: FileVault, remittance_id: UUID, reason: str, *, expected_version: int
) -> EnteredRemittance:
    """Take back all that it was posted as, by contra entries.

    Raises RowNotFound, VersionConflict, IllegalTransition, NotPosted, FileStoreFull.
    """
    posted = await _held_for(
        store, remittance_id, ManualRemittanceStatus.REVERSED, expected_version
    )
    transaction = await _transaction_of(store, posted.remittance_id)
    if transaction.status is not TransactionStatus.POSTED:
        raise NotPosted(transaction.id, transaction.status)
    paid = await _payment(store, posted)
    number = await store.numbers.take("manual_interchange")
    back = reversed_payment(paid, await company_today(store), number)
    content = rendered(back, store.now)
    received = await _received(store, vault, f"{posted.entry_number}-reversed.835", content)
    reversed_one = await store.manual_remittances.update(
        remittance_id,
        {
            "status": ManualRemittanceStatus.REVERSED,
            "reversal_id": received.id,
            "closing_note": reason,
        },
        expected_version=posted.version,
    )
    return await _with_differences(store, reversed_one)


async def settle_reversal(store: Store, remittance_id: UUID) -> None:
    """Once a reversal is posted: neither it nor its original is expected at the bank any more,
    where the bank has shown neither. May run any number of times."""
    found = await store.manual_remittances.get(remittance_id)
    original = await _transaction_of(store, found.remittance_id)
    back = await _transaction_of(store, found.reversal_id)
    await offset_sources(store, CashKind.REMITTANCE, [original.id, back.id])


async def get_entered(store: Store, remittance_id: UUID) -> EnteredRemittance:
    """Raises RowNotFound."""
    return await _with_differences(store, await store.manual_remittances.get(remittance_id))


async def list_entered(
    store: Store, conditions: ManualRemittanceFilter, *, limit: int, after: UUID | None
) -> Page[ManualRemittance]:
    """Remittances on paper, newest first."""
    return await store.manual_remittances.list(conditions, limit=limit, after=after)


async def _check(store: Store, payer_id: UUID, payment_date: dt.date) -> None:
    """Raises InvalidInput with every fault."""
    faults = []
    try:
        await store.payers.get(payer_id)
    except RowNotFound:
        faults.append(Fault("/payer_id", "names no payer"))
    if payment_date > await company_today(store):
        faults.append(Fault("/payment_date", "lies in the future"))
    if faults:
        raise InvalidInput(faults)


async def _check_corrected(store: Store, corrects_id: UUID | None) -> None:
    """Raises InvalidInput."""
    if corrects_id is None:
        return
    try:
        corrected = await store.manual_remittances.get(corrects_id)
    except RowNotFound:
        raise InvalidInput([Fault("/corrects_id", "names no remittance on paper")]) from None
    if corrected.status is not ManualRemittanceStatus.REVERSED:
        raise InvalidInput([Fault("/corrects_id", "was not reversed")])


async def _held_for(
    store: Store, remittance_id: UUID, wanted: ManualRemittanceStatus, expected_version: int
) -> ManualRemittance:
    found = await store.manual_remittances.lock(remittance_id)
    if found.version != expected_version:
        raise VersionConflict(ENTITY)
    legal = _TRANSITIONS.get(found.status, frozenset())
    if wanted not in legal:
        raise IllegalTransition("remittance on paper", found.status, wanted, sorted(legal))
    return found


async def _payment(store: Store, entered: ManualRemittance) -> PaperPayment:
    payer = await store.payers.get(entered.payer_id)
    number = await store.numbers.take("manual_interchange")
    return payment_of(entered, payer, number)


async def _received(store: Store, vault: FileVault, name: str, content: bytes) -> Remittance:
    file = await write_now(store, vault, new_file(name), content)
    remittance, _ = await receive_and_enqueue(store, ReceivedFile(file, scan([content])))
    return remittance


async def _transaction_of(store: Store, remittance_id: UUID | None) -> RemittanceTransaction:
    """The one transaction that a file of ours holds."""
    assert remittance_id is not None
    (found,) = await store.remittance_transactions.all(
        RemittanceTransactionFilter(remittance_id=remittance_id)
    )
    return found


async def _with_differences(store: Store, entered: ManualRemittance) -> EnteredRemittance:
    payer = await store.payers.get(entered.payer_id)
    return EnteredRemittance(
        entered, differences_of(rendered(payment_of(entered, payer, 0), store.now))
    )
