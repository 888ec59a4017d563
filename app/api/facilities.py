"""Places where services are given, over HTTP."""

from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import PageAnswer, RowAnswer, created, decode_cursor, one, page
from app.api.parameters import Cursor, Limit, SearchText
from app.call import Call
from services.claims.directory import facilities
from services.claims.directory.facilities import FacilityChanges, NewFacility
from services.identity.scopes import Scope
from storage.filters import FacilityFilter
from storage.tables.addresses import PostalAddress


class FacilityAnswer(RowAnswer):
    """A place where services are given."""

    identifier: str
    name: str
    npi: str | None
    address: PostalAddress
    is_active: bool


class FacilityController(Controller):
    """Where services are given, if not where the billing provider is."""

    path = "/facilities"
    tags = ("Providers",)

    @post(operation_id="create_facility", scope=Scope.PROVIDERS_WRITE)
    async def create(self, request: Call, data: JSONBody[NewFacility]) -> Response[FacilityAnswer]:
        """Register a facility under the identifier that claims name it by."""
        return await request.run(
            lambda store: facilities.create_facility(store, data),
            created(FacilityAnswer, "/api/v1/facilities/{id}"),
        )

    @get(operation_id="list_facilities", scope=Scope.PROVIDERS_READ)
    async def browse(
        self,
        request: Call,
        identifier: SearchText = None,
        is_active: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[FacilityAnswer]]:
        """Facilities, newest first."""
        conditions = FacilityFilter(identifier=identifier, is_active=is_active)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: facilities.list_facilities(store, conditions, limit=limit, after=after),
            page(FacilityAnswer),
        )

    @get("/{facility_id:uuid}", operation_id="get_facility", scope=Scope.PROVIDERS_READ)
    async def read(self, request: Call, facility_id: FromPath[UUID]) -> Response[FacilityAnswer]:
        """One facility."""
        return await request.run(
            lambda store: facilities.get_facility(store, facility_id), one(FacilityAnswer)
        )

    @patch("/{facility_id:uuid}", operation_id="update_facility", scope=Scope.PROVIDERS_WRITE)
    async def update(
        self, request: Call, facility_id: FromPath[UUID], data: JSONBody[FacilityChanges]
    ) -> Response[FacilityAnswer]:
        """Change a facility."""
        version = request.expected_version
        return await request.run(
            lambda store: facilities.update_facility(
                store, facility_id, data, expected_version=version
            ),
            one(FacilityAnswer),
        )
