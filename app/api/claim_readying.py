"""Many drafts declared complete at once over HTTP."""

from uuid import UUID

from litestar import Controller, Response, post
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from app.answers import Answer, one
from app.api.claim_submission import FindingAnswer
from app.call import Call
from services.claims.readying import ClaimsToReady, make_many_ready
from services.identity.scopes import Scope


class HeldByAnswer(Answer):
    """A rule that keeps a claim back until a person lets it go, and what it found."""

    rule_id: str
    rule_version: int
    title: str
    evidence: str


class NotReadyAnswer(Answer):
    """A claim that stays as it is, and why. A foreign claim and an absent one read alike."""

    claim_id: UUID
    reason: str
    findings: list[FindingAnswer]
    held_by: list[HeldByAnswer]


class ReadyOutcomeAnswer(Answer):
    """The ids of the claims that are ready now, and the claims that are not."""

    ready: list[UUID]
    refused: list[NotReadyAnswer]


class ClaimReadyingController(Controller):
    """Drafts that go on together."""

    path = "/claims/ready"
    tags = ("Claims",)

    @post(operation_id="make_claims_ready", scope=Scope.CLAIMS_WRITE, status_code=HTTP_200_OK)
    async def make_ready(
        self, request: Call, data: JSONBody[ClaimsToReady]
    ) -> Response[ReadyOutcomeAnswer]:
        """Declare drafts complete, each that the rules let through; of every other one the answer
        says why not. Of drafts that repeat each other, the one that is named first."""
        return await request.run(
            lambda store: make_many_ready(store, data.claim_ids), one(ReadyOutcomeAnswer)
        )
