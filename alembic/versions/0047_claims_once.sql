ALTER TABLE claim_facts ADD COLUMN is_counted BOOLEAN NOT NULL DEFAULT true, ADD COLUMN is_settled BOOLEAN NOT NULL DEFAULT false, ADD COLUMN booked_cents BIGINT NOT NULL DEFAULT 0;

ALTER TABLE claim_facts ALTER COLUMN is_counted DROP DEFAULT, ALTER COLUMN is_settled DROP DEFAULT, ALTER COLUMN booked_cents DROP DEFAULT;

CREATE TABLE figure_checks (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    is_sound BOOLEAN,
    claim_count INTEGER NOT NULL,
    differences TEXT[] NOT NULL,
    CONSTRAINT pk_figure_checks PRIMARY KEY (company_id, id),
    CONSTRAINT ck_figure_checks_finished_with_an_answer CHECK ((finished_at IS NULL) = (is_sound IS NULL)),
    CONSTRAINT ck_figure_checks_sound_without_differences CHECK (is_sound IS NOT TRUE OR differences = '{}'),
    CONSTRAINT ck_figure_checks_counts_are_not_negative CHECK (claim_count >= 0)
);

ALTER TABLE figure_checks ENABLE ROW LEVEL SECURITY;

ALTER TABLE figure_checks FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON figure_checks AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON figure_checks AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON figure_checks TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON figure_checks TO wellkept_worker;

-- facts and sums anew
DELETE FROM figure_sums;

DELETE FROM claim_facts;

INSERT INTO claim_facts (company_id, id, payer_id, provider_id, location, service_on, first_scrubbed_on, first_billed_on, last_billed_on, first_decided_on, is_clean, is_out, is_turned_away, is_voided, is_counted, is_settled, is_initially_denied, is_first_pass, charge_cents, booked_cents, contractual_cents, cash_cents, insurance_balance_cents, patient_balance_cents)
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
        SELECT other.company_id, other.id, other.frequency, other.is_replaced, other.total_charge_cents, other.insurance_balance_cents, other.patient_balance_cents FROM claims AS other
        WHERE claim.is_replaced AND claim.frequency = '1'
          AND other.company_id = claim.company_id AND other.replaces_id = claim.id
          AND other.submitted_at IS NOT NULL
        UNION ALL
        SELECT other.company_id, other.id, other.frequency, other.is_replaced, other.total_charge_cents, other.insurance_balance_cents, other.patient_balance_cents FROM later
        JOIN claims AS other
            ON other.company_id = later.company_id AND other.replaces_id = later.id
        WHERE later.is_replaced AND other.submitted_at IS NOT NULL
    )
    SELECT claim.id || coalesce(array_agg(later.id), '{}') AS ids,
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
    FROM adjudications AS decision
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM denials AS denial
            WHERE denial.company_id = claim.company_id AND denial.claim_id = decision.claim_id
              AND denial.adjudication_id = decision.id
        ) AS it
    ) AS denies
    WHERE decision.company_id = claim.company_id AND decision.claim_id = ANY (family.ids)
) AS decided ON true
LEFT JOIN LATERAL (
    SELECT sum(item.amount_cents) FILTER (WHERE ((item.kind = 'write_off' AND item.adjustment_id IS NOT NULL) OR (item.kind = 'insurance_write_off' AND EXISTS (SELECT FROM write_offs AS reason WHERE reason.company_id = item.company_id AND reason.id = item.source_id AND reason.reason_code = 'contractual')))) AS contractual_cents,
           sum(CASE WHEN item.credit_account IN ('insurance_receivable', 'patient_receivable') THEN item.amount_cents ELSE -item.amount_cents END) FILTER (WHERE ((item.credit_account IN ('insurance_receivable', 'patient_receivable') AND item.debit_account NOT IN ('insurance_receivable', 'patient_receivable', 'revenue', 'write_off', 'company_write_off')) OR (item.debit_account IN ('insurance_receivable', 'patient_receivable') AND item.credit_account NOT IN ('insurance_receivable', 'patient_receivable', 'revenue', 'write_off', 'company_write_off')))) AS cash_cents
    FROM ledger_entries AS item
    WHERE item.company_id = claim.company_id AND item.claim_id = ANY (family.ids)
) AS booked ON true;

INSERT INTO figure_sums (company_id, id, measure, month, payer_id, provider_id, location, items, amount, is_folded)
SELECT company_id, gen_random_uuid(), measure, month, payer_id, provider_id, location, sum(items), sum(amount), true
FROM (
    SELECT fact.company_id, measured.name AS measure, date_trunc('month', measured.day::timestamp)::date AS month,
           fact.payer_id, fact.provider_id, fact.location,
           1 AS items, measured.amount AS amount
    FROM claim_facts AS fact
    CROSS JOIN LATERAL (VALUES
        ('scrubbed', CASE WHEN fact.is_counted THEN fact.first_scrubbed_on END, (fact.charge_cents)::bigint),
        ('clean', CASE WHEN fact.is_clean AND fact.is_counted THEN fact.first_scrubbed_on END, (fact.charge_cents)::bigint),
        ('never_scrubbed', CASE WHEN fact.is_out AND fact.is_counted AND fact.first_scrubbed_on IS NULL THEN fact.first_billed_on END, (fact.charge_cents)::bigint),
        ('submitted', CASE WHEN fact.is_out AND fact.is_counted THEN fact.first_billed_on END, (fact.charge_cents)::bigint),
        ('turned_away', CASE WHEN fact.is_turned_away THEN fact.first_billed_on END, (fact.charge_cents)::bigint),
        ('voided', CASE WHEN fact.is_voided THEN fact.first_billed_on END, (fact.charge_cents)::bigint),
        ('decided', CASE WHEN fact.is_out AND fact.is_counted THEN fact.first_decided_on END, (fact.charge_cents)::bigint),
        ('first_pass', CASE WHEN fact.is_first_pass THEN fact.first_decided_on END, (fact.charge_cents)::bigint),
        ('initially_denied', CASE WHEN fact.is_initially_denied THEN fact.first_decided_on END, (fact.charge_cents)::bigint),
        ('settled_cash', CASE WHEN fact.is_settled AND fact.is_counted THEN fact.service_on END, (fact.cash_cents)::bigint),
        ('settled_revenue', CASE WHEN fact.is_settled AND fact.is_counted THEN fact.service_on END, (fact.booked_cents - fact.contractual_cents)::bigint),
        ('unsettled', CASE WHEN fact.is_out AND fact.is_counted AND NOT fact.is_settled THEN fact.service_on END, (fact.charge_cents)::bigint)
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
