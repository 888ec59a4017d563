"""Facts of claims, and their sums by month: written by the transaction that changes a claim.

A store notes every claim of which it writes a row that facts are computed of. Before it commits,
the facts of those are computed from the rows as they then are, and what that adds to the sums or
takes away is appended to them. Whoever changes the same claim meanwhile waits for the row of its
facts, so that neither overlooks what the other did.

A claim and those that went out to replace it are one claim to a payer, and so they are here: it
counts with the first of them, and what became of the others is a fact of that.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from storage.postgres.arrays import array_of
from storage.postgres.bound import BoundTransaction
from storage.postgres.figure_measures import (
    CASH_CENTS,
    IS_CASH,
    IS_CONTRACTUAL,
    Source,
    of_source,
)
from storage.tables.claims import Claim, ClaimAcknowledgement, ClaimTransmission
from storage.tables.figures import ClaimFactFields
from storage.tables.ledger import Adjudication, Denial, LedgerEntry
from storage.tables.scrubbing import ScrubRun

CLAIM_COLUMNS: Mapping[type[SQLModel], str] = {
    Claim: "id",
    ClaimTransmission: "claim_id",
    ClaimAcknowledgement: "claim_id",
    Adjudication: "claim_id",
    Denial: "claim_id",
    LedgerEntry: "claim_id",
    ScrubRun: "claim_id",
}
"""The rows that facts are computed of, and the column that names the claim."""

_AT_ONCE = 5_000
_MANY = 100
"""Claims of which each must not read all the others, whatever plan there is."""

_ORIGINALS = """
WITH RECURSIVE meant AS (
    SELECT unnest(%(ids)s::uuid[]) AS id
    UNION
    SELECT claim.replaces_id
    FROM meant
    CROSS JOIN LATERAL (
        SELECT replaces_id FROM claims WHERE company_id = %(company_id)s AND id = meant.id OFFSET 0
    ) AS claim
    WHERE claim.replaces_id IS NOT NULL
)
SELECT id FROM meant
"""
"""Some claims, and those that they replace."""

_HOLD = """
SELECT FROM claim_facts
WHERE company_id = %(company_id)s AND id = ANY (%(ids)s::uuid[])
ORDER BY id
FOR NO KEY UPDATE
"""

_OF_LATER = ", ".join(
    f"other.{name}"
    for name in (
        "company_id",
        "id",
        "frequency",
        "is_replaced",
        "total_charge_cents",
        "insurance_balance_cents",
        "patient_balance_cents",
    )
)

COLUMNS = tuple(ClaimFactFields.model_fields)

FACTS = f"""
SELECT claim.id,
       claim.primary_payer_id AS payer_id,
       claim.rendering_provider_id AS provider_id,
       coalesce(claim.facility_id, '') AS location,
       claim.service_date AS service_on,
       (scrubbed.recorded_at AT TIME ZONE company.time_zone)::date AS first_scrubbed_on,
       (coalesce(sent.first_at, claim.submitted_at) AT TIME ZONE company.time_zone)::date
           AS first_billed_on,
       (coalesce(sent.last_at, claim.submitted_at) AT TIME ZONE company.time_zone)::date
           AS last_billed_on,
       decided.first_on AS first_decided_on,
       coalesce(scrubbed.is_clean, false) AS is_clean,
       claim.submitted_at IS NOT NULL AS is_out,
       claim.status = 'rejected' AND claim.frequency = '1' AS is_turned_away,
       (claim.status = 'voided' OR family.is_taken_back) AND claim.frequency = '1' AS is_voided,
       claim.frequency = '1' AND NOT family.is_taken_back AS is_counted,
       claim.submitted_at IS NOT NULL AND claim.insurance_balance_cents = 0
           AND claim.patient_balance_cents = 0 AND family.are_settled AS is_settled,
       claim.submitted_at IS NOT NULL AND claim.frequency = '1' AND NOT family.is_taken_back
           AND coalesce(decided.first_denies, false) AS is_initially_denied,
       claim.submitted_at IS NOT NULL AND decided.first_on IS NOT NULL
           AND claim.frequency = '1' AND NOT claim.is_replaced
           AND claim.insurance_balance_cents = 0 AND claim.appeal_count = 0
           AND NOT decided.needed_work
           AND NOT EXISTS (
               SELECT FROM claim_acknowledgements AS back
               WHERE back.company_id = claim.company_id AND back.claim_id = claim.id
                 AND back.outcome = 'rejected'
           ) AS is_first_pass,
       claim.total_charge_cents AS charge_cents,
       CASE WHEN claim.is_replaced OR claim.frequency = '8' THEN 0
            ELSE claim.total_charge_cents END + family.booked_cents AS booked_cents,
       coalesce(booked.contractual_cents, 0)::bigint AS contractual_cents,
       coalesce(booked.cash_cents, 0)::bigint AS cash_cents,
       claim.insurance_balance_cents,
       claim.patient_balance_cents
