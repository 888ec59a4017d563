CREATE TABLE risk_assessments (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    scope TEXT NOT NULL,
    assessed_on DATE NOT NULL,
    next_due_on DATE NOT NULL,
    status TEXT NOT NULL,
    follows_id UUID,
    content_hash BYTEA,
    submitted_by_person_id UUID,
    approved_by_person_id UUID,
    approved_on DATE,
    CONSTRAINT pk_risk_assessments PRIMARY KEY (company_id, id),
    CONSTRAINT fk_risk_assessments_follows_id FOREIGN KEY(company_id, follows_id) REFERENCES risk_assessments (company_id, id),
    CONSTRAINT fk_risk_assessments_submitted_by_person_id FOREIGN KEY(company_id, submitted_by_person_id) REFERENCES people (company_id, id),
    CONSTRAINT fk_risk_assessments_approved_by_person_id FOREIGN KEY(company_id, approved_by_person_id) REFERENCES people (company_id, id),
    CONSTRAINT uq_risk_assessments_number UNIQUE (company_id, number),
    CONSTRAINT uq_risk_assessments_follows_id UNIQUE (company_id, follows_id),
    CONSTRAINT uq_risk_assessments_id_content_hash UNIQUE (company_id, id, content_hash),
    CONSTRAINT ck_risk_assessments_next_is_later CHECK (next_due_on > assessed_on),
    CONSTRAINT ck_risk_assessments_hash_is_sha256 CHECK (octet_length(content_hash) = 32),
    CONSTRAINT ck_risk_assessments_submitted_is_hashed CHECK (status = 'draft' OR content_hash IS NOT NULL),
    CONSTRAINT ck_risk_assessments_approved_has_a_day CHECK ((status IN ('approved', 'superseded')) = (approved_on IS NOT NULL)),
    CONSTRAINT ck_risk_assessments_approved_by_somebody CHECK (approved_on IS NULL OR approved_by_person_id IS NOT NULL AND submitted_by_person_id IS NOT NULL),
    CONSTRAINT ck_risk_assessments_approved_by_somebody_else CHECK (approved_by_person_id <> submitted_by_person_id),
    CONSTRAINT ck_risk_assessments_kind_is_known CHECK (kind IN ('hipaa', 'security', 'compliance', 'operational', 'financial')),
    CONSTRAINT ck_risk_assessments_status_is_known CHECK (status IN ('draft', 'submitted', 'approved', 'superseded'))
);

CREATE INDEX ix_risk_assessments_kind_id ON risk_assessments (company_id, kind, id);

CREATE TABLE assessment_parts (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    assessment_id UUID NOT NULL,
    kind TEXT NOT NULL,
    element TEXT,
    name TEXT NOT NULL,
    description TEXT,
    CONSTRAINT pk_assessment_parts PRIMARY KEY (company_id, id),
    CONSTRAINT fk_assessment_parts_assessment_id FOREIGN KEY(company_id, assessment_id) REFERENCES risk_assessments (company_id, id),
    CONSTRAINT uq_assessment_parts_assessment_id_element UNIQUE (company_id, assessment_id, element),
    CONSTRAINT uq_assessment_parts_assessment_id_kind_name UNIQUE (company_id, assessment_id, kind, name),
    CONSTRAINT ck_assessment_parts_element_is_named CHECK ((kind = 'element') = (element IS NOT NULL)),
    CONSTRAINT ck_assessment_parts_kind_is_known CHECK (kind IN ('element', 'asset', 'threat')),
    CONSTRAINT ck_assessment_parts_element_is_known CHECK (element IN ('scope', 'data_collection', 'threats_and_vulnerabilities', 'current_measures', 'likelihood', 'impact', 'risk_level', 'documentation', 'periodic_review'))
);

