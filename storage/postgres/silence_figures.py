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
               (decision.recorded_at AT TIME ZONE %(time_zone)s)::date
               - (claim.submitted_at AT TIME ZONE %(time_zone)s)::date,
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
WITH waiting AS (
    -- nobody has decided; what replaces a claim is answered in its place, and a void claim by the
    -- reversal of what it voids
    SELECT claim.primary_payer_id AS payer_id, claim.submitted_at AS since,
           claim.total_charge_cents AS charge_cents
    FROM claims AS claim
    LEFT JOIN claims AS original
      ON original.company_id = claim.company_id AND original.id = claim.replaces_id
    WHERE claim.company_id = %(company_id)s
      AND claim.status IN ('submitted', 'accepted')
      AND claim.adjudication_status = 'not_adjudicated'
      AND NOT claim.is_replaced
      AND (claim.frequency <> '8'
           OR original.adjudication_status NOT IN ('not_adjudicated', 'reversed'))
    UNION ALL
    -- the payer took its decision back and has not decided again
    SELECT claim.primary_payer_id, max(reversal.recorded_at), claim.total_charge_cents
    FROM claims AS claim
    JOIN adjudications AS reversal
      ON reversal.company_id = claim.company_id AND reversal.claim_id = claim.id
     AND reversal.outcome = 'reversed'
    WHERE claim.company_id = %(company_id)s
      AND claim.status IN ('submitted', 'accepted')
      AND claim.adjudication_status = 'reversed'
      AND NOT claim.is_replaced
      AND claim.insurance_balance_cents > 0
    GROUP BY claim.company_id, claim.id
    UNION ALL
    -- the next payer has it, from us or from the payer before it, and has not decided
    SELECT CASE given.payer_sequence WHEN 2 THEN claim.secondary_payer_id
           ELSE claim.tertiary_payer_id END,
           max(given.since), claim.total_charge_cents
    FROM claims AS claim
    JOIN (
        SELECT filed.company_id, filed.claim_id,
               CASE filed.responsibility WHEN 'S' THEN 2 ELSE 3 END AS payer_sequence,
               file.sent_at AS since
        FROM filed_claims AS filed
        JOIN claim_files AS file
          ON file.company_id = filed.company_id AND file.id = filed.claim_file_id
        WHERE filed.company_id = %(company_id)s
          AND filed.responsibility IN ('S', 'T')
          AND filed.status IN ('sent', 'received', 'accepted')
        UNION ALL
        SELECT decision.company_id, decision.claim_id, decision.payer_sequence + 1,
               decision.recorded_at
        FROM adjudications AS decision
        WHERE decision.company_id = %(company_id)s
          AND decision.is_forwarded
          AND decision.outcome NOT IN ('predetermination', 'not_ours', 'reversed')
    ) AS given
      ON given.company_id = claim.company_id AND given.claim_id = claim.id
    WHERE claim.company_id = %(company_id)s
      AND claim.status IN ('submitted', 'accepted')
      AND claim.insurance_balance_cents > 0
      AND NOT claim.is_replaced
      AND claim.adjudication_status NOT IN ('not_adjudicated', 'reversed')
      AND NOT EXISTS (
          SELECT FROM adjudications AS answer
          WHERE answer.company_id = claim.company_id AND answer.claim_id = claim.id
            AND answer.payer_sequence = given.payer_sequence
            AND answer.outcome NOT IN ('predetermination', 'not_ours', 'reversed')
      )
    GROUP BY claim.company_id, claim.id, given.payer_sequence
)
SELECT waiting.payer_id, count(*), min(waiting.since), sum(waiting.charge_cents)::bigint
FROM waiting
LEFT JOIN unnest(%(payer_ids)s::uuid[], %(payers_before)s::timestamptz[])
     AS paced(payer_id, submitted_before)
  ON paced.payer_id = waiting.payer_id
WHERE waiting.payer_id IS NOT NULL
  AND waiting.since < coalesce(paced.submitted_before, %(submitted_before)s)
GROUP BY waiting.payer_id
ORDER BY min(waiting.since), waiting.payer_id
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

    async def payer_paces(self, *, since: dt.datetime, time_zone: str) -> list[PayerPace]:
        given = {"since": since, "time_zone": time_zone}
        return [PayerPace(*row) for row in await self._rows(_PACES, given)]

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
