-- Patients' payments, write-offs and refunds, and what they move in the ledger and on claims.

CREATE TABLE patient_payments (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    receipt_number TEXT NOT NULL,
    patient_id UUID NOT NULL,
    method TEXT NOT NULL,
    reference TEXT,
    received_on DATE NOT NULL,
    amount_cents BIGINT NOT NULL,
    applied_cents BIGINT NOT NULL,
    refunded_cents BIGINT NOT NULL,
    status TEXT NOT NULL,
    reversed_on DATE,
    reversal_reason TEXT,
    CONSTRAINT pk_patient_payments PRIMARY KEY (company_id, id),
    CONSTRAINT fk_patient_payments_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT uq_patient_payments_receipt_number UNIQUE (company_id, receipt_number),
    CONSTRAINT ck_patient_payments_amount_is_positive CHECK (amount_cents > 0),
    CONSTRAINT ck_patient_payments_applied_is_not_negative CHECK (applied_cents >= 0),
    CONSTRAINT ck_patient_payments_refunded_is_not_negative CHECK (refunded_cents >= 0),
    CONSTRAINT ck_patient_payments_no_more_than_was_received CHECK (applied_cents + refunded_cents <= amount_cents),
    CONSTRAINT ck_patient_payments_reversed_on_a_day CHECK ((status = 'reversed') = (reversed_on IS NOT NULL)),
    CONSTRAINT ck_patient_payments_what_was_reversed_pays_nothing CHECK (status <> 'reversed' OR (applied_cents = 0 AND refunded_cents = 0)),
    CONSTRAINT ck_patient_payments_method_is_known CHECK (method IN ('cash', 'card', 'check', 'transfer')),
    CONSTRAINT ck_patient_payments_status_is_known CHECK (status IN ('received', 'reversed'))
);

CREATE INDEX ix_patient_payments_patient_id_id ON patient_payments (company_id, patient_id, id);

