CREATE TABLE decided_line_matches (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    claim_id UUID NOT NULL,
    patient_id UUID NOT NULL,
    adjudication_line_id UUID NOT NULL,
    claim_line_id UUID NOT NULL,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_decided_line_matches PRIMARY KEY (company_id, id),
    CONSTRAINT fk_decided_line_matches_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT fk_decided_line_matches_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT fk_decided_line_matches_adjudication_line_id FOREIGN KEY(company_id, adjudication_line_id) REFERENCES adjudication_lines (company_id, id),
    CONSTRAINT fk_decided_line_matches_claim_line_id FOREIGN KEY(company_id, claim_line_id) REFERENCES claim_lines (company_id, id)
);

CREATE INDEX ix_decided_line_matches_claim_id_id ON decided_line_matches (company_id, claim_id, id);

CREATE UNIQUE INDEX uq_decided_line_matches_adjudication_line_id ON decided_line_matches (company_id, adjudication_line_id) WHERE withdrawn_at IS NULL;

ALTER TABLE decided_line_matches ENABLE ROW LEVEL SECURITY;

ALTER TABLE decided_line_matches FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON decided_line_matches AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON decided_line_matches AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON decided_line_matches TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON decided_line_matches TO wellkept_worker;

