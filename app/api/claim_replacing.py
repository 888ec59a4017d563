"""Corrected and void claims over HTTP. If-Match is the ETag of the claim that they replace."""

from uuid import UUID

from litestar import Controller, Response, post
from litestar.params import FromPath

from app.api.claim_answers import ClaimAnswer, claim_created
from app.call import Call
from services.claims.replacing import drafting
from services.identity.scopes import Scope


class ClaimReplacingController(Controller):
    """Claims that go out instead of one that the payer took in."""

    path = "/claims/{claim_id:uuid}"
    tags = ("Claims",)

    @post("/corrections", operation_id="correct_claim", scope=Scope.CLAIMS_WRITE)
    async def correct(self, request: Call, claim_id: FromPath[UUID]) -> Response[ClaimAnswer]:
        """Draft a corrected claim with the same content, to be changed before it goes out.

        Once it is submitted it carries the charge; should it come back, the original does again.
        """
        version = request.expected_version
        return await request.run(
            lambda store: drafting.correct_claim(store, claim_id, expected_version=version),
            claim_created(),
        )

    @post("/payer-voids", operation_id="void_claim_at_payer", scope=Scope.CLAIMS_WRITE)
    async def void(self, request: Call, claim_id: FromPath[UUID]) -> Response[ClaimAnswer]:
        """Draft a void claim, by which the payer takes back what it decided.

        Once it is submitted the charge leaves the books; the payer's reversals take its money back.
        """
        version = request.expected_version
        return await request.run(
            lambda store: drafting.void_at_payer(store, claim_id, expected_version=version),
            claim_created(),
        )
