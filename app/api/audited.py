"""What an auditor from outside reads: what is in the scope of one audit, all of it on record."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath

from app.answers import Answer, PageAnswer, page, ready_made
from app.api.attestations import AttestationAnswer
from app.api.audit_findings import FindingWithStanding, finding_page
from app.api.compliance_evidence import EvidenceAnswer
from app.api.compliance_requirements import RequirementWithStanding, requirement_page
from app.api.corrective_actions import ListedActionAnswer, action_page
from app.api.regulatory_audits import AuditDetailAnswer, RegulatoryAuditAnswer, detail
from app.call import Call
from app.downloads import OCTETS, downloaded
from services.identity.scopes import Scope
from services.regulatory_compliance.auditing import auditor_access, in_scope
from storage.interface import Page


class OpenAuditAnswer(Answer):
    """An audit that one may read, and when that ends."""

    audit: RegulatoryAuditAnswer
    ends_at: dt.datetime


class AuditedController(Controller):
    """One audit and what is in its scope, for whoever was given access to it until that ends, and
    for whoever manages audits. Anything else is not found."""

    path = "/audited"
    tags = ("Audits",)

    @get(operation_id="list_open_audits", scope=Scope.AUDITED_READ, is_on_record=True)
    async def browse(self, request: Call) -> Response[PageAnswer[OpenAuditAnswer]]:
        """The audits that one was given access to and may read now."""
        return await request.run(
            lambda store: auditor_access.audits_admitted_to(store, request.principal),
            lambda found: ready_made(
                PageAnswer[OpenAuditAnswer](
                    items=[OpenAuditAnswer.model_validate(each) for each in found]
                )
            ),
        )

    @get(
        "/{audit_id:uuid}",
        operation_id="get_audited",
        scope=Scope.AUDITED_READ,
        is_on_record=True,
    )
    async def read(self, request: Call, audit_id: FromPath[UUID]) -> Response[AuditDetailAnswer]:
        """The audit, its scope and its recommendations."""
        return await request.run(
            lambda store: in_scope.audit_in_scope(store, request.principal, audit_id), detail
        )

    @get(
        "/{audit_id:uuid}/findings",
        operation_id="list_audited_findings",
        scope=Scope.AUDITED_READ,
        is_on_record=True,
    )
    async def findings(
        self, request: Call, audit_id: FromPath[UUID]
    ) -> Response[PageAnswer[FindingWithStanding]]:
        """Its findings, with where they stand today."""
        return await request.run(
            lambda store: in_scope.findings_in_scope(store, request.principal, audit_id),
            lambda found: finding_page((found, None)),
        )

    @get(
        "/{audit_id:uuid}/corrective-actions",
        operation_id="list_audited_actions",
        scope=Scope.AUDITED_READ,
        is_on_record=True,
    )
    async def actions(
        self, request: Call, audit_id: FromPath[UUID]
    ) -> Response[PageAnswer[ListedActionAnswer]]:
        """What is done about them."""
        return await request.run(
            lambda store: in_scope.actions_in_scope(store, request.principal, audit_id),
            lambda found: action_page((found, None)),
        )

    @get(
        "/{audit_id:uuid}/requirements",
        operation_id="list_audited_requirements",
        scope=Scope.AUDITED_READ,
        is_on_record=True,
    )
    async def requirements(
        self, request: Call, audit_id: FromPath[UUID]
    ) -> Response[PageAnswer[RequirementWithStanding]]:
        """The requirements in its scope, with where they stand today."""
        return await request.run(
            lambda store: in_scope.requirements_shown(store, request.principal, audit_id),
            lambda found: requirement_page((found, None)),
        )

    @get(
        "/{audit_id:uuid}/attestations",
        operation_id="list_audited_attestations",
        scope=Scope.AUDITED_READ,
        is_on_record=True,
    )
    async def attestations(
        self, request: Call, audit_id: FromPath[UUID]
    ) -> Response[PageAnswer[AttestationAnswer]]:
        """What was attested of them."""
        return await request.run(
            lambda store: in_scope.attestations_shown(store, request.principal, audit_id),
            lambda rows: page(AttestationAnswer)(Page(rows, None)),
        )

    @get(
        "/{audit_id:uuid}/evidence",
        operation_id="list_audited_evidence",
        scope=Scope.AUDITED_READ,
        is_on_record=True,
    )
    async def evidence(
        self, request: Call, audit_id: FromPath[UUID]
    ) -> Response[PageAnswer[EvidenceAnswer]]:
        """What serves its requirements, what was attested with, and what its findings name."""
        return await request.run(
            lambda store: in_scope.evidence_shown(store, request.principal, audit_id),
            lambda rows: page(EvidenceAnswer)(Page(rows, None)),
        )

    @get(
        "/{audit_id:uuid}/evidence/{evidence_id:uuid}/content",
        operation_id="download_audited_evidence",
        scope=Scope.AUDITED_READ,
        is_export=True,
        record="evidence_id",
        media_type=OCTETS,
    )
    async def download(
        self, request: Call, audit_id: FromPath[UUID], evidence_id: FromPath[UUID]
    ) -> Response[Any]:
        """The file of a piece of evidence in its scope, byte for byte."""
        return await downloaded(
            request,
            lambda store: in_scope.file_in_scope(store, request.principal, audit_id, evidence_id),
        )
