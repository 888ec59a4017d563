CREATE TABLE compliance_packs (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    pack_id TEXT NOT NULL,
    pack_version TEXT NOT NULL,
    program TEXT NOT NULL,
    source_text TEXT NOT NULL,
    content_hash BYTEA NOT NULL,
    CONSTRAINT pk_compliance_packs PRIMARY KEY (company_id, id),
    CONSTRAINT uq_compliance_packs_pack_id_pack_version UNIQUE (company_id, pack_id, pack_version),
    CONSTRAINT ck_compliance_packs_hash_is_sha256 CHECK (octet_length(content_hash) = 32),
    CONSTRAINT ck_compliance_packs_program_is_known CHECK (program IN ('MIPS', 'APM', 'MACRA', 'Meaningful_Use', 'PQRS', 'HEDIS', 'Joint_Commission', 'State_Licensing', 'HIPAA', 'OSHA'))
);

CREATE TABLE compliance_report_drafts (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    title TEXT NOT NULL,
    program TEXT NOT NULL,
    period_from DATE NOT NULL,
    period_to DATE NOT NULL,
    known_at TIMESTAMP WITH TIME ZONE,
    recommendations TEXT[] NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE,
    issued_hash BYTEA,
    CONSTRAINT pk_compliance_report_drafts PRIMARY KEY (company_id, id),
    CONSTRAINT ck_compliance_report_drafts_period_is_whole CHECK (period_from <= period_to),
    CONSTRAINT ck_compliance_report_drafts_issued_with_a_hash CHECK ((issued_at IS NULL) = (issued_hash IS NULL)),
    CONSTRAINT ck_compliance_report_drafts_program_is_known CHECK (program IN ('MIPS', 'APM', 'MACRA', 'Meaningful_Use', 'PQRS', 'HEDIS', 'Joint_Commission', 'State_Licensing', 'HIPAA', 'OSHA'))
);

CREATE INDEX ix_compliance_report_drafts_program_id ON compliance_report_drafts (company_id, program, id);

CREATE TABLE compliance_reports (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    report_number TEXT NOT NULL,
    title TEXT NOT NULL,
    program TEXT NOT NULL,
    period_from DATE NOT NULL,
    period_to DATE NOT NULL,
    known_at TIMESTAMP WITH TIME ZONE NOT NULL,
    issued_by_person_id UUID NOT NULL,
    content TEXT NOT NULL,
    content_hash BYTEA NOT NULL,
    CONSTRAINT pk_compliance_reports PRIMARY KEY (company_id, id),
    CONSTRAINT fk_compliance_reports_issued_by_person_id FOREIGN KEY(company_id, issued_by_person_id) REFERENCES people (company_id, id),
    CONSTRAINT uq_compliance_reports_report_number UNIQUE (company_id, report_number),
    CONSTRAINT ck_compliance_reports_period_is_whole CHECK (period_from <= period_to),
    CONSTRAINT ck_compliance_reports_hash_is_sha256 CHECK (octet_length(content_hash) = 32),
    CONSTRAINT ck_compliance_reports_program_is_known CHECK (program IN ('MIPS', 'APM', 'MACRA', 'Meaningful_Use', 'PQRS', 'HEDIS', 'Joint_Commission', 'State_Licensing', 'HIPAA', 'OSHA'))
);

CREATE INDEX ix_compliance_reports_program_id ON compliance_reports (company_id, program, id);

ALTER TABLE compliance_packs ENABLE ROW LEVEL SECURITY;

ALTER TABLE compliance_packs FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON compliance_packs AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON compliance_packs AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON compliance_packs TO wellkept_app;

GRANT INSERT, SELECT ON compliance_packs TO wellkept_worker;

ALTER TABLE compliance_report_drafts ENABLE ROW LEVEL SECURITY;

ALTER TABLE compliance_report_drafts FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON compliance_report_drafts AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON compliance_report_drafts AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON compliance_report_drafts TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON compliance_report_drafts TO wellkept_worker;

ALTER TABLE compliance_reports ENABLE ROW LEVEL SECURITY;

ALTER TABLE compliance_reports FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON compliance_reports AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON compliance_reports AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON compliance_reports TO wellkept_app;

GRANT INSERT, SELECT ON compliance_reports TO wellkept_worker;