CREATE TABLE refunds (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    refund_number TEXT NOT NULL,
    patient_id UUID NOT NULL,
    claim_id UUID,
    payer_id UUID,
    patient_payment_id UUID,
    reason_code TEXT NOT NULL,
    note TEXT,
    amount_cents BIGINT NOT NULL,
    status TEXT NOT NULL,
    approved_on DATE,
    paid_on DATE,
    reference TEXT,
    closing_note TEXT,
    CONSTRAINT pk_refunds PRIMARY KEY (company_id, id),
    CONSTRAINT fk_refunds_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT fk_refunds_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT fk_refunds_payer_id FOREIGN KEY(company_id, payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT fk_refunds_patient_payment_id FOREIGN KEY(company_id, patient_payment_id) REFERENCES patient_payments (company_id, id),
    CONSTRAINT uq_refunds_refund_number UNIQUE (company_id, refund_number),
    CONSTRAINT ck_refunds_amount_is_positive CHECK (amount_cents > 0),
    CONSTRAINT ck_refunds_goes_to_a_payer_or_a_patient CHECK ((patient_payment_id IS NULL) = (claim_id IS NOT NULL AND payer_id IS NOT NULL) AND (claim_id IS NULL) = (payer_id IS NULL)),
    CONSTRAINT ck_refunds_paid_on_a_day CHECK ((status = 'paid') = (paid_on IS NOT NULL)),
    CONSTRAINT ck_refunds_status_is_known CHECK (status IN ('requested', 'approved', 'paid', 'refused', 'cancelled'))
);

CREATE INDEX ix_refunds_claim_id ON refunds (company_id, claim_id) WHERE claim_id IS NOT NULL;

CREATE INDEX ix_refunds_patient_payment_id ON refunds (company_id, patient_payment_id) WHERE patient_payment_id IS NOT NULL;

CREATE INDEX ix_refunds_status_id ON refunds (company_id, status, id);

CREATE TABLE write_offs (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    write_off_number TEXT NOT NULL,
    claim_id UUID NOT NULL,
    patient_id UUID NOT NULL,
    side TEXT NOT NULL,
    reason_code TEXT NOT NULL,
    note TEXT,
    amount_cents BIGINT NOT NULL,
    status TEXT NOT NULL,
    posted_on DATE,
    reversed_on DATE,
    closing_note TEXT,
    CONSTRAINT pk_write_offs PRIMARY KEY (company_id, id),
    CONSTRAINT fk_write_offs_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT fk_write_offs_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT uq_write_offs_write_off_number UNIQUE (company_id, write_off_number),
    CONSTRAINT ck_write_offs_amount_is_positive CHECK (amount_cents > 0),
    CONSTRAINT ck_write_offs_posted_on_a_day CHECK ((status IN ('posted', 'reversed')) = (posted_on IS NOT NULL)),
    CONSTRAINT ck_write_offs_reversed_on_a_day CHECK ((status = 'reversed') = (reversed_on IS NOT NULL)),
    CONSTRAINT ck_write_offs_side_is_known CHECK (side IN ('insurance', 'patient')),
    CONSTRAINT ck_write_offs_status_is_known CHECK (status IN ('requested', 'posted', 'refused', 'reversed'))
);

CREATE INDEX ix_write_offs_claim_id ON write_offs (company_id, claim_id);

CREATE INDEX ix_write_offs_status_id ON write_offs (company_id, status, id);

ALTER TABLE patient_payments ENABLE ROW LEVEL SECURITY;

ALTER TABLE patient_payments FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON patient_payments AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON patient_payments AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON patient_payments TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON patient_payments TO wellkept_worker;

ALTER TABLE refunds ENABLE ROW LEVEL SECURITY;

ALTER TABLE refunds FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON refunds AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON refunds AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON refunds TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON refunds TO wellkept_worker;

ALTER TABLE write_offs ENABLE ROW LEVEL SECURITY;

ALTER TABLE write_offs FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON write_offs AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON write_offs AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON write_offs TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON write_offs TO wellkept_worker;

ALTER TABLE ledger_entries
    ADD COLUMN source_id UUID,
    DROP CONSTRAINT ck_ledger_entries_kind_is_known,
    DROP CONSTRAINT ck_ledger_entries_debit_account_is_known,
    DROP CONSTRAINT ck_ledger_entries_credit_account_is_known,
    ADD CONSTRAINT ck_ledger_entries_kind_is_known CHECK (kind IN ('charge', 'deposit', 'payment', 'write_off', 'patient_transfer', 'provider_adjustment', 'unapplied', 'return', 'patient_receipt', 'patient_payment', 'patient_refund', 'payer_refund', 'patient_write_off', 'insurance_write_off', 'refund_paid', 'banked')),
    ADD CONSTRAINT ck_ledger_entries_debit_account_is_known CHECK (debit_account IN ('cash_expected', 'deposit_clearing', 'insurance_receivable', 'patient_receivable', 'revenue', 'write_off', 'provider_adjustment', 'unapplied_cash', 'refund_payable', 'patient_unapplied', 'company_write_off', 'cash')),
    ADD CONSTRAINT ck_ledger_entries_credit_account_is_known CHECK (credit_account IN ('cash_expected', 'deposit_clearing', 'insurance_receivable', 'patient_receivable', 'revenue', 'write_off', 'provider_adjustment', 'unapplied_cash', 'refund_payable', 'patient_unapplied', 'company_write_off', 'cash'));

CREATE INDEX ix_ledger_entries_source_id ON ledger_entries (company_id, source_id) WHERE source_id IS NOT NULL;

ALTER TABLE claims
    ADD COLUMN patient_payment_cents BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN patient_write_off_cents BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN insurance_write_off_cents BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN payer_refund_cents BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN insurance_credit_since DATE,
    ADD COLUMN patient_credit_since DATE;

ALTER TABLE claims
    ALTER COLUMN patient_payment_cents DROP DEFAULT,
    ALTER COLUMN patient_write_off_cents DROP DEFAULT,
    ALTER COLUMN insurance_write_off_cents DROP DEFAULT,
    ALTER COLUMN payer_refund_cents DROP DEFAULT,
    DROP CONSTRAINT ck_claims_balances_add_up,
    ADD CONSTRAINT ck_claims_balances_add_up CHECK (submitted_at IS NULL OR insurance_balance_cents + patient_balance_cents = total_charge_cents - payment_cents - write_off_cents - patient_payment_cents - patient_write_off_cents - insurance_write_off_cents + payer_refund_cents),
    ADD CONSTRAINT ck_claims_patient_payment_is_not_negative CHECK (patient_payment_cents >= 0),
    ADD CONSTRAINT ck_claims_patient_write_off_is_not_negative CHECK (patient_write_off_cents >= 0),
    ADD CONSTRAINT ck_claims_insurance_write_off_is_not_negative CHECK (insurance_write_off_cents >= 0),
    ADD CONSTRAINT ck_claims_payer_refund_is_not_negative CHECK (payer_refund_cents >= 0);

CREATE INDEX ix_claims_insurance_credit_since ON claims (company_id, insurance_credit_since) WHERE insurance_credit_since IS NOT NULL;

CREATE INDEX ix_claims_patient_credit_since ON claims (company_id, patient_credit_since) WHERE patient_credit_since IS NOT NULL;

ALTER TABLE approvals
    DROP CONSTRAINT ck_approvals_kind_is_known,
    ADD CONSTRAINT ck_approvals_kind_is_known CHECK (kind IN ('remittance_release', 'remittance_return', 'remittance_acceptance', 'legal_hold_release', 'write_off', 'refund'));

ALTER TABLE approval_thresholds
    DROP CONSTRAINT ck_approval_thresholds_kind_is_known,
    ADD CONSTRAINT ck_approval_thresholds_kind_is_known CHECK (kind IN ('remittance_release', 'remittance_return', 'remittance_acceptance', 'legal_hold_release', 'write_off', 'refund'));
