"""The moves of a claim over HTTP. Every one needs If-Match with the claim's ETag."""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from app.answers import Answer, one
from app.api.claim_answers import ClaimAnswer, claim_answer
from app.call import Call
from services.claims import submission
from services.claims.drafts import NewAcknowledgement, NewTransmission, NewVoid
from services.claims.validation.findings import Finding, Severity
from services.identity.scopes import Scope


class FindingAnswer(Answer):
    """What one rule found. `pointer` is a JSON pointer into the claim; for rules of the scrubber,
    into the claim as it goes out."""

    rule: str
    severity: Severity
    pointer: str
    message: str
    remedy: str


class ValidationAnswer(Answer):
    """What the rules say of a claim as it stands; `no_data` is no pass."""

    is_valid: bool
    findings: list[FindingAnswer]


class ClaimSubmissionController(Controller):
    """A claim's way out."""

    path = "/claims/{claim_id:uuid}"
    tags = ("Claims",)

    @get("/validation", operation_id="validate_claim", scope=Scope.CLAIMS_READ)
    async def validate(self, request: Call, claim_id: FromPath[UUID]) -> Response[ValidationAnswer]:
        """What a payer would turn the claim away for. Changes nothing."""

        def render(findings: list[Finding]) -> Response[bytes]:
            is_valid = all(each.severity is not Severity.ERROR for each in findings)
            answer = ValidationAnswer(
                is_valid=is_valid,
                findings=[FindingAnswer.model_validate(each) for each in findings],
            )
            return one(ValidationAnswer)(answer)

        return await request.run(lambda store: submission.validate_claim(store, claim_id), render)

    @post(
        "/ready",
        operation_id="make_claim_ready",
        scope=Scope.CLAIMS_WRITE,
        status_code=HTTP_200_OK,
    )
    async def make_ready(self, request: Call, claim_id: FromPath[UUID]) -> Response[ClaimAnswer]:
        """Declare a draft complete; refused with every error that the rules find (422), or with the
        rules that hold it until a person lets it go (409)."""
        version = request.expected_version
        return await request.run(
            lambda store: submission.make_ready(store, claim_id, expected_version=version),
            claim_answer(),
        )

    @post(
        "/reopen",
        operation_id="reopen_claim",
        scope=Scope.CLAIMS_WRITE,
        status_code=HTTP_200_OK,
    )
    async def reopen(self, request: Call, claim_id: FromPath[UUID]) -> Response[ClaimAnswer]:
        """Make a ready or rejected claim a draft again."""
        version = request.expected_version
        return await request.run(
            lambda store: submission.reopen(store, claim_id, expected_version=version),
            claim_answer(),
        )

    @post("/void", operation_id="void_claim", scope=Scope.CLAIMS_WRITE, status_code=HTTP_200_OK)
    async def void(
        self, request: Call, claim_id: FromPath[UUID], data: JSONBody[NewVoid]
    ) -> Response[ClaimAnswer]:
        """Give a claim up; refused once money has been posted to it."""
        version = request.expected_version
        return await request.run(
            lambda store: submission.void(store, claim_id, data.reason, expected_version=version),
            claim_answer(),
        )

    @post(
        "/transmissions",
        operation_id="record_claim_transmission",
        scope=Scope.CLAIMS_WRITE,
        status_code=HTTP_200_OK,
    )
    async def transmit(
        self, request: Call, claim_id: FromPath[UUID], data: JSONBody[NewTransmission]
    ) -> Response[ClaimAnswer]:
        """Record that a ready claim was sent elsewhere: it is submitted, its charge is booked."""
        version = request.expected_version
        return await request.run(
            lambda store: submission.record_transmission(
                store, claim_id, data, expected_version=version
            ),
            claim_answer(),
        )

    @post(
        "/acknowledgements",
        operation_id="record_claim_acknowledgement",
        scope=Scope.CLAIMS_WRITE,
        status_code=HTTP_200_OK,
    )
    async def acknowledge(
        self, request: Call, claim_id: FromPath[UUID], data: JSONBody[NewAcknowledgement]
    ) -> Response[ClaimAnswer]:
        """Record that a submitted claim was taken in, or turned away before any decision."""
        version = request.expected_version
        return await request.run(
            lambda store: submission.record_acknowledgement(
                store, claim_id, data, expected_version=version
            ),
            claim_answer(),
        )
