-- Scrub runs, releases of holds, and the rules that companies make.

CREATE TABLE claim_rules (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    rule_key TEXT NOT NULL,
    revision INTEGER NOT NULL,
    enabled_revision INTEGER,
    CONSTRAINT pk_claim_rules PRIMARY KEY (company_id, id),
    CONSTRAINT uq_claim_rules_rule_key UNIQUE (company_id, rule_key),
    CONSTRAINT ck_claim_rules_enables_what_there_is CHECK (enabled_revision BETWEEN 1 AND revision)
);

CREATE TABLE rule_bypasses (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    rule_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_rule_bypasses PRIMARY KEY (company_id, id)
);

CREATE UNIQUE INDEX uq_rule_bypasses_rule_id ON rule_bypasses (company_id, rule_id) WHERE ended_at IS NULL;

CREATE TABLE claim_rule_revisions (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    rule_id UUID NOT NULL,
    revision INTEGER NOT NULL,
    severity TEXT NOT NULL,
    title TEXT NOT NULL,
    remedy TEXT NOT NULL,
    condition JSONB NOT NULL,
    CONSTRAINT pk_claim_rule_revisions PRIMARY KEY (company_id, id),
    CONSTRAINT fk_claim_rule_revisions_rule_id FOREIGN KEY(company_id, rule_id) REFERENCES claim_rules (company_id, id),
    CONSTRAINT uq_claim_rule_revisions_rule_id_revision UNIQUE (company_id, rule_id, revision),
    CONSTRAINT ck_claim_rule_revisions_severity_is_known CHECK (severity IN ('error', 'hold', 'warning'))
);

CREATE TABLE claim_rule_trials (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    rule_id UUID NOT NULL,
    revision INTEGER NOT NULL,
    service_from DATE NOT NULL,
    service_until DATE NOT NULL,
    considered INTEGER NOT NULL,
    examined INTEGER NOT NULL,
    matched INTEGER NOT NULL,
    examples TEXT[] NOT NULL,
    CONSTRAINT pk_claim_rule_trials PRIMARY KEY (company_id, id),
    CONSTRAINT fk_claim_rule_trials_rule_id FOREIGN KEY(company_id, rule_id, revision) REFERENCES claim_rule_revisions (company_id, rule_id, revision)
);

CREATE INDEX ix_claim_rule_trials_rule_id_revision ON claim_rule_trials (company_id, rule_id, revision);

CREATE TABLE scrub_releases (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    claim_id UUID NOT NULL,
    patient_id UUID NOT NULL,
    claim_version INTEGER NOT NULL,
    rule_id TEXT NOT NULL,
    rule_version INTEGER NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT pk_scrub_releases PRIMARY KEY (company_id, id),
    CONSTRAINT fk_scrub_releases_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT fk_scrub_releases_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT uq_scrub_releases_claim_id_claim_version_rule_id_rule_version UNIQUE (company_id, claim_id, claim_version, rule_id, rule_version)
);

CREATE TABLE scrub_runs (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    claim_id UUID NOT NULL,
    patient_id UUID NOT NULL,
    run_number INTEGER NOT NULL,
    claim_version INTEGER NOT NULL,
    edition DATE NOT NULL,
    is_clean BOOLEAN NOT NULL,
    is_complete BOOLEAN NOT NULL,
    error_count INTEGER NOT NULL,
    hold_count INTEGER NOT NULL,
    warning_count INTEGER NOT NULL,
    no_data_count INTEGER NOT NULL,
    passed TEXT[] NOT NULL,
    without_subject TEXT[] NOT NULL,
    results_sha256 BYTEA NOT NULL,
    CONSTRAINT pk_scrub_runs PRIMARY KEY (company_id, id),
    CONSTRAINT fk_scrub_runs_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT fk_scrub_runs_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT uq_scrub_runs_claim_id_run_number UNIQUE (company_id, claim_id, run_number),
    CONSTRAINT ck_scrub_runs_clean_is_without_errors CHECK (NOT is_clean OR error_count + hold_count = 0),
    CONSTRAINT ck_scrub_runs_clean_is_complete CHECK (NOT is_clean OR is_complete)
);

CREATE TABLE scrub_results (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    run_id UUID NOT NULL,
    ordinal INTEGER NOT NULL,
    rule_id TEXT NOT NULL,
    rule_version INTEGER NOT NULL,
    status TEXT NOT NULL,
    severity TEXT NOT NULL,
    title TEXT NOT NULL,
    pointer TEXT NOT NULL,
    evidence TEXT NOT NULL,
    remedy TEXT NOT NULL,
    CONSTRAINT pk_scrub_results PRIMARY KEY (company_id, id),
    CONSTRAINT fk_scrub_results_run_id FOREIGN KEY(company_id, run_id) REFERENCES scrub_runs (company_id, id),
    CONSTRAINT uq_scrub_results_run_id_ordinal UNIQUE (company_id, run_id, ordinal),
    CONSTRAINT ck_scrub_results_status_is_known CHECK (status IN ('fail', 'bypassed', 'no_data')),
    CONSTRAINT ck_scrub_results_severity_is_known CHECK (severity IN ('error', 'hold', 'warning'))
);

ALTER TABLE claim_rules ENABLE ROW LEVEL SECURITY;

ALTER TABLE claim_rules FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON claim_rules AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON claim_rules AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON claim_rules TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON claim_rules TO wellkept_worker;

ALTER TABLE rule_bypasses ENABLE ROW LEVEL SECURITY;

ALTER TABLE rule_bypasses FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON rule_bypasses AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON rule_bypasses AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON rule_bypasses TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON rule_bypasses TO wellkept_worker;

ALTER TABLE claim_rule_revisions ENABLE ROW LEVEL SECURITY;

ALTER TABLE claim_rule_revisions FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON claim_rule_revisions AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON claim_rule_revisions AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON claim_rule_revisions TO wellkept_app;

GRANT INSERT, SELECT ON claim_rule_revisions TO wellkept_worker;

ALTER TABLE claim_rule_trials ENABLE ROW LEVEL SECURITY;

ALTER TABLE claim_rule_trials FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON claim_rule_trials AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON claim_rule_trials AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON claim_rule_trials TO wellkept_app;

GRANT INSERT, SELECT ON claim_rule_trials TO wellkept_worker;

ALTER TABLE scrub_releases ENABLE ROW LEVEL SECURITY;

ALTER TABLE scrub_releases FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON scrub_releases AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON scrub_releases AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON scrub_releases TO wellkept_app;

GRANT INSERT, SELECT ON scrub_releases TO wellkept_worker;

ALTER TABLE scrub_runs ENABLE ROW LEVEL SECURITY;

ALTER TABLE scrub_runs FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON scrub_runs AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON scrub_runs AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON scrub_runs TO wellkept_app;

GRANT INSERT, SELECT ON scrub_runs TO wellkept_worker;

ALTER TABLE scrub_results ENABLE ROW LEVEL SECURITY;

ALTER TABLE scrub_results FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON scrub_results AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON scrub_results AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON scrub_results TO wellkept_app;

GRANT INSERT, SELECT ON scrub_results TO wellkept_worker;

