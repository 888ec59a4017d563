ALTER TABLE claim_facts ADD COLUMN first_scrubbed_on DATE, ADD COLUMN is_clean BOOLEAN NOT NULL DEFAULT false;

ALTER TABLE claim_facts ALTER COLUMN is_clean DROP DEFAULT;

-- facts and sums anew
DELETE FROM figure_sums;

DELETE FROM claim_facts;

INSERT INTO claim_facts (company_id, id, payer_id, provider_id, location, service_on, first_scrubbed_on, first_billed_on, last_billed_on, first_decided_on, is_clean, is_out, is_turned_away, is_voided, is_initially_denied, is_first_pass, charge_cents, contractual_cents, cash_cents, insurance_balance_cents, patient_balance_cents)
SELECT claim.company_id, claim.id,
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
       claim.status = 'rejected' AS is_turned_away,
       claim.status = 'voided' AS is_voided,
       claim.submitted_at IS NOT NULL AND coalesce(decided.first_denies, false)
           AS is_initially_denied,
       claim.submitted_at IS NOT NULL AND decided.first_on IS NOT NULL
           AND claim.insurance_balance_cents = 0 AND claim.appeal_count = 0
           AND NOT decided.needed_work
           AND NOT EXISTS (
               SELECT FROM claim_acknowledgements AS back
               WHERE back.company_id = claim.company_id AND back.claim_id = claim.id
                 AND back.outcome = 'rejected'
           ) AS is_first_pass,
       claim.total_charge_cents AS charge_cents,
       coalesce(booked.contractual_cents, 0)::bigint AS contractual_cents,
       coalesce(booked.cash_cents, 0)::bigint AS cash_cents,
       claim.insurance_balance_cents,
       claim.patient_balance_cents
FROM claims AS claim
JOIN companies AS company ON company.company_id = claim.company_id
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
    FROM adjudications AS decision
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM denials AS denial
            WHERE denial.company_id = claim.company_id AND denial.claim_id = claim.id
              AND denial.adjudication_id = decision.id
        ) AS it
    ) AS denies
    WHERE decision.company_id = claim.company_id AND decision.claim_id = claim.id
) AS decided ON true
LEFT JOIN LATERAL (
    SELECT sum(item.amount_cents) FILTER (WHERE ((item.kind = 'write_off' AND item.adjustment_id IS NOT NULL) OR (item.kind = 'insurance_write_off' AND EXISTS (SELECT FROM write_offs AS reason WHERE reason.company_id = item.company_id AND reason.id = item.source_id AND reason.reason_code = 'contractual')))) AS contractual_cents,
           sum(CASE WHEN item.credit_account IN ('insurance_receivable', 'patient_receivable') THEN item.amount_cents ELSE -item.amount_cents END) FILTER (WHERE ((item.credit_account IN ('insurance_receivable', 'patient_receivable') AND item.debit_account NOT IN ('insurance_receivable', 'patient_receivable', 'revenue', 'write_off', 'company_write_off')) OR (item.debit_account IN ('insurance_receivable', 'patient_receivable') AND item.credit_account NOT IN ('insurance_receivable', 'patient_receivable', 'revenue', 'write_off', 'company_write_off')))) AS cash_cents
    FROM ledger_entries AS item
    WHERE item.company_id = claim.company_id AND item.claim_id = claim.id
) AS booked ON true;