FROM claims AS claim
JOIN companies AS company ON company.company_id = claim.company_id
CROSS JOIN LATERAL (
    WITH RECURSIVE later AS (
        SELECT {_OF_LATER} FROM claims AS other
        WHERE claim.is_replaced AND claim.frequency = '1'
          AND other.company_id = claim.company_id AND other.replaces_id = claim.id
          AND other.submitted_at IS NOT NULL
        UNION ALL
        SELECT {_OF_LATER} FROM later
        JOIN claims AS other
            ON other.company_id = later.company_id AND other.replaces_id = later.id
        WHERE later.is_replaced AND other.submitted_at IS NOT NULL
    )
    SELECT claim.id || coalesce(array_agg(later.id), '{{}}') AS ids,
           coalesce(bool_or(later.frequency = '8'), false) AS is_taken_back,
           coalesce(bool_and(later.insurance_balance_cents = 0
                             AND later.patient_balance_cents = 0), true) AS are_settled,
           coalesce(sum(CASE WHEN later.is_replaced OR later.frequency = '8' THEN 0
                             ELSE later.total_charge_cents END), 0)::bigint AS booked_cents
    FROM later
) AS family
LEFT JOIN scrub_runs AS scrubbed
    ON scrubbed.company_id = claim.company_id AND scrubbed.claim_id = claim.id
   AND scrubbed.run_number = 1
LEFT JOIN LATERAL (
    SELECT min(transmitted_at) AS first_at, max(transmitted_at) AS last_at
    FROM claim_transmissions
    WHERE company_id = claim.company_id AND claim_id = claim.id
) AS sent ON true
LEFT JOIN LATERAL (
    SELECT (array_agg(decision.effective_on ORDER BY decision.effective_on, decision.order_key,
                      decision.id)
               FILTER (WHERE decision.outcome NOT IN ('predetermination', 'not_ours', 'reversed'))
           )[1] AS first_on,
           (array_agg(denies.it ORDER BY decision.effective_on, decision.order_key, decision.id)
               FILTER (WHERE decision.outcome NOT IN ('predetermination', 'not_ours', 'reversed'))
           )[1] AS first_denies,
           bool_or(denies.it) OR bool_or(decision.outcome = 'reversed')
               OR count(*) FILTER (WHERE decision.outcome NOT IN ('predetermination', 'not_ours'))
                  > count(DISTINCT decision.payer_sequence)
                    FILTER (WHERE decision.outcome NOT IN ('predetermination', 'not_ours'))
               AS needed_work
    FROM unnest(family.ids) AS member (id)
    CROSS JOIN LATERAL (
        SELECT * FROM adjudications
        WHERE company_id = claim.company_id AND claim_id = member.id OFFSET 0
    ) AS decision
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM denials AS denial
            WHERE denial.company_id = claim.company_id AND denial.claim_id = decision.claim_id
              AND denial.adjudication_id = decision.id
        ) AS it
    ) AS denies
) AS decided ON true
LEFT JOIN LATERAL (
    SELECT sum(item.amount_cents) FILTER (WHERE {IS_CONTRACTUAL}) AS contractual_cents,
           sum({CASH_CENTS}) FILTER (WHERE {IS_CASH}) AS cash_cents
    FROM unnest(family.ids) AS member (id)
    CROSS JOIN LATERAL (
        SELECT * FROM ledger_entries
        WHERE company_id = claim.company_id AND claim_id = member.id OFFSET 0
    ) AS item
) AS booked ON true
WHERE claim.company_id = %(company_id)s AND company.company_id = %(company_id)s
"""  # noqa: S608 -- expressions of ours
"""The facts of every claim of the company, from its rows."""


_EVERY_CLAIM = "FROM claims AS claim\n"
_CLAIMS_MEANT = """FROM unnest(%(ids)s::uuid[]) AS meant (id)
CROSS JOIN LATERAL (
    SELECT * FROM claims WHERE company_id = %(company_id)s AND id = meant.id OFFSET 0
) AS claim
"""
"""Claim by claim, each by its key: those that an import writes are in no statistics, and a plan
that takes them as a set reads for every two thousand all that came before (OFFSET 0 forbids it)."""
assert FACTS.count(_EVERY_CLAIM) == 1


def measured(source: Source, *, rows: str, sign: str = "") -> str:
    """What some rows come to in the measures of a source, one row a measure that counts them.

    ``rows`` is a FROM clause with its conditions last.
    """
    tables, _, conditions = rows.partition(" WHERE ")
    measures = of_source(source)
    names = ", ".join(f"'{name}'" for name in measures)
    days = ",\n            ".join(
        f"CASE WHEN {each.condition} THEN {each.day} END" for each in measures.values()
    )
    amounts = ", ".join(f"({each.amount})::bigint" for each in measures.values())
    return f"""
    SELECT measured.name AS measure, date_trunc('month', measured.day::timestamp)::date AS month,
           fact.payer_id, fact.provider_id, fact.location,
           {sign}1 AS items, {sign}measured.amount AS amount
    {tables}
    CROSS JOIN LATERAL (SELECT
        unnest(ARRAY[{names}]) AS name,
        unnest(ARRAY[{days}]) AS day,
        unnest(ARRAY[{amounts}]) AS amount
    ) AS measured
    WHERE measured.day IS NOT NULL{conditions and f" AND {conditions}"}"""


_CELL = "payer_id, provider_id, location"
_ENTRIES = """FROM entries AS item
    JOIN {new} AS fact ON fact.id = item.claim_id
    LEFT JOIN {old} AS other ON other.id = item.claim_id
    WHERE {condition}"""
_IS_NEW = "(item.xid = pg_current_xact_id() AND item.recorded_at = %(now)s)"
_HAS_MOVED = (
    "(fact.payer_id, fact.provider_id, fact.location)"
    " IS DISTINCT FROM (other.payer_id, other.provider_id, other.location)"
)


@cache
def _refresh() -> str:
    """One statement: facts as they are now, and to the sums what differs from before.

    Entries of the ledger never change, so only new ones count, and those of a claim that has come
    under another payer, provider or location.
    """
    columns = ", ".join(COLUMNS)
    excluded = ", ".join(f"excluded.{name}" for name in COLUMNS)
    kept = ", ".join(f"claim_facts.{name}" for name in COLUMNS)
    come = _ENTRIES.format(new="latter", old="former", condition=f"({_IS_NEW} OR {_HAS_MOVED})")
    left = _ENTRIES.format(new="former", old="latter", condition=f"NOT {_IS_NEW} AND {_HAS_MOVED}")
    return f"""
