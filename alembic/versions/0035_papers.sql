-- Remittances on paper, and statements to patients.

CREATE TABLE patient_statements (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    statement_number TEXT NOT NULL,
    patient_id UUID NOT NULL,
    stated_on DATE NOT NULL,
    due_on DATE NOT NULL,
    amount_cents BIGINT NOT NULL,
    content JSONB NOT NULL,
    file_id UUID NOT NULL,
    CONSTRAINT pk_patient_statements PRIMARY KEY (company_id, id),
    CONSTRAINT fk_patient_statements_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT fk_patient_statements_file_id FOREIGN KEY(company_id, file_id) REFERENCES stored_files (company_id, id),
    CONSTRAINT uq_patient_statements_statement_number UNIQUE (company_id, statement_number),
    CONSTRAINT uq_patient_statements_file_id UNIQUE (company_id, file_id),
    CONSTRAINT ck_patient_statements_asks_for_something CHECK (amount_cents > 0)
);

CREATE INDEX ix_patient_statements_patient_id_id ON patient_statements (company_id, patient_id, id);

CREATE TABLE manual_remittances (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    entry_number TEXT NOT NULL,
    payer_id UUID NOT NULL,
    check_number TEXT NOT NULL,
    payment_date DATE NOT NULL,
    payment_cents BIGINT NOT NULL,
    content JSONB NOT NULL,
    status TEXT NOT NULL,
    corrects_id UUID,
    remittance_id UUID,
    reversal_id UUID,
    closing_note TEXT,
    CONSTRAINT pk_manual_remittances PRIMARY KEY (company_id, id),
    CONSTRAINT fk_manual_remittances_payer_id FOREIGN KEY(company_id, payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT fk_manual_remittances_corrects_id FOREIGN KEY(company_id, corrects_id) REFERENCES manual_remittances (company_id, id),
    CONSTRAINT fk_manual_remittances_remittance_id FOREIGN KEY(company_id, remittance_id) REFERENCES remittances (company_id, id),
    CONSTRAINT fk_manual_remittances_reversal_id FOREIGN KEY(company_id, reversal_id) REFERENCES remittances (company_id, id),
    CONSTRAINT uq_manual_remittances_entry_number UNIQUE (company_id, entry_number),
    CONSTRAINT ck_manual_remittances_payment_is_not_negative CHECK (payment_cents >= 0),
    CONSTRAINT ck_manual_remittances_handed_in_as_a_remittance CHECK ((status IN ('handed_in', 'reversed')) = (remittance_id IS NOT NULL)),
    CONSTRAINT ck_manual_remittances_reversed_by_a_remittance CHECK ((status = 'reversed') = (reversal_id IS NOT NULL)),
    CONSTRAINT ck_manual_remittances_status_is_known CHECK (status IN ('draft', 'handed_in', 'reversed', 'discarded'))
);

CREATE INDEX ix_manual_remittances_status_id ON manual_remittances (company_id, status, id);

CREATE UNIQUE INDEX uq_manual_remittances_corrects_id ON manual_remittances (company_id, corrects_id) WHERE status <> 'discarded';

ALTER TABLE patient_statements ENABLE ROW LEVEL SECURITY;

ALTER TABLE patient_statements FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON patient_statements AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON patient_statements AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON patient_statements TO wellkept_app;

GRANT INSERT, SELECT ON patient_statements TO wellkept_worker;

ALTER TABLE manual_remittances ENABLE ROW LEVEL SECURITY;

ALTER TABLE manual_remittances FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON manual_remittances AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON manual_remittances AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON manual_remittances TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON manual_remittances TO wellkept_worker;

ALTER TABLE stored_files
    DROP CONSTRAINT ck_stored_files_purpose_is_known,
    ADD CONSTRAINT ck_stored_files_purpose_is_known CHECK (purpose IN ('attachment', 'remittance', 'claim_file', 'acknowledgement', 'roots', 'appeal_packet', 'statement'));
