"""Providers that claims name, over HTTP."""

from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import PageAnswer, RowAnswer, created, decode_cursor, one, page
from app.api.parameters import Cursor, Limit, SearchText
from app.call import Call
from services.claims.directory import care_providers
from services.claims.directory.care_providers import CareProviderChanges, NewCareProvider
from services.identity.scopes import Scope
from storage.filters import CareProviderFilter
from storage.tables.addresses import ContactWays, PostalAddress
from storage.vocabulary.parties import PartyKind, TaxIdentifierKind


class CareProviderAnswer(RowAnswer):
    """A provider. `tax_identifier_end` is the last four digits: the whole never comes out."""

    identifier: str
    kind: PartyKind
    name: str
    first_name: str | None
    middle_name: str | None
    suffix: str | None
    npi: str | None
    taxonomy: str | None
    tax_identifier_kind: TaxIdentifierKind | None
    tax_identifier_end: str | None
    address: PostalAddress | None
    pay_to: PostalAddress | None
    contact: ContactWays | None
    is_active: bool


class CareProviderController(Controller):
    """Who gives services, and who bills them."""

    path = "/care-providers"
    tags = ("Providers",)

    @post(operation_id="create_care_provider", scope=Scope.PROVIDERS_WRITE)
    async def create(
        self, request: Call, data: JSONBody[NewCareProvider]
    ) -> Response[CareProviderAnswer]:
        """Register a provider under the identifier that claims name it by."""
        return await request.run(
            lambda store: care_providers.create_care_provider(store, data),
            created(CareProviderAnswer, "/api/v1/care-providers/{id}"),
        )

    @get(operation_id="list_care_providers", scope=Scope.PROVIDERS_READ)
    async def browse(
        self,
        request: Call,
        identifier: SearchText = None,
        npi: SearchText = None,
        kind: FromQuery[PartyKind | None] = None,
        is_active: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[CareProviderAnswer]]:
        """Providers, newest first."""
        conditions = CareProviderFilter(
            identifier=identifier, npi=npi, kind=kind, is_active=is_active
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: care_providers.list_care_providers(
                store, conditions, limit=limit, after=after
            ),
            page(CareProviderAnswer),
        )

    @get("/{care_provider_id:uuid}", operation_id="get_care_provider", scope=Scope.PROVIDERS_READ)
    async def read(
        self, request: Call, care_provider_id: FromPath[UUID]
    ) -> Response[CareProviderAnswer]:
        """One provider."""
        return await request.run(
            lambda store: care_providers.get_care_provider(store, care_provider_id),
            one(CareProviderAnswer),
        )

    @patch(
        "/{care_provider_id:uuid}", operation_id="update_care_provider", scope=Scope.PROVIDERS_WRITE
    )
    async def update(
        self, request: Call, care_provider_id: FromPath[UUID], data: JSONBody[CareProviderChanges]
    ) -> Response[CareProviderAnswer]:
        """Change a provider. Claims that are not sent yet go out with what it is then."""
        version = request.expected_version
        return await request.run(
            lambda store: care_providers.update_care_provider(
                store, care_provider_id, data, expected_version=version
            ),
            one(CareProviderAnswer),
        )
