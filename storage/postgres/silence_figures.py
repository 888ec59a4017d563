"""What has gone out and was not answered, counted by the database."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from storage.figures import PayerPace, UnansweredClaims, UnansweredFile
from storage.postgres.bound import BoundTransaction

_FILES = """
SELECT file.id, file.partner_id, file.sent_at, file.acknowledged_at IS NOT NULL,
       count(filed.id), coalesce(sum(filed.charge_cents), 0)::bigint
FROM claim_files AS file
JOIN filed_claims AS filed
  ON filed.company_id = file.company_id AND filed.claim_file_id = file.id
 AND filed.status = 'sent'
WHERE file.company_id = %(company_id)s
  AND file.status IN ('sent', 'accepted')
  AND file.sent_at < %(sent_before)s
GROUP BY file.company_id, file.id
ORDER BY file.sent_at, file.id
LIMIT %(row_limit)s
"""

_PACES = """
SELECT first_answer.payer_id, count(*),
       percentile_disc(0.9) WITHIN GROUP (ORDER BY first_answer.days)
FROM (
    SELECT DISTINCT ON (decision.claim_id)
           decision.payer_id,
           greatest(
               (decision.recorded_at AT TIME ZONE 'UTC')::date
               - (claim.submitted_at AT TIME ZONE 'UTC')::date,
               0
           ) AS days
    FROM adjudications AS decision
    JOIN claims AS claim
      ON claim.company_id = decision.company_id AND claim.id = decision.claim_id
     AND claim.primary_payer_id = decision.payer_id AND claim.submitted_at IS NOT NULL
    WHERE decision.company_id = %(company_id)s
      AND decision.recorded_at >= %(since)s
      AND decision.outcome NOT IN ('predetermination', 'not_ours', 'reversed')
    ORDER BY decision.claim_id, decision.recorded_at, decision.id
) AS first_answer
GROUP BY first_answer.payer_id
"""

_CLAIMS = """
SELECT claim.primary_payer_id, count(*), min(claim.submitted_at),
       sum(claim.total_charge_cents)::bigint
FROM claims AS claim
LEFT JOIN unnest(%(payer_ids)s::uuid[], %(payers_before)s::timestamptz[])
     AS given(payer_id, submitted_before)
  ON given.payer_id = claim.primary_payer_id
WHERE claim.company_id = %(company_id)s
  AND claim.status IN ('submitted', 'accepted')
  AND claim.adjudication_status = 'not_adjudicated'
  AND claim.submitted_at < coalesce(given.submitted_before, %(submitted_before)s)
GROUP BY claim.primary_payer_id
ORDER BY min(claim.submitted_at), claim.primary_payer_id
"""


class PostgresSilenceFigures:
    """See ``storage.interface.SilenceFigures``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def unanswered_files(
        self, *, sent_before: dt.datetime, limit: int
    ) -> list[UnansweredFile]:
        return [
            UnansweredFile(*row)
            for row in await self._rows(_FILES, {"sent_before": sent_before, "row_limit": limit})
        ]

    async def payer_paces(self, *, since: dt.datetime) -> list[PayerPace]:
        return [PayerPace(*row) for row in await self._rows(_PACES, {"since": since})]

    async def undecided_claims(
        self, *, submitted_before: dt.datetime, of_payers: Mapping[UUID, dt.datetime]
    ) -> list[UnansweredClaims]:
        given = {
            "submitted_before": submitted_before,
            "payer_ids": list(of_payers),
            "payers_before": list(of_payers.values()),
        }
        return [UnansweredClaims(*row) for row in await self._rows(_CLAIMS, given)]

    async def _rows(self, statement: str, given: Mapping[str, object]) -> list[tuple[Any, ...]]:
        cursor = await self._store.execute(
            statement, {"company_id": self._store.company_id, **given}
        )
        return await cursor.fetchall()
