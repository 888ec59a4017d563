"""Identity providers that companies bring, and whom they know."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.rows import (
    TenantRow,
    belongs_to,
    check,
    choice_column,
    key_column,
    sealed_column,
    text_column,
    texts_column,
    unique,
)
from storage.vocabulary.identity import Role


class IdentityProviderFields(SQLModel):
    issuer: str = text_column(500)
    client_id: str = text_column(200)
    client_secret: bytes = sealed_column()
    email_domains: list[str] = texts_column()
    is_enabled: bool = Field(default=False, sa_type=sa.Boolean)
    is_required: bool = Field(default=False, sa_type=sa.Boolean)
    break_glass_id: UUID | None = key_column(default=None)
    makes_people: bool = Field(default=False, sa_type=sa.Boolean)
    new_role: Role | None = choice_column(Role, default=None)
    new_role_id: UUID | None = key_column(default=None)
    second_factor_contexts: list[str] = texts_column(default_factory=list)
    second_factor_methods: list[str] = texts_column(default_factory=list)


class IdentityProvider(IdentityProviderFields, TenantRow, table=True):
    """Where a company's people prove who they are. One at most is enabled.

    If it ``is_required``, nobody signs in by password but the person whom ``break_glass_id``
    names. If it ``makes_people``, whom it knows and the company does not becomes a person in the
    role that ``new_role`` or ``new_role_id`` names. A sign-in in one of the
    ``second_factor_contexts`` (acr), or by one of the ``second_factor_methods`` (amr), counts as
    one with a second factor.
    """

    __tablename__ = "identity_providers"
    __table_args__ = (
        belongs_to("people", "break_glass_id"),
        belongs_to("company_roles", "new_role_id"),
        check(
            "required_with_a_way_round",
            "NOT is_required OR (is_enabled AND break_glass_id IS NOT NULL)",
        ),
        check(
            "new_people_have_a_role",
            "NOT makes_people OR (new_role IS NULL) <> (new_role_id IS NULL)",
        ),
        unique("identity_providers", "issuer"),
        unique("identity_providers", "is_enabled", where="is_enabled"),
    )


class PersonIdentityFields(SQLModel):
    person_id: UUID = key_column()
    issuer: str = text_column(500)
    subject: str = text_column(255)


class PersonIdentity(PersonIdentityFields, TenantRow, table=True):
    """As whom a provider knows a person: one subject each, so that nobody else who is later given
    the person's address there passes for them."""

    __tablename__ = "person_identities"
    __table_args__ = (
        belongs_to("people", "person_id"),
        unique("person_identities", "issuer", "subject"),
        unique("person_identities", "person_id", "issuer"),
    )