INSERT INTO figure_sums (company_id, id, measure, month, payer_id, provider_id, location, items, amount, is_folded)
SELECT company_id, gen_random_uuid(), measure, month, payer_id, provider_id, location, sum(items), sum(amount), true
FROM (
    SELECT fact.company_id, measured.name AS measure, date_trunc('month', measured.day::timestamp)::date AS month,
           fact.payer_id, fact.provider_id, fact.location,
           1 AS items, measured.amount AS amount
    FROM claim_facts AS fact
    CROSS JOIN LATERAL (VALUES
        ('scrubbed', CASE WHEN fact.first_scrubbed_on IS NOT NULL THEN fact.first_scrubbed_on END, (fact.charge_cents)::bigint),
        ('clean', CASE WHEN fact.is_clean THEN fact.first_scrubbed_on END, (fact.charge_cents)::bigint),
        ('never_scrubbed', CASE WHEN fact.is_out AND fact.first_scrubbed_on IS NULL THEN fact.first_billed_on END, (fact.charge_cents)::bigint),
        ('submitted', CASE WHEN fact.is_out THEN fact.first_billed_on END, (fact.charge_cents)::bigint),
        ('turned_away', CASE WHEN fact.is_turned_away THEN fact.first_billed_on END, (fact.charge_cents)::bigint),
        ('voided', CASE WHEN fact.is_voided THEN fact.first_billed_on END, (fact.charge_cents)::bigint),
        ('decided', CASE WHEN fact.is_out THEN fact.first_decided_on END, (fact.charge_cents)::bigint),
        ('first_pass', CASE WHEN fact.is_first_pass THEN fact.first_decided_on END, (fact.charge_cents)::bigint),
        ('initially_denied', CASE WHEN fact.is_initially_denied THEN fact.first_decided_on END, (fact.charge_cents)::bigint),
        ('settled_cash', CASE WHEN fact.is_out AND fact.insurance_balance_cents = 0 AND fact.patient_balance_cents = 0 THEN fact.service_on END, (fact.cash_cents)::bigint),
        ('settled_revenue', CASE WHEN fact.is_out AND fact.insurance_balance_cents = 0 AND fact.patient_balance_cents = 0 THEN fact.service_on END, (fact.charge_cents - fact.contractual_cents)::bigint),
        ('unsettled', CASE WHEN fact.is_out AND NOT (fact.is_out AND fact.insurance_balance_cents = 0 AND fact.patient_balance_cents = 0) THEN fact.service_on END, (fact.charge_cents)::bigint)
    ) AS measured (name, day, amount)
    WHERE measured.day IS NOT NULL
    UNION ALL
    SELECT fact.company_id, measured.name AS measure, date_trunc('month', measured.day::timestamp)::date AS month,
           fact.payer_id, fact.provider_id, fact.location,
           1 AS items, measured.amount AS amount
    FROM ledger_entries AS item JOIN claim_facts AS fact ON fact.company_id = item.company_id AND fact.id = item.claim_id
    CROSS JOIN LATERAL (VALUES
        ('net_revenue', CASE WHEN item.kind = 'charge' OR ((item.kind = 'write_off' AND item.adjustment_id IS NOT NULL) OR (item.kind = 'insurance_write_off' AND EXISTS (SELECT FROM write_offs AS reason WHERE reason.company_id = item.company_id AND reason.id = item.source_id AND reason.reason_code = 'contractual'))) THEN item.effective_on END, (CASE WHEN item.kind = 'charge' THEN item.amount_cents ELSE -item.amount_cents END)::bigint),
        ('receivable', CASE WHEN (item.debit_account IN ('insurance_receivable', 'patient_receivable')) <> (item.credit_account IN ('insurance_receivable', 'patient_receivable')) THEN item.effective_on END, (CASE WHEN item.debit_account IN ('insurance_receivable', 'patient_receivable') THEN item.amount_cents ELSE -item.amount_cents END)::bigint),
        ('payer_cash', CASE WHEN ((item.credit_account IN ('insurance_receivable') AND item.debit_account NOT IN ('insurance_receivable', 'patient_receivable', 'revenue', 'write_off', 'company_write_off')) OR (item.debit_account IN ('insurance_receivable') AND item.credit_account NOT IN ('insurance_receivable', 'patient_receivable', 'revenue', 'write_off', 'company_write_off'))) THEN item.effective_on END, (CASE WHEN item.credit_account IN ('insurance_receivable') THEN item.amount_cents ELSE -item.amount_cents END)::bigint),
        ('patient_cash', CASE WHEN ((item.credit_account IN ('patient_receivable') AND item.debit_account NOT IN ('insurance_receivable', 'patient_receivable', 'revenue', 'write_off', 'company_write_off')) OR (item.debit_account IN ('patient_receivable') AND item.credit_account NOT IN ('insurance_receivable', 'patient_receivable', 'revenue', 'write_off', 'company_write_off'))) THEN item.effective_on END, (CASE WHEN item.credit_account IN ('patient_receivable') THEN item.amount_cents ELSE -item.amount_cents END)::bigint)
    ) AS measured (name, day, amount)
    WHERE measured.day IS NOT NULL
) AS counted
GROUP BY company_id, measure, month, payer_id, provider_id, location;
