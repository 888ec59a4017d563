"""What should have been answered by now and was not, over HTTP."""

import datetime as dt
from uuid import UUID

from litestar import Controller, Response, get

from app.answers import Answer, one
from app.call import Call
from services.claims.clearing import silence
from services.identity.scopes import Scope
from storage.vocabulary.clearing import SilenceKind


class SilenceAnswer(Answer):
    """Something that has not come: a 999 for a file, a 277CA for claims of a file, or an 835 for
    claims of a payer. `since` is when the oldest of them went out; `usual_days` is how long such
    an answer takes: business days for a file, days for a payer."""

    kind: SilenceKind
    claim_file_id: UUID | None
    partner_id: UUID | None
    payer_id: UUID | None
    since: dt.datetime
    usual_days: int
    claim_count: int
    charge_cents: int


class SilencesAnswer(Answer):
    """All that is overdue, the oldest first."""

    silences: list[SilenceAnswer]


class SilenceController(Controller):
    """What is overdue."""

    path = "/silences"
    tags = ("Clearinghouses",)

    @get(operation_id="list_silences", scope=Scope.CLAIMS_READ)
    async def browse(self, request: Call) -> Response[SilencesAnswer]:
        """Files and claims that should have been answered by now and were not.

        A file has two business days for its 999 and 277CA, by the company's calendar. A payer has
        its own usual time for an 835, told from its decisions of a year; 30 days until there are
        20 of them.
        """
        return await request.run(silence.overdue_answers, one(SilencesAnswer))
