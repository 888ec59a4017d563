"""One's own company over HTTP."""

from uuid import UUID

from litestar import Controller, Response, get, patch
from litestar.params import JSONBody

from app.answers import RowAnswer, one
from app.call import Call
from services.identity import companies
from services.identity.companies import CompanyChanges
from services.identity.scopes import Scope


class CompanyAnswer(RowAnswer):
    """A company. A session ends after ``session_hours``, or unused for ``session_idle_minutes``.
    An emergency access holds for ``emergency_access_minutes``; null: there is none.
    Who can do what is to be reviewed every ``access_review_days``; null: nobody is reminded. The
    roots of the audit trail go to ``roots_mailbox_id`` and ``roots_email`` four times a day.
    People are reminded ``compliance_lead_days`` before something is due (below zero: after it).
    Working a denial costs ``correction_cost_cents`` or ``appeal_cost_cents``; null: as assumed.
    ``holiday_calendar`` is a country (``US``) or a subdivision of one (``US-CA``). A run of
    statements bills no patient for less than ``statement_minimum_cents``, or again within
    ``statement_quiet_days``."""

    slug: str
    name: str
    time_zone: str
    holiday_calendar: str | None
    retention_years: int
    session_idle_minutes: int
    session_hours: int
    emergency_access_minutes: int | None
    access_review_days: int | None
    compliance_lead_days: list[int]
    correction_cost_cents: int | None
    appeal_cost_cents: int | None
    roots_mailbox_id: UUID | None
    roots_email: str | None
    statement_minimum_cents: int
    statement_quiet_days: int


class CompanyController(Controller):
    """The company that asks."""

    path = "/company"
    tags = ("Company",)

    @get(operation_id="get_company", scope=Scope.COMPANY_READ)
    async def read(self, request: Call) -> Response[CompanyAnswer]:
        """The company that the credential belongs to."""
        return await request.run(companies.get_company, one(CompanyAnswer))

    @patch(operation_id="update_company", scope=Scope.COMPANY_MANAGE)
    async def update(
        self, request: Call, data: JSONBody[CompanyChanges]
    ) -> Response[CompanyAnswer]:
        """Change it. Due dates are reckoned in the time zone and holidays from then on; the
        retention can only be lengthened; limits of sessions hold at once for open ones."""
        version = request.expected_version
        return await request.run(
            lambda store: companies.change_company(store, data, expected_version=version),
            one(CompanyAnswer),
        )
