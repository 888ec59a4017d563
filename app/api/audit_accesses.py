"""Giving auditors from outside access to what is in the scope of one audit, over HTTP."""

import datetime as dt
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, JSONBody

from app.answers import PageAnswer, RowAnswer, created, one, page
from app.call import Call
from services.identity.scopes import Scope
from services.regulatory_compliance.auditing import auditor_access
from services.regulatory_compliance.auditing.auditor_access import (
    AuditAccessChanges,
    AuditAccessRevocation,
    NewAuditAccess,
)
from storage.interface import Page


class AuditAccessAnswer(RowAnswer):
    """That somebody may read what is in the scope of an audit until ``ends_at``, unless it was
    revoked before."""

    audit_id: UUID
    person_id: UUID
    reason: str
    ends_at: dt.datetime
    revoked_at: dt.datetime | None
    revocation_reason: str | None


class AuditAccessController(Controller):
    """Who from outside may read what is in the scope of an audit."""

    path = "/compliance"
    tags = ("Audits",)

    @post(
        "/audits/{audit_id:uuid}/accesses",
        operation_id="create_audit_access",
        scope=Scope.AUDITS_MANAGE,
    )
    async def create(
        self, request: Call, audit_id: FromPath[UUID], data: JSONBody[NewAuditAccess]
    ) -> Response[AuditAccessAnswer]:
        """Let somebody with the role of an external auditor read what is in its scope."""
        return await request.run(
            lambda store: auditor_access.give_access(store, audit_id, data),
            created(AuditAccessAnswer, "/api/v1/compliance/audit-accesses/{id}"),
        )

    @get(
        "/audits/{audit_id:uuid}/accesses",
        operation_id="list_audit_accesses",
        scope=Scope.AUDITS_READ,
    )
    async def browse(
        self, request: Call, audit_id: FromPath[UUID]
    ) -> Response[PageAnswer[AuditAccessAnswer]]:
        """Every access that was given, oldest first."""
        return await request.run(
            lambda store: auditor_access.accesses_to(store, audit_id),
            lambda rows: page(AuditAccessAnswer)(Page(rows, None)),
        )

    @patch(
        "/audit-accesses/{grant_id:uuid}",
        operation_id="prolong_audit_access",
        scope=Scope.AUDITS_MANAGE,
    )
    async def prolong(
        self, request: Call, grant_id: FromPath[UUID], data: JSONBody[AuditAccessChanges]
    ) -> Response[AuditAccessAnswer]:
        """Let it end on another day."""
        version = request.expected_version
        return await request.run(
            lambda store: auditor_access.prolong_access(
                store, grant_id, data, expected_version=version
            ),
            one(AuditAccessAnswer),
        )

    @post(
        "/audit-accesses/{grant_id:uuid}/revoke",
        operation_id="revoke_audit_access",
        scope=Scope.AUDITS_MANAGE,
        status_code=200,
    )
    async def revoke(
        self, request: Call, grant_id: FromPath[UUID], data: JSONBody[AuditAccessRevocation]
    ) -> Response[AuditAccessAnswer]:
        """End it at once."""
        version = request.expected_version
        return await request.run(
            lambda store: auditor_access.revoke_access(
                store, grant_id, data.reason, expected_version=version
            ),
            one(AuditAccessAnswer),
        )
