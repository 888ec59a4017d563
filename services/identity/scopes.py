"""What a principal may do: scopes, and the roles that are made of them."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Self

from services.refusals import Category, Refusal
from storage.vocabulary.identity import Role


class Scope(StrEnum):
    """``<area>:<verb>``, and what it lets one do."""

    meaning: str

    def __new__(cls, value: str, meaning: str = "") -> Self:
        """Raises TypeError: a scope cannot be declared without saying what it means."""
        if not meaning:
            raise TypeError(f"{value} does not say what it means")
        scope = str.__new__(cls, value)
        scope._value_ = value
        scope.meaning = meaning
        return scope

    PAYERS_READ = "payers:read", "See payers."
    PAYERS_WRITE = "payers:write", "Register and change payers."
    PROVIDERS_READ = "providers:read", "See providers and facilities that claims name."
    PROVIDERS_WRITE = "providers:write", "Register and change providers and facilities."
    PATIENTS_READ = "patients:read", "See patients and their coverages."
    PATIENTS_WRITE = "patients:write", "Register and change patients and their coverages."
    CLAIMS_READ = "claims:read", "See claims, denials, appeals and batches, with their patients."
    CLAIMS_WRITE = "claims:write", "Write, submit, appeal and close claims."
    CLAIMS_RELEASE = "claims:release", "Let claims go that a rule holds."
    CODES_READ = "codes:read", "See code tables, fee schedules and the rules for claims."
    CODES_LOAD = "codes:load", "Load code tables and fee schedules, and make rules for claims."
    CONTRACTS_READ = "contracts:read", "See contracts with payers, and payments held against them."
    CONTRACTS_WRITE = "contracts:write", "Enter and change contracts with payers."
    APPEALS_APPROVE = "appeals:approve", "Approve what payers are sent, also after a deadline."
    REMITTANCES_READ = "remittances:read", "See remittances, their exceptions and the ledger."
    REMITTANCES_POST = "remittances:post", "Hand in remittances and resolve their exceptions."
    REMITTANCES_RELEASE = "remittances:release", "Decide on remittances that are held for review."
    PAYMENTS_READ = "payments:read", "See patients' payments, write-offs and refunds."
    PAYMENTS_WRITE = (
        "payments:write",
        "Receive and apply patients' payments, ask for write-offs and refunds, write statements.",
    )
    PAYMENTS_APPROVE = "payments:approve", "Decide on write-offs and refunds."
    DEPOSITS_READ = "deposits:read", "See the bank's lines and what is expected there."
    DEPOSITS_WRITE = "deposits:write", "Import the bank's lines and match them."
    FILES_READ = "files:read", "See and download attached files."
    FILES_WRITE = "files:write", "Attach files, and delete those that need not be kept."
    STATISTICS_READ = "statistics:read", "See figures without patients."
    STATISTICS_WRITE = "statistics:write", "Enter what figures need: costs by month."
    APPROVALS_READ = "approvals:read", "See what waits for a second person, and what was decided."
    AUDIT_READ = "audit:read", "See who changed and who read what."
    DISCLOSURES_READ = "disclosures:read", "See disclosures and accountings of them."
    DISCLOSURES_WRITE = "disclosures:write", "Record disclosures and give accountings of them."
    ACCESS_READ = "access:read", "See who can do what, and when it was reviewed."
    ACCESS_REVIEW = (
        "access:review",
        "Record reviews: of who can do what, and of emergency accesses.",
    )
    PEOPLE_READ = "people:read", "See people and roles."
    PEOPLE_MANAGE = "people:manage", "Add, change and disable people, and define roles."
    KEYS_READ = "keys:read", "See API keys, without their secrets."
    KEYS_MANAGE = "keys:manage", "Make, rotate and revoke API keys."
    OUTBOX_READ = "outbox:read", "See what was sent to whom, and how that went."
    OUTBOX_MANAGE = "outbox:manage", "Have sent again what could not be delivered."
    MAILBOXES_READ = "mailboxes:read", "See mailboxes, without their secrets."
    MAILBOXES_MANAGE = "mailboxes:manage", "Make, change and try mailboxes."
    PARTNERS_READ = "partners:read", "See trading partners and the payers that they serve."
    PARTNERS_MANAGE = "partners:manage", "Make and change trading partners."
    WEBHOOKS_READ = "webhooks:read", "See webhook endpoints, events and their deliveries."
    WEBHOOKS_MANAGE = "webhooks:manage", "Make and change webhook endpoints, and replay deliveries."
    COMPLIANCE_READ = "compliance:read", "See requirements, evidence and attestations."
    COMPLIANCE_WRITE = "compliance:write", "Keep requirements and evidence."
    COMPLIANCE_ATTEST = "compliance:attest", "Attest, dispute and revoke in one's own name."
    COMPLIANCE_APPROVE = (
        "compliance:approve",
        "Approve what others propose about compliance, and settle disputes.",
    )
    IMPORTS_READ = "imports:read", "See imports from other installations, with their records."
    IMPORTS_MANAGE = "imports:manage", "Bring in records of another installation, and mend them."
    AUDITS_READ = "audits:read", "See audits, their findings and corrective actions."
    AUDITS_WRITE = "audits:write", "Record findings, plan corrective actions and work on them."
    AUDITS_MANAGE = (
        "audits:manage",
        "Schedule audits, say how they end, and close findings.",
    )
    AUDITED_READ = (
        "audited:read",
        "See what is in the scope of audits that one was given access to, until that ends.",
    )
    COMPANY_READ = "company:read", "See the company's settings."
    COMPANY_MANAGE = "company:manage", "Change the company's settings and legal holds."


_READS = frozenset(scope for scope in Scope if scope.endswith(":read"))
_BILLING = frozenset(
    {
        Scope.APPROVALS_READ,
        Scope.COMPANY_READ,
        Scope.PARTNERS_READ,
        Scope.PAYERS_READ,
        Scope.PROVIDERS_READ,
        Scope.PATIENTS_READ,
        Scope.PATIENTS_WRITE,
        Scope.CLAIMS_READ,
        Scope.CLAIMS_WRITE,
        Scope.CODES_READ,
        Scope.CONTRACTS_READ,
        Scope.REMITTANCES_READ,
        Scope.REMITTANCES_POST,
        Scope.PAYMENTS_READ,
        Scope.PAYMENTS_WRITE,
        Scope.DEPOSITS_READ,
        Scope.DEPOSITS_WRITE,
        Scope.FILES_READ,
        Scope.FILES_WRITE,
        Scope.STATISTICS_READ,
    }
)
_OVERVIEW = frozenset({Scope.COMPANY_READ, Scope.PAYERS_READ, Scope.STATISTICS_READ})

ROLE_SCOPES: dict[Role, frozenset[Scope]] = {
    Role.ADMINISTRATOR: frozenset(Scope),
    Role.RCM_STAFF: _BILLING,
    Role.RCM_MANAGER: _BILLING
    | {
        Scope.CLAIMS_RELEASE,
        Scope.APPEALS_APPROVE,
        Scope.CODES_LOAD,
        Scope.CONTRACTS_WRITE,
        Scope.PAYERS_WRITE,
        Scope.PAYMENTS_APPROVE,
        Scope.PROVIDERS_WRITE,
        Scope.REMITTANCES_RELEASE,
        Scope.STATISTICS_WRITE,
    },
    Role.COMPLIANCE_OFFICER: _OVERVIEW
    | {
        Scope.ACCESS_READ,
        Scope.ACCESS_REVIEW,
        Scope.APPROVALS_READ,
        Scope.AUDITED_READ,
        Scope.AUDIT_READ,
        Scope.AUDITS_MANAGE,
        Scope.AUDITS_READ,
        Scope.AUDITS_WRITE,
        Scope.COMPLIANCE_APPROVE,
        Scope.COMPLIANCE_ATTEST,
        Scope.COMPLIANCE_READ,
        Scope.COMPLIANCE_WRITE,
        Scope.DISCLOSURES_READ,
        Scope.DISCLOSURES_WRITE,
        Scope.FILES_READ,
        Scope.FILES_WRITE,
        Scope.KEYS_READ,
        Scope.PATIENTS_READ,
        Scope.PEOPLE_READ,
    },
    Role.AUDITOR: _READS,
    Role.EXTERNAL_AUDITOR: frozenset({Scope.AUDITED_READ}),
    Role.QUALITY_LEAD: _OVERVIEW | {Scope.PATIENTS_READ},
    Role.VIEWER: _OVERVIEW,
}
"""The scopes of each role."""

OUTSIDE_SCOPES = ROLE_SCOPES[Role.EXTERNAL_AUDITOR]
"""What somebody from outside holds, and nothing else."""


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
