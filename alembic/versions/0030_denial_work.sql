-- The work on denials: what people note, and what became of the amounts.

CREATE TABLE denial_notes (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    denial_id UUID NOT NULL,
    patient_id UUID NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT pk_denial_notes PRIMARY KEY (company_id, id),
    CONSTRAINT fk_denial_notes_denial_id FOREIGN KEY(company_id, denial_id) REFERENCES denials (company_id, id),
    CONSTRAINT fk_denial_notes_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id)
);

CREATE INDEX ix_denial_notes_denial_id_id ON denial_notes (company_id, denial_id, id);

CREATE TABLE denial_outcomes (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    denial_id UUID NOT NULL,
    payer_id UUID NOT NULL,
    category TEXT NOT NULL,
    resolution TEXT NOT NULL,
    denied_cents BIGINT NOT NULL,
    recovered_cents BIGINT NOT NULL,
    recovered_basis_points INTEGER NOT NULL,
    is_retraction BOOLEAN NOT NULL,
    recorded_on DATE NOT NULL,
    adjudication_id UUID,
    CONSTRAINT pk_denial_outcomes PRIMARY KEY (company_id, id),
    CONSTRAINT fk_denial_outcomes_denial_id FOREIGN KEY(company_id, denial_id) REFERENCES denials (company_id, id),
    CONSTRAINT fk_denial_outcomes_payer_id FOREIGN KEY(company_id, payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT fk_denial_outcomes_adjudication_id FOREIGN KEY(company_id, adjudication_id) REFERENCES adjudications (company_id, id),
    CONSTRAINT ck_denial_outcomes_decided_again CHECK (resolution IN ('overturned', 'partly_overturned', 'upheld')),
    CONSTRAINT ck_denial_outcomes_recovered_is_a_part CHECK (recovered_cents BETWEEN 0 AND denied_cents),
    CONSTRAINT ck_denial_outcomes_basis_points_are_a_part CHECK (recovered_basis_points BETWEEN 0 AND 10000),
    CONSTRAINT ck_denial_outcomes_resolution_is_known CHECK (resolution IN ('overturned', 'partly_overturned', 'upheld', 'accepted', 'billed_elsewhere', 'billed_to_patient', 'corrected', 'given_up'))
);

CREATE INDEX ix_denial_outcomes_denial_id ON denial_outcomes (company_id, denial_id);

CREATE INDEX ix_denial_outcomes_payer_id_category_recorded_on ON denial_outcomes (company_id, payer_id, category, recorded_on);

ALTER TABLE denial_notes ENABLE ROW LEVEL SECURITY;

ALTER TABLE denial_notes FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON denial_notes AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON denial_notes AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON denial_notes TO wellkept_app;

GRANT INSERT, SELECT ON denial_notes TO wellkept_worker;

ALTER TABLE denial_outcomes ENABLE ROW LEVEL SECURITY;

ALTER TABLE denial_outcomes FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON denial_outcomes AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON denial_outcomes AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON denial_outcomes TO wellkept_app;

GRANT INSERT, SELECT ON denial_outcomes TO wellkept_worker;
