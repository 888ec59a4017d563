"""IStorage: the typed contract between the services and their rows.

One handle is one company, one actor, one transaction. There is no way to name a company inside
the handle, so nothing can be forgotten::

    async with storage.transaction(company_id, actor) as store:
        claim = await store.claims.get(claim_id)
        await store.claims.update(claim.id, changes, expected_version=claim.version)
"""

from storage.interface.contract import DEFAULT_LIMIT, MAXIMUM_LIMIT, Actor, Log, Page, Repository
from storage.interface.import_questions import Gathering, ImportFigures, ImportLookups
from storage.interface.questions import (
    AccessFigures,
    AcknowledgementFigures,
    ActionFigures,
    ClaimFigures,
    DenialQueue,
    Figures,
    FileFigures,
    IssuedReportList,
    LedgerFigures,
    Numbers,
    OutboxLines,
    PastValues,
    RetentionFigures,
    Secrets,
    SilenceFigures,
    Staging,
    StandingFigures,
    StatementFigures,
    UnderpaymentQueue,
)
from storage.interface.store import CompanyRegistry, IStorage, Store

__all__ = [
    "DEFAULT_LIMIT",
    "MAXIMUM_LIMIT",
    "AccessFigures",
    "AcknowledgementFigures",
    "ActionFigures",
    "Actor",
    "ClaimFigures",
    "CompanyRegistry",
    "DenialQueue",
    "Figures",
    "FileFigures",
    "Gathering",
    "IStorage",
    "ImportFigures",
    "ImportLookups",
    "IssuedReportList",
    "LedgerFigures",
    "Log",
    "Numbers",
    "OutboxLines",
    "Page",
    "PastValues",
    "Repository",
    "RetentionFigures",
    "Secrets",
    "SilenceFigures",
    "Staging",
    "StandingFigures",
    "StatementFigures",
    "Store",
    "UnderpaymentQueue",
]
