"""Disclosures and accountings of them over HTTP (45 CFR 164.528)."""

import datetime as dt
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import (
    JSON,
    Answer,
    Identified,
    PageAnswer,
    RecordAnswer,
    Render,
    created,
    decode_cursor,
    encode,
    one,
    page,
)
from app.api.parameters import Cursor, Limit
from app.call import Call
from app.exports import CSV, csv_file
from services.disclosures import accounting, recording
from services.disclosures.accounting import AccountingInFull, AccountingRequest
from services.disclosures.recording import Correction, NewDisclosure
from services.identity.scopes import Scope
from services.inputs import Input, Reason
from storage.filters import AccountingFilter, DisclosureFilter
from storage.vocabulary.disclosures import DisclosureAuthority


class DisclosureAnswer(RecordAnswer):
    """A version of a disclosure. An accounting names it if `is_accountable`, unless another
    version took its place, it is withdrawn, or the right is suspended on that day."""

    patient_id: UUID
    disclosed_on: dt.date
    recipient_name: str
    recipient_address: str | None
    description: str
    authority: DisclosureAuthority
    purpose: str
    is_accountable: bool
    suspended_from: dt.date | None
    suspended_until: dt.date | None
    suspended_for: str | None
    suspension_is_oral: bool
    supersedes_id: UUID | None
    correction_reason: str | None
    is_withdrawn: bool
    superseded_by: UUID | None


class Withdrawal(Input):
    """Why there was no such disclosure."""

    reason: Reason


class AccountedDisclosure(Answer):
    """What a patient is told of one disclosure: 164.528(b)(2)."""

    disclosed_on: dt.date
    recipient_name: str
    recipient_address: str | None
    description: str
    purpose: str


class AccountingSummary(RecordAnswer):
    """An accounting: who asked and when, until when it is due, for which days. The first in twelve
    months `is_free`; a fee for another has to be agreed on beforehand."""

    patient_id: UUID
    requested_by: str
    requested_on: dt.date
    due_on: dt.date
    first: dt.date
    last: dt.date
    is_free: bool


class AccountingAnswer(AccountingSummary):
    """An accounting as it was given."""

    disclosures: list[AccountedDisclosure]


class DisclosureController(Controller):
    """What was disclosed of whom, to whom, and why."""

    path = "/disclosures"
    tags = ("Disclosures",)

    @post(operation_id="record_disclosure", scope=Scope.DISCLOSURES_WRITE)
    async def record(
        self, request: Call, data: JSONBody[NewDisclosure]
    ) -> Response[DisclosureAnswer]:
        """Record a disclosure. Whether it must be accounted for follows of its authority."""
        return await request.run(lambda store: recording.record_disclosure(store, data), _made())

    @get(operation_id="list_disclosures", scope=Scope.DISCLOSURES_READ)
    async def browse(
        self,
        request: Call,
        patient_id: FromQuery[UUID | None] = None,
        authority: FromQuery[DisclosureAuthority | None] = None,
        disclosed_from: FromQuery[dt.date | None] = None,
        disclosed_until: FromQuery[dt.date | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[DisclosureAnswer]]:
        """Every version of every disclosure, the last recorded first."""
        conditions = DisclosureFilter(
            patient_id=patient_id,
            authority=authority,
            disclosed_from=disclosed_from,
            disclosed_until=disclosed_until,
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: recording.list_disclosures(store, conditions, limit=limit, after=after),
            page(DisclosureAnswer),
        )

    @get("/{disclosure_id:uuid}", operation_id="get_disclosure", scope=Scope.DISCLOSURES_READ)
    async def read(
        self, request: Call, disclosure_id: FromPath[UUID]
    ) -> Response[DisclosureAnswer]:
        """One version, and the one that took its place."""
        return await request.run(
            lambda store: recording.get_disclosure(store, disclosure_id), one(DisclosureAnswer)
        )

    @post(
        "/{disclosure_id:uuid}/corrections",
        operation_id="correct_disclosure",
        scope=Scope.DISCLOSURES_WRITE,
    )
    async def correct(
        self, request: Call, disclosure_id: FromPath[UUID], data: JSONBody[Correction]
    ) -> Response[DisclosureAnswer]:
        """Put another version in the place of the last one, which stays to be read."""
        return await request.run(
            lambda store: recording.correct_disclosure(store, disclosure_id, data), _made()
        )

    @post(
        "/{disclosure_id:uuid}/withdrawal",
        operation_id="withdraw_disclosure",
        scope=Scope.DISCLOSURES_WRITE,
    )
    async def withdraw(
        self, request: Call, disclosure_id: FromPath[UUID], data: JSONBody[Withdrawal]
    ) -> Response[DisclosureAnswer]:
        """Say that there was no such disclosure; what was recorded stays to be read."""
        return await request.run(
            lambda store: recording.withdraw_disclosure(store, disclosure_id, reason=data.reason),
            _made(),
        )


class AccountingController(Controller):
    """What patients were told about disclosures."""

    tags = ("Disclosures",)

    @post(
        "/patients/{patient_id:uuid}/accountings",
        operation_id="give_accounting",
        scope=Scope.DISCLOSURES_WRITE,
    )
    async def give(
        self, request: Call, patient_id: FromPath[UUID], data: JSONBody[AccountingRequest]
    ) -> Response[AccountingAnswer]:
        """Account for a patient's disclosures of up to six years; who asked is on record."""
        return await request.run(
            lambda store: accounting.give_accounting(store, patient_id, data), _given
        )

    @get("/accountings", operation_id="list_accountings", scope=Scope.DISCLOSURES_READ)
    async def browse(
        self,
        request: Call,
        patient_id: FromQuery[UUID | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[AccountingSummary]]:
        """Accountings that were given, newest first."""
        conditions = AccountingFilter(patient_id=patient_id)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: accounting.list_accountings(store, conditions, limit=limit, after=after),
            page(AccountingSummary),
        )

    @get(
        "/accountings/{accounting_id:uuid}",
        operation_id="get_accounting",
        scope=Scope.DISCLOSURES_READ,
    )
    async def read(
        self, request: Call, accounting_id: FromPath[UUID]
    ) -> Response[AccountingAnswer]:
        """An accounting as it was given, whatever was corrected since."""
        return await request.run(
            lambda store: accounting.get_accounting(store, accounting_id), _told
        )

    @get(
        "/accountings/{accounting_id:uuid}/file",
        operation_id="download_accounting",
        scope=Scope.DISCLOSURES_READ,
        is_export=True,
        produces=(CSV,),
    )
    async def download(self, request: Call, accounting_id: FromPath[UUID]) -> Response[Any]:
        """An accounting as a table to print: CSV, one disclosure a line."""
        return await request.run(
            lambda store: accounting.get_accounting(store, accounting_id), _file
        )


def _made() -> Render[Identified]:
    return created(DisclosureAnswer, "/api/v1/disclosures/{id}")


def _given(found: AccountingInFull) -> Response[Any]:
    location = f"/api/v1/accountings/{found.accounting.id}"
    return Response(
        _content(found), media_type=JSON, status_code=201, headers={"Location": location}
    )


def _told(found: AccountingInFull) -> Response[Any]:
    return Response(_content(found), media_type=JSON)


def _content(found: AccountingInFull) -> bytes:
    answer = SimpleNamespace(**vars(found.accounting), disclosures=found.disclosures)
    return encode(AccountingAnswer, answer)


def _file(found: AccountingInFull) -> Response[Any]:
    name = f"accounting-{found.accounting.requested_on}.csv"
    return Response(
        csv_file(tuple(AccountedDisclosure.model_fields), found.disclosures),
        media_type=CSV,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
