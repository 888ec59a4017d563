"""Patients' insurances over HTTP."""

import datetime as dt
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import PageAnswer, RowAnswer, created, decode_cursor, one, page
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.claims.directory import coverages
from services.claims.directory.coverages import CoverageChanges, NewCoverage
from services.identity.scopes import Scope
from storage.filters import CoverageFilter
from storage.tables.addresses import SubscriberDetails
from storage.vocabulary.parties import FilingIndicator, InsuranceType, Relationship


class CoverageAnswer(RowAnswer):
    """An insurance of a patient; without a `subscriber` the policy is the patient's own."""

    patient_id: UUID
    payer_id: UUID
    member_id: str
    relationship: Relationship
    subscriber: SubscriberDetails | None
    group_number: str | None
    group_name: str | None
    filing_indicator: FilingIndicator
    insurance_type: InsuranceType | None
    effective_from: dt.date
    effective_until: dt.date | None


class CoverageController(Controller):
    """Which payer insures a patient, and under whose policy."""

    path = "/coverages"
    tags = ("Patients",)

    @post(operation_id="create_coverage", scope=Scope.PATIENTS_WRITE)
    async def create(self, request: Call, data: JSONBody[NewCoverage]) -> Response[CoverageAnswer]:
        """Enter an insurance of a patient. One payer covers a patient once on any day."""
        return await request.run(
            lambda store: coverages.create_coverage(store, data),
            created(CoverageAnswer, "/api/v1/coverages/{id}"),
        )

    @get(operation_id="list_coverages", scope=Scope.PATIENTS_READ)
    async def browse(
        self,
        request: Call,
        patient_id: FromQuery[UUID | None] = None,
        payer_id: FromQuery[UUID | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[CoverageAnswer]]:
        """Coverages, newest first."""
        conditions = CoverageFilter(patient_id=patient_id, payer_id=payer_id)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: coverages.list_coverages(store, conditions, limit=limit, after=after),
            page(CoverageAnswer),
        )

    @get("/{coverage_id:uuid}", operation_id="get_coverage", scope=Scope.PATIENTS_READ)
    async def read(self, request: Call, coverage_id: FromPath[UUID]) -> Response[CoverageAnswer]:
        """One coverage."""
        return await request.run(
            lambda store: coverages.get_coverage(store, coverage_id), one(CoverageAnswer)
        )

    @patch("/{coverage_id:uuid}", operation_id="update_coverage", scope=Scope.PATIENTS_WRITE)
    async def update(
        self, request: Call, coverage_id: FromPath[UUID], data: JSONBody[CoverageChanges]
    ) -> Response[CoverageAnswer]:
        """Change a coverage; what is not sent yet goes out with what it is then."""
        version = request.expected_version
        return await request.run(
            lambda store: coverages.update_coverage(
                store, coverage_id, data, expected_version=version
            ),
            one(CoverageAnswer),
        )
