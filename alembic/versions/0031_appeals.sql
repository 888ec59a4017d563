-- Appeals: the rules that people have confirmed, what an appeal is about, what goes with it.

CREATE TABLE appeal_rules (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    payer_id UUID NOT NULL,
    plan TEXT,
    claim_type TEXT,
    level SMALLINT NOT NULL,
    name TEXT NOT NULL,
    start_event TEXT NOT NULL,
    days INTEGER NOT NULL,
    source TEXT NOT NULL,
    effective_from DATE NOT NULL,
    effective_to DATE,
    confirmed_by_person_id UUID NOT NULL,
    CONSTRAINT pk_appeal_rules PRIMARY KEY (company_id, id),
    CONSTRAINT fk_appeal_rules_payer_id FOREIGN KEY(company_id, payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT fk_appeal_rules_confirmed_by_person_id FOREIGN KEY(company_id, confirmed_by_person_id) REFERENCES people (company_id, id),
    CONSTRAINT ck_appeal_rules_level_is_one_of_nine CHECK (level BETWEEN 1 AND 9),
    CONSTRAINT ck_appeal_rules_days_are_positive CHECK (days BETWEEN 1 AND 3650),
    CONSTRAINT ck_appeal_rules_ends_after_it_begins CHECK (effective_to >= effective_from),
    CONSTRAINT ck_appeal_rules_only_the_first_starts_with_it CHECK ((level = 1) = (start_event = 'remittance_received')),
    CONSTRAINT ck_appeal_rules_claim_type_is_known CHECK (claim_type IN ('professional', 'institutional', 'pharmacy', 'dental', 'vision')),
    CONSTRAINT ck_appeal_rules_start_event_is_known CHECK (start_event IN ('remittance_received', 'decision_received'))
);

CREATE INDEX ix_appeal_rules_payer_id_level ON appeal_rules (company_id, payer_id, level);

CREATE TABLE appeal_attachments (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    appeal_id UUID NOT NULL,
    file_id UUID NOT NULL,
    title TEXT NOT NULL,
    CONSTRAINT pk_appeal_attachments PRIMARY KEY (company_id, id),
    CONSTRAINT fk_appeal_attachments_appeal_id FOREIGN KEY(company_id, appeal_id) REFERENCES claim_appeals (company_id, id),
    CONSTRAINT fk_appeal_attachments_file_id FOREIGN KEY(company_id, file_id) REFERENCES stored_files (company_id, id),
    CONSTRAINT uq_appeal_attachments_appeal_id_file_id UNIQUE (company_id, appeal_id, file_id)
);

CREATE INDEX ix_appeal_attachments_file_id ON appeal_attachments (company_id, file_id);

CREATE TABLE appeal_denials (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    appeal_id UUID NOT NULL,
    denial_id UUID NOT NULL,
    CONSTRAINT pk_appeal_denials PRIMARY KEY (company_id, id),
    CONSTRAINT fk_appeal_denials_appeal_id FOREIGN KEY(company_id, appeal_id) REFERENCES claim_appeals (company_id, id),
    CONSTRAINT fk_appeal_denials_denial_id FOREIGN KEY(company_id, denial_id) REFERENCES denials (company_id, id),
    CONSTRAINT uq_appeal_denials_appeal_id_denial_id UNIQUE (company_id, appeal_id, denial_id)
);

CREATE INDEX ix_appeal_denials_denial_id ON appeal_denials (company_id, denial_id);

ALTER TABLE appeal_rules ENABLE ROW LEVEL SECURITY;

ALTER TABLE appeal_rules FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON appeal_rules AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON appeal_rules AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON appeal_rules TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON appeal_rules TO wellkept_worker;

ALTER TABLE appeal_attachments ENABLE ROW LEVEL SECURITY;

ALTER TABLE appeal_attachments FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON appeal_attachments AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON appeal_attachments AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON appeal_attachments TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON appeal_attachments TO wellkept_worker;

ALTER TABLE appeal_denials ENABLE ROW LEVEL SECURITY;

ALTER TABLE appeal_denials FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON appeal_denials AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON appeal_denials AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON appeal_denials TO wellkept_app;

GRANT INSERT, SELECT ON appeal_denials TO wellkept_worker;