CREATE TABLE assessed_risks (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    assessment_id UUID NOT NULL,
    category TEXT NOT NULL,
    description TEXT NOT NULL,
    asset_id UUID,
    threat_id UUID,
    likelihood TEXT NOT NULL,
    impact TEXT NOT NULL,
    residual_likelihood TEXT NOT NULL,
    residual_impact TEXT NOT NULL,
    treatment TEXT NOT NULL,
    owner_person_id UUID NOT NULL,
    CONSTRAINT pk_assessed_risks PRIMARY KEY (company_id, id),
    CONSTRAINT fk_assessed_risks_assessment_id FOREIGN KEY(company_id, assessment_id) REFERENCES risk_assessments (company_id, id),
    CONSTRAINT fk_assessed_risks_asset_id FOREIGN KEY(company_id, asset_id) REFERENCES assessment_parts (company_id, id),
    CONSTRAINT fk_assessed_risks_threat_id FOREIGN KEY(company_id, threat_id) REFERENCES assessment_parts (company_id, id),
    CONSTRAINT fk_assessed_risks_owner_person_id FOREIGN KEY(company_id, owner_person_id) REFERENCES people (company_id, id),
    CONSTRAINT ck_assessed_risks_likelihood_is_known CHECK (likelihood IN ('rare', 'unlikely', 'possible', 'likely', 'almost_certain')),
    CONSTRAINT ck_assessed_risks_impact_is_known CHECK (impact IN ('insignificant', 'minor', 'moderate', 'major', 'catastrophic')),
    CONSTRAINT ck_assessed_risks_residual_likelihood_is_known CHECK (residual_likelihood IN ('rare', 'unlikely', 'possible', 'likely', 'almost_certain')),
    CONSTRAINT ck_assessed_risks_residual_impact_is_known CHECK (residual_impact IN ('insignificant', 'minor', 'moderate', 'major', 'catastrophic')),
    CONSTRAINT ck_assessed_risks_treatment_is_known CHECK (treatment IN ('mitigate', 'accept', 'transfer', 'avoid'))
);

CREATE INDEX ix_assessed_risks_assessment_id_id ON assessed_risks (company_id, assessment_id, id);

CREATE TABLE assessment_records (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    assessment_id UUID NOT NULL,
    content JSONB NOT NULL,
    content_hash BYTEA NOT NULL,
    approval_id UUID NOT NULL,
    requested_by UUID NOT NULL,
    CONSTRAINT pk_assessment_records PRIMARY KEY (company_id, id),
    CONSTRAINT fk_assessment_records_assessment_id FOREIGN KEY(company_id, assessment_id, content_hash) REFERENCES risk_assessments (company_id, id, content_hash),
    CONSTRAINT fk_assessment_records_approval_id FOREIGN KEY(company_id, approval_id) REFERENCES approvals (company_id, id),
    CONSTRAINT fk_assessment_records_requested_by FOREIGN KEY(company_id, requested_by) REFERENCES people (company_id, id),
    CONSTRAINT uq_assessment_records_assessment_id UNIQUE (company_id, assessment_id),
    CONSTRAINT ck_assessment_records_approved_by_somebody_else CHECK (recorded_by <> requested_by)
);

CREATE TABLE mitigation_items (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    assessment_id UUID NOT NULL,
    risk_id UUID NOT NULL,
    task TEXT NOT NULL,
    owner_person_id UUID NOT NULL,
    due_on DATE NOT NULL,
    status TEXT NOT NULL,
    done_on DATE,
    CONSTRAINT pk_mitigation_items PRIMARY KEY (company_id, id),
    CONSTRAINT fk_mitigation_items_assessment_id FOREIGN KEY(company_id, assessment_id) REFERENCES risk_assessments (company_id, id),
    CONSTRAINT fk_mitigation_items_risk_id FOREIGN KEY(company_id, risk_id) REFERENCES assessed_risks (company_id, id),
    CONSTRAINT fk_mitigation_items_owner_person_id FOREIGN KEY(company_id, owner_person_id) REFERENCES people (company_id, id),
    CONSTRAINT ck_mitigation_items_done_has_a_day CHECK ((status = 'done') = (done_on IS NOT NULL)),
    CONSTRAINT ck_mitigation_items_status_is_known CHECK (status IN ('planned', 'in_progress', 'done', 'carried_over'))
);

CREATE INDEX ix_mitigation_items_assessment_id_id ON mitigation_items (company_id, assessment_id, id);

CREATE INDEX ix_mitigation_items_status_due_on ON mitigation_items (company_id, status, due_on);

