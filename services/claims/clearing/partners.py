"""Trading partners: what stands in the envelopes of files for them, how these reach them, and
which payers' claims they take."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.inputs import Input, Name, left_out
from services.refusals import Fault, InvalidInput
from storage.errors import VersionConflict
from storage.filters import PayerRouteFilter, TradingPartnerFilter
from storage.interface import Page, Store
from storage.tables.clearing import (
    PayerRoute,
    PayerRouteFields,
    TradingPartner,
    TradingPartnerFields,
)
from storage.vocabulary.clearing import Delivery, InterchangeUsage

MOST_PAYERS = 1000


def _text(longest: int, *, shortest: int = 1) -> Any:
    """Text that X12 can hold, without blanks at its ends."""
    return Field(
        min_length=shortest,
        max_length=longest,
        pattern=r"^[!-~](?:[ -~]*[!-~])?$",
    )


Qualifier = Annotated[str, Field(pattern=r"^[0-9A-Z]{2}$", examples=["ZZ"])]
InterchangeIdentifier = Annotated[str, _text(15)]
ApplicationIdentifier = Annotated[str, _text(15, shortest=2)]
PartyName = Annotated[str, _text(60)]
PartyIdentifier = Annotated[str, _text(80, shortest=2)]
Telephone = Annotated[str, Field(pattern=r"^[0-9]{10}$", examples=["2185550134"])]
EmailAddress = Annotated[str, _text(254, shortest=3)]


class NewTradingPartner(Input):
    """A partner. Files go to its mailbox or, without one, to its drop folder.

    `sender_*`, `receiver_qualifier`, `receiver_identifier` and `application_*` stand in ISA and
    GS, `submitter_*` and the contact in 1000A, `receiver_name` and `receiver_identifier_code` in
    1000B. The contact is reached by telephone, e-mail or both.
    """

    name: Name
    delivery: Delivery = Delivery.MAILBOX
    mailbox_id: UUID | None = None
    usage: InterchangeUsage = InterchangeUsage.TEST
    sender_qualifier: Qualifier = "ZZ"
    sender_identifier: InterchangeIdentifier
    receiver_qualifier: Qualifier = "ZZ"
    receiver_identifier: InterchangeIdentifier
    application_sender: ApplicationIdentifier
    application_receiver: ApplicationIdentifier
    wants_interchange_acknowledgement: bool = False
    submitter_name: PartyName
    submitter_identifier: PartyIdentifier
    contact_name: PartyName
    contact_telephone: Telephone | None = None
    contact_email: EmailAddress | None = None
    receiver_name: PartyName
    receiver_identifier_code: PartyIdentifier


class TradingPartnerChanges(Input):
    """What to change; what is left out stays. Files that are written already stay as they are."""

    name: Name = left_out()
    delivery: Delivery = left_out()
    mailbox_id: UUID | None = None
    usage: InterchangeUsage = left_out()
    sender_qualifier: Qualifier = left_out()
    sender_identifier: InterchangeIdentifier = left_out()
    receiver_qualifier: Qualifier = left_out()
    receiver_identifier: InterchangeIdentifier = left_out()
    application_sender: ApplicationIdentifier = left_out()
    application_receiver: ApplicationIdentifier = left_out()
    wants_interchange_acknowledgement: bool = left_out()
    submitter_name: PartyName = left_out()
    submitter_identifier: PartyIdentifier = left_out()
    contact_name: PartyName = left_out()
    contact_telephone: Telephone | None = None
    contact_email: EmailAddress | None = None
    receiver_name: PartyName = left_out()
    receiver_identifier_code: PartyIdentifier = left_out()


class PartnerPayers(Input):
    """The payers whose claims go through a partner: these and no others."""

    payer_ids: Annotated[list[UUID], Field(max_length=MOST_PAYERS)]


async def create_partner(store: Store, new: NewTradingPartner) -> TradingPartner:
    """Raises InvalidInput, DuplicateValue."""
    given = new.model_dump()
    await _check(store, given)
    return await store.trading_partners.create(TradingPartnerFields(**given))


async def get_partner(store: Store, partner_id: UUID) -> TradingPartner:
    """Raises RowNotFound."""
    return await store.trading_partners.get(partner_id)


async def list_partners(
    store: Store, conditions: TradingPartnerFilter, *, limit: int, after: UUID | None
) -> Page[TradingPartner]:
    """Partners, newest first."""
    return await store.trading_partners.list(conditions, limit=limit, after=after)


async def change_partner(
    store: Store, partner_id: UUID, changes: TradingPartnerChanges, *, expected_version: int
) -> TradingPartner:
    """Raises RowNotFound, VersionConflict, InvalidInput, DuplicateValue."""
    held = await _held(store, partner_id, expected_version)
    given = changes.given()
    if not given:
        return held
    await _check(store, {**held.__dict__, **given})
    return await store.trading_partners.update(partner_id, given, expected_version=expected_version)


async def disable_partner(
    store: Store, partner_id: UUID, *, expected_version: int
) -> TradingPartner:
    """Send nothing new to it; what waits still goes. Raises RowNotFound, VersionConflict."""
    held = await _held(store, partner_id, expected_version)
    if held.disabled_at is not None:
        return held
    return await store.trading_partners.update(
        partner_id, {"disabled_at": store.now}, expected_version=expected_version
    )


async def enable_partner(
    store: Store, partner_id: UUID, *, expected_version: int
) -> TradingPartner:
    """Send to it again. Raises RowNotFound, VersionConflict."""
    held = await _held(store, partner_id, expected_version)
    if held.disabled_at is None:
        return held
    return await store.trading_partners.update(
        partner_id, {"disabled_at": None}, expected_version=expected_version
    )


async def set_partner_payers(
    store: Store, partner_id: UUID, wanted: PartnerPayers, *, expected_version: int
) -> TradingPartner:
    """Have the claims of these payers go through the partner, wherever they went before.

    Raises RowNotFound, VersionConflict, InvalidInput.
    """
    held = await _held(store, partner_id, expected_version)
    ids = sorted(set(wanted.payer_ids))
    known = {each.id for each in await store.payers.get_many(ids)}
    if faults := [
        Fault(f"/payer_ids/{at}", "names nothing that exists")
        for at, payer_id in enumerate(wanted.payer_ids)
        if payer_id not in known
    ]:
        raise InvalidInput(faults)
    await store.wait_for_lock("payer-routes")
    theirs = await store.payer_routes.all(PayerRouteFilter(payer_ids=ids))
    before = await store.payer_routes.all(PayerRouteFilter(partner_id=partner_id))
    routes = {each.id: each for each in (*theirs, *before)}
    moved = [
        each
        for each in routes.values()
        if (each.partner_id == partner_id) != (each.payer_id in known)
    ]
    await store.payer_routes.update_many(
        {each.id: each.version for each in moved},
        {"partner_id": [partner_id if each.payer_id in known else None for each in moved]},
    )
    routed = {each.payer_id for each in theirs}
    await store.payer_routes.create_many(
        [
            PayerRouteFields(payer_id=payer_id, partner_id=partner_id)
            for payer_id in ids
            if payer_id not in routed
        ]
    )
    return await store.trading_partners.update(
        partner_id, {"name": held.name}, expected_version=expected_version
    )


async def list_partner_payers(
    store: Store, partner_id: UUID, *, limit: int, after: UUID | None
) -> Page[PayerRoute]:
    """The payers whose claims go through a partner. Raises RowNotFound."""
    await store.trading_partners.get(partner_id)
    conditions = PayerRouteFilter(partner_id=partner_id)
    return await store.payer_routes.list(conditions, limit=limit, after=after)


async def _check(store: Store, given: Mapping[str, object]) -> None:
    """Raises InvalidInput with every fault."""
    faults = []
    mailbox_id = given["mailbox_id"]
    if given["delivery"] == Delivery.DROP_FOLDER:
        if mailbox_id is not None:
            faults.append(Fault("/mailbox_id", "stands beside a drop folder: give one of the two"))
    elif not isinstance(mailbox_id, UUID):
        faults.append(Fault("/mailbox_id", "is needed where files go to a mailbox"))
    elif not await store.mailboxes.get_many([mailbox_id]):
        faults.append(Fault("/mailbox_id", "names nothing that exists"))
    if given["contact_telephone"] is None and given["contact_email"] is None:
        faults.append(Fault("/contact_telephone", "or an e-mail address is needed"))
    if faults:
        raise InvalidInput(faults)


async def _held(store: Store, partner_id: UUID, expected_version: int) -> TradingPartner:
    partner = await store.trading_partners.lock(partner_id)
    if partner.version != expected_version:
        raise VersionConflict("trading_partners")
    return partner
