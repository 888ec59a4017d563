"""The scrubber over HTTP: claims are held against the rules, and let go where a rule holds them."""

import datetime as dt
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, JSONBody

from app.answers import Answer, PageAnswer, RecordAnswer, created, decode_cursor, one, page
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.claims.scrubbing import releases, runs
from services.claims.scrubbing.releases import NewRelease
from services.claims.scrubbing.runs import ClaimsToScrub
from services.identity.scopes import Scope
from storage.tables.scrubbing import ScrubRun
from storage.vocabulary.scrubbing import RuleSeverity, RuleStatus


class ScrubRunAnswer(RecordAnswer):
    """What the rules said of a claim as it stood at ``claim_version``. ``is_clean``: no error, no
    hold, and complete. What had no data is counted and never among ``passed``."""

    claim_id: UUID
    run_number: int
    claim_version: int
    edition: dt.date
    is_clean: bool
    is_complete: bool
    error_count: int
    hold_count: int
    warning_count: int
    no_data_count: int
    passed: list[str]
    without_subject: list[str]


class ScrubResultAnswer(Answer):
    """One thing that a rule found, could not know (``no_data``), or was kept from looking at.
    ``pointer`` leads into the claim as it goes out."""

    rule_id: str
    rule_version: int
    status: RuleStatus
    severity: RuleSeverity
    title: str
    pointer: str
    evidence: str
    remedy: str


class ScrubAnswer(Answer):
    """A run with everything that did not simply pass."""

    run: ScrubRunAnswer
    results: list[ScrubResultAnswer]


class ManyScrubsAnswer(Answer):
    """The runs of several claims."""

    runs: list[ScrubRunAnswer]


class ScrubReleaseAnswer(RecordAnswer):
    """That a person (``recorded_by``) let a claim go which a rule held."""

    claim_id: UUID
    claim_version: int
    rule_id: str
    rule_version: int
    reason: str


class _Runs:
    """Runs as the answer shows them."""

    def __init__(self, found: list[ScrubRun]) -> None:
        self.runs = found


def _all(found: list[ScrubRun]) -> Response[ManyScrubsAnswer]:
    return one(ManyScrubsAnswer)(_Runs(found))


class ClaimScrubController(Controller):
    """What the rules say of one claim."""

    path = "/claims/{claim_id:uuid}"
    tags = ("Scrubbing",)

    @post("/scrub", operation_id="scrub_claim", scope=Scope.CLAIMS_WRITE, status_code=200)
    async def scrub(self, request: Call, claim_id: FromPath[UUID]) -> Response[ScrubAnswer]:
        """Hold a claim against every rule and keep what they say."""
        return await request.run(lambda store: runs.scrub_claim(store, claim_id), one(ScrubAnswer))

    @get("/scrub-runs", operation_id="list_scrub_runs", scope=Scope.CLAIMS_READ)
    async def browse(
        self, request: Call, claim_id: FromPath[UUID], limit: Limit = 50, cursor: Cursor = None
    ) -> Response[PageAnswer[ScrubRunAnswer]]:
        """What was said of a claim, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: runs.list_runs(store, claim_id, limit=limit, after=after),
            page(ScrubRunAnswer),
        )

    @post("/scrub-releases", operation_id="release_claim", scope=Scope.CLAIMS_RELEASE)
    async def release(
        self, request: Call, claim_id: FromPath[UUID], data: JSONBody[NewRelease]
    ) -> Response[ScrubReleaseAnswer]:
        """Let a claim go that a rule holds; only a signed-in person can. A claim that is changed
        afterwards is held again."""
        version = request.expected_version
        return await request.run(
            lambda store: releases.release_claim(
                store, request.principal, claim_id, data, expected_version=version
            ),
            created(ScrubReleaseAnswer, f"/api/v1/claims/{claim_id}/scrub-releases"),
        )

    @get("/scrub-releases", operation_id="list_scrub_releases", scope=Scope.CLAIMS_READ)
    async def released(
        self, request: Call, claim_id: FromPath[UUID], limit: Limit = 50, cursor: Cursor = None
    ) -> Response[PageAnswer[ScrubReleaseAnswer]]:
        """By whom and why a claim was let go, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: releases.list_releases(store, claim_id, limit=limit, after=after),
            page(ScrubReleaseAnswer),
        )


class ScrubController(Controller):
    """Scrub runs."""

    path = "/scrub-runs"
    tags = ("Scrubbing",)

    @post(operation_id="scrub_claims", scope=Scope.CLAIMS_WRITE, status_code=200)
    async def scrub(
        self, request: Call, data: JSONBody[ClaimsToScrub]
    ) -> Response[ManyScrubsAnswer]:
        """Hold many claims against every rule: those named, and those of a batch."""
        return await request.run(lambda store: runs.scrub_many(store, data), _all)

    @get("/{run_id:uuid}", operation_id="get_scrub_run", scope=Scope.CLAIMS_READ)
    async def read(self, request: Call, run_id: FromPath[UUID]) -> Response[ScrubAnswer]:
        """One run with its results."""
        return await request.run(lambda store: runs.get_run(store, run_id), one(ScrubAnswer))
