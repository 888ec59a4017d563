"""Facts of claims, computed from their rows; their sums by month.

A claim and those that went out to replace it are one claim to a payer, and so they are here: it
counts with the first of them, and what became of the others is a fact of that.
"""

from storage.postgres.figure_measures import (
    CASH_CENTS,
    IS_CASH,
    IS_CONTRACTUAL,
    Source,
    of_source,
)
from storage.tables.figures import ClaimFactFields

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

_BOOKED = f"""sum(item.amount_cents) FILTER (WHERE {IS_CONTRACTUAL}) AS contractual_cents,
           sum({CASH_CENTS}) FILTER (WHERE {IS_CASH}) AS cash_cents"""

_FACTS = """
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
       claim.patient_balance_cents"""

_BESIDE = f"""CROSS JOIN LATERAL (
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
    SELECT {_BOOKED}
    FROM unnest(family.ids) AS member (id)
    CROSS JOIN LATERAL (
        SELECT * FROM ledger_entries
        WHERE company_id = claim.company_id AND claim_id = member.id OFFSET 0
    ) AS item
) AS booked ON true"""  # noqa: S608 -- expressions of ours
"""What facts are made of beside the claim itself."""

_BESIDE_BEGUN = f"""CROSS JOIN (
    SELECT false AS is_taken_back, true AS are_settled, 0::bigint AS booked_cents
) AS family
CROSS JOIN (SELECT NULL::timestamptz AS recorded_at, NULL::boolean AS is_clean) AS scrubbed
CROSS JOIN (SELECT NULL::timestamptz AS first_at, NULL::timestamptz AS last_at) AS sent
CROSS JOIN (
    SELECT NULL::date AS first_on, NULL::boolean AS first_denies, NULL::boolean AS needed_work
) AS decided
LEFT JOIN (
    SELECT item.claim_id, {_BOOKED}
    FROM entries AS item
    GROUP BY item.claim_id
) AS booked ON booked.claim_id = claim.id"""  # noqa: S608 -- expressions of ours
"""The same of claims that have entries in the books (``entries``) and nothing else."""

_CLAIMS_MEANT = """unnest(%(ids)s::uuid[]) AS meant (id)
CROSS JOIN LATERAL (
    SELECT * FROM claims WHERE company_id = %(company_id)s AND id = meant.id OFFSET 0
)"""
"""Claim by claim, each by its key: those that an import writes are in no statistics, and a plan
that takes them as a set reads for every two thousand all that came before (OFFSET 0 forbids it)."""


def _facts(claims: str, beside: str) -> str:
    return f"""{_FACTS}
FROM {claims} AS claim
JOIN companies AS company ON company.company_id = claim.company_id
{beside}
WHERE claim.company_id = %(company_id)s AND company.company_id = %(company_id)s
"""


FACTS = _facts("claims", _BESIDE)
"""The facts of every claim of the company, from its rows."""
FACTS_OF_SOME = _facts(_CLAIMS_MEANT, _BESIDE)
"""The facts of claims of given ``ids``."""
FACTS_OF_BEGUN = _facts(_CLAIMS_MEANT, _BESIDE_BEGUN)
"""The same of claims that have entries in the books (``entries``) and nothing else."""


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


CELL = "payer_id, provider_id, location"
"""By what sums are kept, beside measure and month."""
ADD_TO_SUMS = f"""
INSERT INTO figure_sums (company_id, id, measure, month, {CELL}, items, amount, is_folded)
SELECT %(company_id)s::uuid, gen_random_uuid(), measure, month, {CELL},
       sum(items), sum(amount), false
FROM moved
GROUP BY measure, month, {CELL}
HAVING sum(items) <> 0 OR sum(amount) <> 0
"""  # noqa: S608 -- names of ours
"""Appends what has ``moved``, in rows as ``measured`` makes them."""