WITH former AS (
    SELECT id, {columns} FROM claim_facts
    WHERE company_id = %(company_id)s AND id = ANY (%(ids)s::uuid[])
),
entries AS (
    SELECT item.*
    FROM unnest(%(ids)s::uuid[]) AS meant (id)
    CROSS JOIN LATERAL (
        SELECT * FROM ledger_entries
        WHERE company_id = %(company_id)s AND claim_id = meant.id OFFSET 0
    ) AS item
),
latter AS (
    {FACTS.replace(_EVERY_CLAIM, _CLAIMS_MEANT)}
),
saved AS (
    INSERT INTO claim_facts (company_id, id, {columns})
    SELECT %(company_id)s::uuid, id, {columns} FROM latter
    ON CONFLICT (company_id, id) DO UPDATE SET ({columns}) = ROW ({excluded})
    WHERE ({kept}) IS DISTINCT FROM ({excluded})
),
gone AS (
    DELETE FROM claim_facts
    WHERE company_id = %(company_id)s AND id = ANY (%(ids)s::uuid[])
      AND id NOT IN (SELECT id FROM latter)
),
moved AS (
    {measured(Source.CLAIMS, rows="FROM latter AS fact")}
    UNION ALL
    {measured(Source.CLAIMS, rows="FROM former AS fact", sign="-")}
    UNION ALL
    {measured(Source.LEDGER, rows=come)}
    UNION ALL
    {measured(Source.LEDGER, rows=left, sign="-")}
)
INSERT INTO figure_sums (company_id, id, measure, month, {_CELL}, items, amount, is_folded)
SELECT %(company_id)s::uuid, gen_random_uuid(), measure, month, {_CELL},
       sum(items), sum(amount), false
FROM moved
GROUP BY measure, month, {_CELL}
HAVING sum(items) <> 0 OR sum(amount) <> 0
"""  # noqa: S608 -- names and expressions of ours


def refresh_statements() -> tuple[str, str]:
    """What keeping the facts of some claims takes: holding them, and computing them anew."""
    return _HOLD, _refresh()


async def _originals(store: BoundTransaction) -> list[UUID]:
    """The claims whose facts the changed ones are part of, in the order in which they are held."""
    changed = {each for each in store.claims_changed if each is not None}
    if asked := changed - store.claims_begun:
        found = await store.execute(
            _ORIGINALS, {"company_id": store.company_id, "ids": array_of(list(asked))}
        )
        changed.update(claim_id for (claim_id,) in await found.fetchall())
    return sorted(changed, key=lambda each: each.int)


async def refresh_facts(store: BoundTransaction) -> None:
    """Compute the facts of the claims that were changed anew, and correct the sums by what differs.

    To be called once for a claim in a transaction, after all that it writes of the claim. Where
    every claim was begun here, nothing is asked, and who sends statements ahead waits for none.
    """
    if len(store.claims_changed) >= _MANY:
        await store.plan_for_any_company()
    ordered = await _originals(store)
    for first in range(0, len(ordered), _AT_ONCE):
        parameters: dict[str, Any] = {
            "company_id": store.company_id,
            "ids": array_of(ordered[first : first + _AT_ONCE]),
            "now": store.now,
        }
        for statement in refresh_statements():
            await store.execute(statement, parameters)
