"""Every table, so that ``SQLModel.metadata`` is complete once this package is imported."""

from sqlalchemy.orm import configure_mappers
from sqlmodel import SQLModel

from storage.rows import add_vocabulary_checks
from storage.tables import (
    appeals,
    approvals,
    claims,
    clearing,
    codes,
    compliance,
    compliance_reports,
    contracts,
    decided_lines,
    denial_work,
    deposits,
    disclosures,
    emergency,
    factors,
    figures,
    files,
    identity,
    ledger,
    mailboxes,
    manual_remittances,
    money,
    notifications,
    outbox,
    parties,
    policies,
    providers,
    remittances,
    scrubbing,
    trail,
    work,
)

add_vocabulary_checks(SQLModel.metadata)
configure_mappers()  # rows are built without their constructor, which would do it at first use

__all__ = [
    "appeals",
    "approvals",
    "claims",
    "clearing",
    "codes",
    "compliance",
    "compliance_reports",
    "contracts",
    "decided_lines",
    "denial_work",
    "deposits",
    "disclosures",
    "emergency",
    "factors",
    "figures",
    "files",
    "identity",
    "ledger",
    "mailboxes",
    "manual_remittances",
    "money",
    "notifications",
    "outbox",
    "parties",
    "policies",
    "providers",
    "remittances",
    "scrubbing",
    "trail",
    "work",
]