CREATE TABLE risk_acceptances (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    risk_id UUID NOT NULL,
    reason TEXT NOT NULL,
    expires_on DATE NOT NULL,
    status TEXT NOT NULL,
    proposed_by_person_id UUID NOT NULL,
    accepted_by_person_id UUID,
    accepted_on DATE,
    CONSTRAINT pk_risk_acceptances PRIMARY KEY (company_id, id),
    CONSTRAINT fk_risk_acceptances_risk_id FOREIGN KEY(company_id, risk_id) REFERENCES assessed_risks (company_id, id),
    CONSTRAINT fk_risk_acceptances_proposed_by_person_id FOREIGN KEY(company_id, proposed_by_person_id) REFERENCES people (company_id, id),
    CONSTRAINT fk_risk_acceptances_accepted_by_person_id FOREIGN KEY(company_id, accepted_by_person_id) REFERENCES people (company_id, id),
    CONSTRAINT ck_risk_acceptances_accepted_has_a_day CHECK ((status = 'accepted') = (accepted_on IS NOT NULL)),
    CONSTRAINT ck_risk_acceptances_accepted_by_somebody CHECK (accepted_on IS NULL OR accepted_by_person_id IS NOT NULL),
    CONSTRAINT ck_risk_acceptances_accepted_by_somebody_else CHECK (accepted_by_person_id <> proposed_by_person_id),
    CONSTRAINT ck_risk_acceptances_expires_later CHECK (accepted_on <= expires_on),
    CONSTRAINT ck_risk_acceptances_status_is_known CHECK (status IN ('proposed', 'accepted', 'not_accepted'))
);

CREATE INDEX ix_risk_acceptances_risk_id_id ON risk_acceptances (company_id, risk_id, id);

CREATE UNIQUE INDEX uq_risk_acceptances_risk_id ON risk_acceptances (company_id, risk_id) WHERE status = 'proposed';

CREATE TABLE risk_controls (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    assessment_id UUID NOT NULL,
    risk_id UUID NOT NULL,
    state TEXT NOT NULL,
    description TEXT NOT NULL,
    CONSTRAINT pk_risk_controls PRIMARY KEY (company_id, id),
    CONSTRAINT fk_risk_controls_assessment_id FOREIGN KEY(company_id, assessment_id) REFERENCES risk_assessments (company_id, id),
    CONSTRAINT fk_risk_controls_risk_id FOREIGN KEY(company_id, risk_id) REFERENCES assessed_risks (company_id, id),
    CONSTRAINT ck_risk_controls_state_is_known CHECK (state IN ('in_place', 'planned'))
);

CREATE INDEX ix_risk_controls_assessment_id_id ON risk_controls (company_id, assessment_id, id);

CREATE INDEX ix_risk_controls_risk_id_id ON risk_controls (company_id, risk_id, id);

ALTER TABLE risk_assessments ENABLE ROW LEVEL SECURITY;

ALTER TABLE risk_assessments FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON risk_assessments AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON risk_assessments AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON risk_assessments TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON risk_assessments TO wellkept_worker;

ALTER TABLE assessment_parts ENABLE ROW LEVEL SECURITY;

ALTER TABLE assessment_parts FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON assessment_parts AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON assessment_parts AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON assessment_parts TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON assessment_parts TO wellkept_worker;

ALTER TABLE assessed_risks ENABLE ROW LEVEL SECURITY;

ALTER TABLE assessed_risks FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON assessed_risks AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON assessed_risks AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON assessed_risks TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON assessed_risks TO wellkept_worker;

ALTER TABLE assessment_records ENABLE ROW LEVEL SECURITY;

ALTER TABLE assessment_records FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON assessment_records AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON assessment_records AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON assessment_records TO wellkept_app;

GRANT INSERT, SELECT ON assessment_records TO wellkept_worker;

ALTER TABLE mitigation_items ENABLE ROW LEVEL SECURITY;

ALTER TABLE mitigation_items FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON mitigation_items AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON mitigation_items AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON mitigation_items TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON mitigation_items TO wellkept_worker;

ALTER TABLE risk_acceptances ENABLE ROW LEVEL SECURITY;

ALTER TABLE risk_acceptances FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON risk_acceptances AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON risk_acceptances AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON risk_acceptances TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON risk_acceptances TO wellkept_worker;

ALTER TABLE risk_controls ENABLE ROW LEVEL SECURITY;

ALTER TABLE risk_controls FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON risk_controls AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON risk_controls AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON risk_controls TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON risk_controls TO wellkept_worker;

