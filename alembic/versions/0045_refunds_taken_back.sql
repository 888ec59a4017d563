CREATE TABLE refund_takebacks (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    refund_id UUID NOT NULL,
    claim_id UUID,
    patient_id UUID,
    payer_id UUID NOT NULL,
    transaction_id UUID NOT NULL,
    provider_adjustment_id UUID,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    amount_cents BIGINT NOT NULL,
    fell_cents BIGINT NOT NULL,
    detail TEXT NOT NULL,
    settled_on DATE,
    closing_note TEXT,
    CONSTRAINT pk_refund_takebacks PRIMARY KEY (company_id, id),
    CONSTRAINT fk_refund_takebacks_refund_id FOREIGN KEY(company_id, refund_id) REFERENCES refunds (company_id, id),
    CONSTRAINT fk_refund_takebacks_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT fk_refund_takebacks_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT fk_refund_takebacks_payer_id FOREIGN KEY(company_id, payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT fk_refund_takebacks_transaction_id FOREIGN KEY(company_id, transaction_id) REFERENCES remittance_transactions (company_id, id),
    CONSTRAINT fk_refund_takebacks_provider_adjustment_id FOREIGN KEY(company_id, provider_adjustment_id) REFERENCES provider_adjustments (company_id, id),
    CONSTRAINT ck_refund_takebacks_amount_is_positive CHECK (amount_cents > 0),
    CONSTRAINT ck_refund_takebacks_settled_on_a_day CHECK ((status = 'settled') = (settled_on IS NOT NULL)),
    CONSTRAINT ck_refund_takebacks_plb_is_named CHECK ((kind = 'recalled') = (provider_adjustment_id IS NULL)),
    CONSTRAINT ck_refund_takebacks_kind_is_known CHECK (kind IN ('booked', 'recalled', 'recouped')),
    CONSTRAINT ck_refund_takebacks_status_is_known CHECK (status IN ('proposed', 'settled', 'dismissed', 'withdrawn'))
);

CREATE INDEX ix_refund_takebacks_status_id ON refund_takebacks (company_id, status, id);

CREATE UNIQUE INDEX uq_refund_takebacks_provider_adjustment_id ON refund_takebacks (company_id, provider_adjustment_id) WHERE status = 'settled';

CREATE UNIQUE INDEX uq_refund_takebacks_refund_id ON refund_takebacks (company_id, refund_id) WHERE status = 'proposed';

CREATE UNIQUE INDEX uq_refund_takebacks_refund_id_kind ON refund_takebacks (company_id, refund_id, kind) WHERE status = 'settled';

ALTER TABLE refund_takebacks ENABLE ROW LEVEL SECURITY;

ALTER TABLE refund_takebacks FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON refund_takebacks AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON refund_takebacks AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON refund_takebacks TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON refund_takebacks TO wellkept_worker;

