-- Contracts with payers, and payments held against them.

CREATE TABLE payer_contracts (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    payer_id UUID NOT NULL,
    name TEXT NOT NULL,
    claim_type TEXT,
    effective_from DATE NOT NULL,
    effective_to DATE,
    pays_at_most_the_charge BOOLEAN NOT NULL,
    tolerance_cents BIGINT NOT NULL,
    tolerance_basis_points INTEGER NOT NULL,
    terms_revision INTEGER NOT NULL,
    CONSTRAINT pk_payer_contracts PRIMARY KEY (company_id, id),
    CONSTRAINT fk_payer_contracts_payer_id FOREIGN KEY(company_id, payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT ck_payer_contracts_ends_after_it_begins CHECK (effective_to >= effective_from),
    CONSTRAINT ck_payer_contracts_tolerance_is_not_negative CHECK (least(tolerance_cents, tolerance_basis_points) >= 0),
    CONSTRAINT ck_payer_contracts_claim_type_is_known CHECK (claim_type IN ('professional', 'institutional', 'pharmacy', 'dental', 'vision'))
);

CREATE INDEX ix_payer_contracts_payer_id_id ON payer_contracts (company_id, payer_id, id);

CREATE TABLE contract_terms (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    contract_id UUID NOT NULL,
    revision INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    basis TEXT NOT NULL,
    code_from TEXT,
    code_to TEXT,
    modifier TEXT,
    schedule TEXT,
    percent NUMERIC(7, 3),
    amount_cents BIGINT,
    is_carve_out BOOLEAN NOT NULL,
    CONSTRAINT pk_contract_terms PRIMARY KEY (company_id, id),
    CONSTRAINT fk_contract_terms_contract_id FOREIGN KEY(company_id, contract_id) REFERENCES payer_contracts (company_id, id),
    CONSTRAINT uq_contract_terms_contract_id_revision_ordinal UNIQUE (company_id, contract_id, revision, ordinal),
    CONSTRAINT ck_contract_terms_codes_are_a_range CHECK (num_nulls(code_from, code_to) <> 1 AND code_from <= code_to),
    CONSTRAINT ck_contract_terms_says_what_its_basis_takes CHECK ((basis = 'percent_of_schedule') = (schedule IS NOT NULL) AND (basis IN ('percent_of_schedule', 'percent_of_charge')) = (percent IS NOT NULL) AND (basis IN ('fixed', 'case_rate')) = (amount_cents IS NOT NULL)),
    CONSTRAINT ck_contract_terms_is_not_negative CHECK (percent >= 0 IS NOT FALSE AND amount_cents >= 0 IS NOT FALSE),
    CONSTRAINT ck_contract_terms_basis_is_known CHECK (basis IN ('percent_of_schedule', 'percent_of_charge', 'fixed', 'case_rate'))
);

CREATE TABLE payment_variances (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    adjudication_id UUID NOT NULL,
    line_ordinal INTEGER NOT NULL,
    valuation INTEGER NOT NULL,
    claim_id UUID NOT NULL,
    patient_id UUID NOT NULL,
    payer_id UUID NOT NULL,
    claim_line_id UUID,
    contract_id UUID,
    term_id UUID,
    verdict TEXT NOT NULL,
    expected_cents BIGINT,
    allowed_cents BIGINT NOT NULL,
    refused_cents BIGINT NOT NULL,
    difference_cents BIGINT,
    arithmetic TEXT NOT NULL,
    CONSTRAINT pk_payment_variances PRIMARY KEY (company_id, id),
    CONSTRAINT fk_payment_variances_adjudication_id FOREIGN KEY(company_id, adjudication_id) REFERENCES adjudications (company_id, id),
    CONSTRAINT fk_payment_variances_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT fk_payment_variances_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT fk_payment_variances_payer_id FOREIGN KEY(company_id, payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT fk_payment_variances_claim_line_id FOREIGN KEY(company_id, claim_line_id) REFERENCES claim_lines (company_id, id),
    CONSTRAINT fk_payment_variances_contract_id FOREIGN KEY(company_id, contract_id) REFERENCES payer_contracts (company_id, id),
    CONSTRAINT fk_payment_variances_term_id FOREIGN KEY(company_id, term_id) REFERENCES contract_terms (company_id, id),
    CONSTRAINT uq_payment_variances_adjudication_id_line_ordinal_valuation UNIQUE (company_id, adjudication_id, line_ordinal, valuation),
    CONSTRAINT ck_payment_variances_difference_is_of_what_is_expected CHECK (difference_cents IS NOT DISTINCT FROM allowed_cents + refused_cents - expected_cents),
    CONSTRAINT ck_payment_variances_no_data_is_no_zero CHECK ((expected_cents IS NULL) = (verdict IN ('no_data', 'reversed'))),
    CONSTRAINT ck_payment_variances_verdict_is_known CHECK (verdict IN ('as_expected', 'underpaid', 'overpaid', 'no_data', 'reversed'))
);

CREATE INDEX ix_payment_variances_claim_id_id ON payment_variances (company_id, claim_id, id);

CREATE INDEX ix_payment_variances_payer_id_verdict_id ON payment_variances (company_id, payer_id, verdict, id);

CREATE TABLE underpayments (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    variance_id UUID NOT NULL,
    adjudication_id UUID NOT NULL,
    line_ordinal INTEGER NOT NULL,
    claim_id UUID NOT NULL,
    patient_id UUID NOT NULL,
    payer_id UUID NOT NULL,
    expected_cents BIGINT NOT NULL,
    allowed_cents BIGINT NOT NULL,
    amount_cents BIGINT NOT NULL,
    found_on DATE NOT NULL,
    status TEXT NOT NULL,
    assigned_person_id UUID,
    assigned_at TIMESTAMP WITH TIME ZONE,
    resolution TEXT,
    recovered_cents BIGINT,
    resolved_on DATE,
    resolution_note TEXT,
    superseded_because TEXT,
    CONSTRAINT pk_underpayments PRIMARY KEY (company_id, id),
    CONSTRAINT fk_underpayments_variance_id FOREIGN KEY(company_id, variance_id) REFERENCES payment_variances (company_id, id),
    CONSTRAINT fk_underpayments_adjudication_id FOREIGN KEY(company_id, adjudication_id) REFERENCES adjudications (company_id, id),
    CONSTRAINT fk_underpayments_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT fk_underpayments_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT fk_underpayments_payer_id FOREIGN KEY(company_id, payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT fk_underpayments_assigned_person_id FOREIGN KEY(company_id, assigned_person_id) REFERENCES people (company_id, id),
    CONSTRAINT uq_underpayments_adjudication_id_line_ordinal UNIQUE (company_id, adjudication_id, line_ordinal),
    CONSTRAINT ck_underpayments_amount_is_positive CHECK (amount_cents > 0),
    CONSTRAINT ck_underpayments_resolved_says_how CHECK ((status = 'resolved') = (resolution IS NOT NULL) AND (status = 'resolved') = (resolved_on IS NOT NULL)),
    CONSTRAINT ck_underpayments_superseded_says_why CHECK ((status = 'superseded') = (superseded_because IS NOT NULL)),
    CONSTRAINT ck_underpayments_status_is_known CHECK (status IN ('open', 'resolved', 'superseded')),
    CONSTRAINT ck_underpayments_resolution_is_known CHECK (resolution IN ('recovered', 'partly_recovered', 'payer_was_right', 'given_up'))
);

CREATE INDEX ix_underpayments_assigned_person_id ON underpayments (company_id, assigned_person_id) WHERE assigned_person_id IS NOT NULL;

CREATE INDEX ix_underpayments_claim_id_id ON underpayments (company_id, claim_id, id);

CREATE INDEX ix_underpayments_status_amount_cents_id ON underpayments (company_id, status, amount_cents, id);

CREATE TABLE underpayment_notes (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    underpayment_id UUID NOT NULL,
    patient_id UUID NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT pk_underpayment_notes PRIMARY KEY (company_id, id),
    CONSTRAINT fk_underpayment_notes_underpayment_id FOREIGN KEY(company_id, underpayment_id) REFERENCES underpayments (company_id, id),
    CONSTRAINT fk_underpayment_notes_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id)
);

CREATE INDEX ix_underpayment_notes_underpayment_id_id ON underpayment_notes (company_id, underpayment_id, id);

ALTER TABLE payer_contracts ENABLE ROW LEVEL SECURITY;

ALTER TABLE payer_contracts FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON payer_contracts AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON payer_contracts AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON payer_contracts TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON payer_contracts TO wellkept_worker;

ALTER TABLE contract_terms ENABLE ROW LEVEL SECURITY;

ALTER TABLE contract_terms FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON contract_terms AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON contract_terms AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON contract_terms TO wellkept_app;

GRANT INSERT, SELECT ON contract_terms TO wellkept_worker;

ALTER TABLE payment_variances ENABLE ROW LEVEL SECURITY;

ALTER TABLE payment_variances FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON payment_variances AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON payment_variances AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON payment_variances TO wellkept_app;

GRANT INSERT, SELECT ON payment_variances TO wellkept_worker;

ALTER TABLE underpayments ENABLE ROW LEVEL SECURITY;

ALTER TABLE underpayments FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON underpayments AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON underpayments AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON underpayments TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON underpayments TO wellkept_worker;

ALTER TABLE underpayment_notes ENABLE ROW LEVEL SECURITY;

ALTER TABLE underpayment_notes FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON underpayment_notes AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON underpayment_notes AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON underpayment_notes TO wellkept_app;

GRANT INSERT, SELECT ON underpayment_notes TO wellkept_worker;

