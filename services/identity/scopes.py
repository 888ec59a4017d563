"""What a principal may do: scopes, and the roles that are made of them."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from services.refusals import Category, Refusal
from storage.vocabulary.identity import Role


class Scope(StrEnum):
    """``<area>:<verb>``."""

    PAYERS_READ = "payers:read"
    PAYERS_WRITE = "payers:write"
    PATIENTS_READ = "patients:read"
    PATIENTS_WRITE = "patients:write"
    CLAIMS_READ = "claims:read"
    CLAIMS_WRITE = "claims:write"
    REMITTANCES_READ = "remittances:read"
    REMITTANCES_POST = "remittances:post"
    REMITTANCES_RELEASE = "remittances:release"
    STATISTICS_READ = "statistics:read"
    AUDIT_READ = "audit:read"
    PEOPLE_READ = "people:read"
    PEOPLE_MANAGE = "people:manage"
    KEYS_READ = "keys:read"
    KEYS_MANAGE = "keys:manage"
    COMPANY_READ = "company:read"
    COMPANY_MANAGE = "company:manage"


_READS = frozenset(scope for scope in Scope if scope.endswith(":read"))
_BILLING = frozenset(
    {
        Scope.COMPANY_READ,
        Scope.PAYERS_READ,
        Scope.PATIENTS_READ,
        Scope.PATIENTS_WRITE,
        Scope.CLAIMS_READ,
        Scope.CLAIMS_WRITE,
        Scope.REMITTANCES_READ,
        Scope.REMITTANCES_POST,
        Scope.STATISTICS_READ,
    }
)
_OVERVIEW = frozenset({Scope.COMPANY_READ, Scope.PAYERS_READ, Scope.STATISTICS_READ})

ROLE_SCOPES: dict[Role, frozenset[Scope]] = {
    Role.ADMINISTRATOR: frozenset(Scope),
    Role.RCM_STAFF: _BILLING,
    Role.RCM_MANAGER: _BILLING | {Scope.PAYERS_WRITE, Scope.REMITTANCES_RELEASE},
    Role.COMPLIANCE_OFFICER: _OVERVIEW | {Scope.AUDIT_READ, Scope.PEOPLE_READ, Scope.KEYS_READ},
    Role.AUDITOR: _READS,
    Role.QUALITY_LEAD: _OVERVIEW | {Scope.PATIENTS_READ},
    Role.VIEWER: _OVERVIEW,
}
"""The scopes of each role."""


def lacking(held: Collection[str], wanted: Collection[str]) -> list[str]:
    """The scopes in ``wanted`` that ``held`` does not contain: nobody grants what they lack."""
    return sorted(set(wanted) - set(held))


@dataclass
class PrivilegeTooHigh(Refusal):
    """Somebody would grant, or come to hold, what they do not have themselves."""

    category: ClassVar[Category] = Category.FORBIDDEN
    title: ClassVar[str] = "Nobody grants a scope or role that they lack"
    lacking: list[str]

    @property
    def detail(self) -> str:
        return f"Your own credential lacks {', '.join(self.lacking)}."


def require_all(held: Collection[str], wanted: Collection[str]) -> None:
    """Raises PrivilegeTooHigh, which names what lacks."""
    if missing := lacking(held, wanted):
        raise PrivilegeTooHigh(missing)
