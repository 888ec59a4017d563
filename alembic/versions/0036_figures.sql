CREATE TABLE claim_facts (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    payer_id UUID NOT NULL,
    provider_id TEXT NOT NULL,
    location TEXT NOT NULL,
    service_on DATE NOT NULL,
    first_billed_on DATE,
    last_billed_on DATE,
    first_decided_on DATE,
    is_out BOOLEAN NOT NULL,
    is_turned_away BOOLEAN NOT NULL,
    is_voided BOOLEAN NOT NULL,
    is_initially_denied BOOLEAN NOT NULL,
    is_first_pass BOOLEAN NOT NULL,
    charge_cents BIGINT NOT NULL,
    contractual_cents BIGINT NOT NULL,
    cash_cents BIGINT NOT NULL,
    insurance_balance_cents BIGINT NOT NULL,
    patient_balance_cents BIGINT NOT NULL,
    CONSTRAINT pk_claim_facts PRIMARY KEY (company_id, id)
);

CREATE INDEX ix_claim_facts_open ON claim_facts (company_id, payer_id) INCLUDE (provider_id, location, service_on, last_billed_on, insurance_balance_cents, patient_balance_cents) WHERE insurance_balance_cents <> 0 OR patient_balance_cents <> 0;

CREATE TABLE figure_inputs (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    kind TEXT NOT NULL,
    month DATE NOT NULL,
    amount_cents BIGINT NOT NULL,
    note TEXT,
    CONSTRAINT pk_figure_inputs PRIMARY KEY (company_id, id),
    CONSTRAINT uq_figure_inputs_kind_month UNIQUE (company_id, kind, month),
    CONSTRAINT ck_figure_inputs_month_is_its_first_day CHECK (extract(day FROM month) = 1),
    CONSTRAINT ck_figure_inputs_amount_is_not_negative CHECK (amount_cents >= 0),
    CONSTRAINT ck_figure_inputs_kind_is_known CHECK (kind IN ('revenue_cycle_cost', 'point_of_service_cash', 'self_pay_cash'))
);

CREATE TABLE figure_sums (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    measure TEXT NOT NULL,
    month DATE NOT NULL,
    payer_id UUID NOT NULL,
    provider_id TEXT NOT NULL,
    location TEXT NOT NULL,
    items BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    is_folded BOOLEAN NOT NULL,
    CONSTRAINT pk_figure_sums PRIMARY KEY (company_id, id),
    CONSTRAINT ck_figure_sums_month_is_its_first_day CHECK (extract(day FROM month) = 1)
);

CREATE INDEX ix_figure_sums_loose ON figure_sums (company_id) WHERE NOT is_folded;

CREATE INDEX ix_figure_sums_measure_month ON figure_sums (company_id, measure, month);

CREATE UNIQUE INDEX uq_figure_sums_measure_month_payer_id_provider_id_location ON figure_sums (company_id, measure, month, payer_id, provider_id, location) WHERE is_folded;

ALTER TABLE claim_facts ENABLE ROW LEVEL SECURITY;

ALTER TABLE claim_facts FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON claim_facts AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON claim_facts AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON claim_facts TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON claim_facts TO wellkept_worker;

ALTER TABLE figure_inputs ENABLE ROW LEVEL SECURITY;

ALTER TABLE figure_inputs FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON figure_inputs AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON figure_inputs AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON figure_inputs TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON figure_inputs TO wellkept_worker;

ALTER TABLE figure_sums ENABLE ROW LEVEL SECURITY;

ALTER TABLE figure_sums FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON figure_sums AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON figure_sums AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON figure_sums TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON figure_sums TO wellkept_worker;

CREATE INDEX ix_adjudications_effective_on ON adjudications (company_id, effective_on);

CREATE INDEX ix_ledger_entries_effective_on ON ledger_entries (company_id, effective_on) WHERE claim_id IS NULL;

-- facts of the claims that are there
INSERT INTO claim_facts (company_id, id, payer_id, provider_id, location, service_on, first_billed_on, last_billed_on, first_decided_on, is_out, is_turned_away, is_voided, is_initially_denied, is_first_pass, charge_cents, contractual_cents, cash_cents, insurance_balance_cents, patient_balance_cents)
SELECT claim.company_id, claim.id,
       claim.primary_payer_id AS payer_id,
       claim.rendering_provider_id AS provider_id,
       coalesce(claim.facility_id, '') AS location,
       claim.service_date AS service_on,
       (coalesce(sent.first_at, claim.submitted_at) AT TIME ZONE company.time_zone)::date
           AS first_billed_on,
       (coalesce(sent.last_at, claim.submitted_at) AT TIME ZONE company.time_zone)::date
           AS last_billed_on,
       decided.first_on AS first_decided_on,
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
    SELECT sum(item.amount_cents) FILTER (WHERE item.kind = 'write_off' AND item.adjustment_id IS NOT NULL) AS contractual_cents,
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
        ('net_revenue', CASE WHEN item.kind = 'charge' OR (item.kind = 'write_off' AND item.adjustment_id IS NOT NULL) THEN item.effective_on END, (CASE WHEN item.kind = 'charge' THEN item.amount_cents ELSE -item.amount_cents END)::bigint),
        ('receivable', CASE WHEN (item.debit_account IN ('insurance_receivable', 'patient_receivable')) <> (item.credit_account IN ('insurance_receivable', 'patient_receivable')) THEN item.effective_on END, (CASE WHEN item.debit_account IN ('insurance_receivable', 'patient_receivable') THEN item.amount_cents ELSE -item.amount_cents END)::bigint),
        ('payer_cash', CASE WHEN ((item.credit_account IN ('insurance_receivable') AND item.debit_account NOT IN ('insurance_receivable', 'patient_receivable', 'revenue', 'write_off', 'company_write_off')) OR (item.debit_account IN ('insurance_receivable') AND item.credit_account NOT IN ('insurance_receivable', 'patient_receivable', 'revenue', 'write_off', 'company_write_off'))) THEN item.effective_on END, (CASE WHEN item.credit_account IN ('insurance_receivable') THEN item.amount_cents ELSE -item.amount_cents END)::bigint),
        ('patient_cash', CASE WHEN ((item.credit_account IN ('patient_receivable') AND item.debit_account NOT IN ('insurance_receivable', 'patient_receivable', 'revenue', 'write_off', 'company_write_off')) OR (item.debit_account IN ('patient_receivable') AND item.credit_account NOT IN ('insurance_receivable', 'patient_receivable', 'revenue', 'write_off', 'company_write_off'))) THEN item.effective_on END, (CASE WHEN item.credit_account IN ('patient_receivable') THEN item.amount_cents ELSE -item.amount_cents END)::bigint)
    ) AS measured (name, day, amount)
    WHERE measured.day IS NOT NULL
) AS counted
GROUP BY company_id, measure, month, payer_id, provider_id, location;
