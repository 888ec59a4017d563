"""The web application: routes, the runner's platform, problems, the reference page."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
from litestar import Litestar, Request, Response, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.types import ASGIApp, Receive, Scope, Send

from app import choose_password, reference
from app.api import (
    access_reviews,
    acknowledgements,
    appeal_rules,
    appeals,
    approvals,
    attestations,
    audit,
    audit_accesses,
    audit_findings,
    audit_packs,
    audited,
    batches,
    books,
    calendar_feeds,
    care_providers,
    claim_files,
    claim_history,
    claim_readying,
    claim_replacing,
    claim_rules,
    claim_statistics,
    claim_submission,
    claims,
    codes,
    company,
    company_deletion,
    compliance_evidence,
    compliance_packs,
    compliance_reports,
    compliance_requirements,
    contracts,
    corrective_actions,
    coverages,
    decided_lines,
    denial_work,
    denials,
    deposits,
    disclosures,
    emergency_accesses,
    facilities,
    figure_checks,
    figure_inputs,
    figures,
    files,
    health,
    identity_providers,
    imports,
    keys,
    legal_holds,
    mailboxes,
    manual_remittances,
    mips_clinicians,
    mips_lists,
    mips_measures,
    mips_prior,
    mips_submissions,
    notifications,
    outbox,
    own_actions,
    passwords,
    patient_payments,
    patient_statements,
    patients,
    payers,
    people,
    policies,
    policy_versions,
    record_exports,
    refund_takebacks,
    refunds,
    regulatory_audits,
    remittance_exceptions,
    remittances,
    retention,
    risk_assessments,
    risks,
    roles,
    scrubs,
    second_factor,
    sessions,
    signing_keys,
    silences,
    statement_runs,
    timelines,
    trading_partners,
    underpayments,
    webhooks,
    write_offs,
)
from app.api.routes import describe
from app.call import Call, Platform
from app.envelope import Envelope
from app.folders import backup_folder, root_folder
from app.limits import Limiter, TooManyRequests
from app.metrics import Metrics
from app.openapi import CompletedDocument
from app.problems import problem_of
from app.settings import Settings
from services.identity.authentication import CsrfRefused, NotAuthenticated
from services.identity.oidc.directory import ProviderDirectory
from services.identity.oidc.flow import ProviderSignIn
from services.refusals import Refusal
from storage.errors import FileStoreFull, FileStoreUnavailable, StorageError
from storage.files import FileVault
from storage.interface import IStorage
from storage.signing import SigningKeys

log = structlog.get_logger("wellkept")

CONTROLLERS = (
    sessions.SessionController,
    passwords.PasswordController,
    identity_providers.ProviderSignInController,
    identity_providers.ProviderProofController,
    identity_providers.IdentityProviderController,
    people.PersonController,
    second_factor.SecondFactorController,
    roles.RoleController,
    roles.ScopeController,
    keys.KeyController,
    access_reviews.AccessReviewController,
    company.CompanyController,
    notifications.NotificationController,
    notifications.PreferenceController,
    outbox.OutboxController,
    webhooks.WebhookEndpointController,
    webhooks.WebhookDeliveryController,
    webhooks.EventController,
    mailboxes.MailboxController,
    trading_partners.TradingPartnerController,
    payers.PayerController,
    patients.PatientController,
    patient_payments.PatientPaymentController,
    write_offs.WriteOffController,
    write_offs.MoneyReasonController,
    refunds.CreditBalanceController,
    refunds.RefundController,
    refund_takebacks.RefundTakebackController,
    coverages.CoverageController,
    care_providers.CareProviderController,
    facilities.FacilityController,
    deposits.BankLineController,
    deposits.CashItemController,
    patient_statements.PatientStatementController,
    imports.ImportController,
    imports.ImportRecordController,
    statement_runs.StatementRunController,
    manual_remittances.ManualRemittanceController,
    claims.ClaimController,
    claim_readying.ClaimReadyingController,
    claim_submission.ClaimSubmissionController,
    claim_replacing.ClaimReplacingController,
    claim_history.ClaimHistoryController,
    decided_lines.DecidedLineMatchController,
    scrubs.ClaimScrubController,
    scrubs.ScrubController,
    claim_rules.ClaimRuleController,
    claim_rules.RuleBypassController,
    codes.CodeTableController,
    contracts.ContractController,
    contracts.PaymentVarianceController,
    underpayments.UnderpaymentController,
    batches.BatchController,
    claim_files.ClaimFileController,
    acknowledgements.AcknowledgementController,
    acknowledgements.WaitingAcknowledgementController,
    acknowledgements.PickedUpFileController,
    silences.SilenceController,
    appeals.AppealController,
    appeal_rules.AppealRuleController,
    denials.DenialController,
    denial_work.DenialWorkController,
    claim_statistics.ClaimStatisticsController,
    figures.FigureController,
    record_exports.RecordExportController,
    figure_checks.FigureCheckController,
    figure_inputs.FigureInputController,
    books.BooksController,
    remittances.RemittanceController,
    remittances.RemittanceTransactionController,
    remittance_exceptions.RemittanceExceptionController,
    approvals.ApprovalController,
    approvals.ApprovalThresholdController,
    compliance_packs.CompliancePackController,
    calendar_feeds.CalendarController,
    calendar_feeds.CalendarFeedController,
    compliance_reports.ComplianceReportController,
    compliance_reports.ComplianceStatisticsController,
    compliance_reports.ReportDraftController,
    compliance_requirements.ComplianceRequirementController,
    compliance_evidence.ComplianceEvidenceController,
    attestations.AttestationController,
    policies.PolicyController,
    policy_versions.PolicyVersionController,
    policy_versions.OwnPolicyController,
    regulatory_audits.RegulatoryAuditController,
    audit_findings.AuditFindingController,
    audit_accesses.AuditAccessController,
    audited.AuditedController,
    corrective_actions.CorrectiveActionController,
    own_actions.OwnActionController,
    risk_assessments.RiskAssessmentController,
    risk_assessments.AssessmentPartController,
    risks.RiskController,
    risks.MitigationController,
    mips_lists.MipsListController,
    mips_clinicians.MipsClinicianController,
    mips_submissions.MipsSubmissionController,
    mips_prior.MipsPriorSubmissionController,
    mips_measures.MipsMeasureController,
    files.FileController,
    audit.AuditController,
    audit_packs.AuditPackController,
    signing_keys.SigningKeyController,
    timelines.TimelineController,
    disclosures.DisclosureController,
    disclosures.AccountingController,
    emergency_accesses.EmergencyAccessController,
    company_deletion.CompanyDeletionController,
    legal_holds.LegalHoldController,
    retention.RetentionController,
)


async def _always_ready() -> str | None:
    return None


def create_app(
    settings: Settings,
    storage: IStorage,
    vault: FileVault,
    *,
    readiness: Callable[[], Awaitable[str | None]] = _always_ready,
    is_stopping: Callable[[], bool] = bool,
    metrics: Metrics | None = None,
    signing: SigningKeys | None = None,
    lifespan: Callable[[Litestar], AbstractAsyncContextManager[None]] | None = None,
) -> Litestar:
    """The application over an open storage. Raises UndeclaredScope."""
    routes = Routes(largest_body_bytes=settings.largest_body_bytes, lifespan=lifespan)
    return routes.serving(
        settings,
        storage,
        vault,
        readiness=readiness,
        is_stopping=is_stopping,
        metrics=metrics,
        signing=signing,
    )


class Routes:
    """Every route, known to the framework and described, but not yet what they work on.

    That is a second of work, which a process that serves one storage after another does once.
    Raises UndeclaredScope.
    """

    def __init__(
        self,
        *,
        largest_body_bytes: int,
        lifespan: Callable[[Litestar], AbstractAsyncContextManager[None]] | None = None,
    ) -> None:
        self._app = Litestar(
            route_handlers=[
                health.live,
                health.ready,
                health.metrics,
                reference.page,
                reference.file,
                choose_password.page,
                Router("/api/v1", route_handlers=CONTROLLERS),
            ],
            request_class=Call,
            exception_handlers={Exception: answer_problem},
            request_max_body_size=largest_body_bytes,
            openapi_config=OpenAPIConfig(
                title="Wellkept",
                version="1",
                path=reference.DOCUMENT_PATH,
                render_plugins=[CompletedDocument(path="/openapi.json")],
            ),
            lifespan=[lifespan] if lifespan is not None else [],
            debug=False,
            logging_config=None,
        )
        self._handler = self._app.asgi_handler
        for route in self._app.routes:
            for handler in getattr(route, "route_handlers", []):
                if isinstance(handler, HTTPRouteHandler) and not _is_the_frameworks(handler):
                    describe(handler)

    def serving(
        self,
        settings: Settings,
        storage: IStorage,
        vault: FileVault,
        *,
        readiness: Callable[[], Awaitable[str | None]] = _always_ready,
        is_stopping: Callable[[], bool] = bool,
        metrics: Metrics | None = None,
        signing: SigningKeys | None = None,
    ) -> Litestar:
        """The application over an open storage, and no longer over the one before it."""
        limiter = Limiter(
            per_address=settings.rate_per_address, per_principal=settings.rate_per_principal
        )
        metrics = metrics or Metrics()
        if (folder := root_folder(settings)) is not None:
            metrics.watch_roots(folder)
        if (backups := backup_folder(settings)) is not None:
            metrics.watch_backups(backups)
        guard = settings.guard
        provider_sign_in = ProviderSignIn(
            storage,
            ProviderDirectory(guard),
            f"{settings.public_url}{identity_providers.CALLBACK}",
        )
        self._app.state.update(
            {
                "platform": Platform(
                    storage, limiter, vault, settings, guard, provider_sign_in, signing
                ),
                "metrics": metrics,
                "readiness": readiness,
                "warnings": lambda: health.warnings_of(settings, storage.clock),
                "metrics_token": settings.metrics_token,
            }
        )
        self._app.asgi_handler = Envelope(self._handler, limiter, metrics, is_stopping)
        return self._app


def _is_the_frameworks(handler: HTTPRouteHandler) -> bool:
    """OPTIONS and the pages of the API reference: they touch no rows."""
    return handler.http_methods == {"OPTIONS"} or handler.fn.__module__.startswith("litestar.")


def answer_problem(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The answer to any exception. What is wrong with a request is explained only to someone who
    may make it, so a fault found before the caller was known waits for that."""
    handler = request.scope.get("route_handler")
    asks_who = handler is not None and not handler.opt.get("is_public", True)
    if asks_who and "principal" not in request.state and not isinstance(error, _AUTHENTICATION):
        assert isinstance(request, Call)
        return _AfterAuthentication(request, error)
    return _reported(error)


_AUTHENTICATION = (NotAuthenticated, CsrfRefused, TooManyRequests, StorageError)


def _reported(error: Exception) -> Response[bytes]:
    problem = problem_of(error)
    if problem.status == 500:  # noqa: PLR2004
        log.error("defect", error=type(error).__name__, exc_info=error)
    if isinstance(error, FileStoreFull | FileStoreUnavailable):
        log.error("file_store_failed", failure=type(error).__name__, reason=str(error))
    return problem.response()


class _AfterAuthentication(Response[bytes]):
    """Finds out who asks before it says what was wrong."""

    def __init__(self, request: Call, error: Exception) -> None:
        super().__init__(b"")
        self._request = request
        self._error = error

    def to_asgi_response(self, *_: object, **__: object) -> ASGIApp:  # type: ignore[override]
        return self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._request.authenticated()
            response = _reported(self._error)
        except (Refusal, StorageError) as refusal:
            response = _reported(refusal)
        await response.to_asgi_response(None, self._request)(scope, receive, send)
