CREATE TABLE policies (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    number TEXT NOT NULL,
    title TEXT NOT NULL,
    category TEXT NOT NULL,
    program TEXT,
    owner_person_id UUID NOT NULL,
    review_months INTEGER NOT NULL,
    acknowledge_days INTEGER NOT NULL,
    audience TEXT NOT NULL,
    archived_on DATE,
    archive_reason TEXT,
    CONSTRAINT pk_policies PRIMARY KEY (company_id, id),
    CONSTRAINT fk_policies_owner_person_id FOREIGN KEY(company_id, owner_person_id) REFERENCES people (company_id, id),
    CONSTRAINT uq_policies_number UNIQUE (company_id, number),
    CONSTRAINT ck_policies_is_reviewed_within_years CHECK (review_months BETWEEN 1 AND 60),
    CONSTRAINT ck_policies_is_acknowledged_within_a_year CHECK (acknowledge_days BETWEEN 0 AND 365),
    CONSTRAINT ck_policies_archived_with_a_reason CHECK ((archived_on IS NULL) = (archive_reason IS NULL)),
    CONSTRAINT ck_policies_program_is_known CHECK (program IN ('MIPS', 'APM', 'MACRA', 'Meaningful_Use', 'PQRS', 'HEDIS', 'Joint_Commission', 'State_Licensing', 'HIPAA', 'OSHA')),
    CONSTRAINT ck_policies_audience_is_known CHECK (audience IN ('everybody', 'listed'))
);

CREATE INDEX ix_policies_program_id ON policies (company_id, program, id);

CREATE TABLE policy_members (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    policy_id UUID NOT NULL,
    role TEXT,
    role_id UUID,
    person_id UUID,
    CONSTRAINT pk_policy_members PRIMARY KEY (company_id, id),
    CONSTRAINT fk_policy_members_policy_id FOREIGN KEY(company_id, policy_id) REFERENCES policies (company_id, id),
    CONSTRAINT fk_policy_members_role_id FOREIGN KEY(company_id, role_id) REFERENCES company_roles (company_id, id),
    CONSTRAINT fk_policy_members_person_id FOREIGN KEY(company_id, person_id) REFERENCES people (company_id, id),
    CONSTRAINT uq_policy_members_policy_id_role UNIQUE (company_id, policy_id, role),
    CONSTRAINT uq_policy_members_policy_id_role_id UNIQUE (company_id, policy_id, role_id),
    CONSTRAINT uq_policy_members_policy_id_person_id UNIQUE (company_id, policy_id, person_id),
    CONSTRAINT ck_policy_members_is_one_role_or_person CHECK (num_nonnulls(role, role_id, person_id) = 1),
    CONSTRAINT ck_policy_members_role_is_known CHECK (role IN ('administrator', 'rcm_staff', 'rcm_manager', 'compliance_officer', 'auditor', 'quality_lead', 'viewer'))
);

CREATE TABLE policy_requirements (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    policy_id UUID NOT NULL,
    requirement_id UUID NOT NULL,
    CONSTRAINT pk_policy_requirements PRIMARY KEY (company_id, id),
    CONSTRAINT fk_policy_requirements_policy_id FOREIGN KEY(company_id, policy_id) REFERENCES policies (company_id, id),
    CONSTRAINT fk_policy_requirements_requirement_id FOREIGN KEY(company_id, requirement_id) REFERENCES compliance_requirements (company_id, id),
    CONSTRAINT uq_policy_requirements_policy_id_requirement_id UNIQUE (company_id, policy_id, requirement_id)
);

CREATE INDEX ix_policy_requirements_requirement_id_id ON policy_requirements (company_id, requirement_id, id);

CREATE TABLE policy_reviews (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    policy_id UUID NOT NULL,
    reviewed_on DATE NOT NULL,
    outcome TEXT NOT NULL,
    note TEXT,
    CONSTRAINT pk_policy_reviews PRIMARY KEY (company_id, id),
    CONSTRAINT fk_policy_reviews_policy_id FOREIGN KEY(company_id, policy_id) REFERENCES policies (company_id, id),
    CONSTRAINT ck_policy_reviews_outcome_is_known CHECK (outcome IN ('still_right', 'needs_change'))
);

CREATE INDEX ix_policy_reviews_policy_id_id ON policy_reviews (company_id, policy_id, id);

CREATE TABLE policy_texts (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    policy_id UUID NOT NULL,
    content TEXT,
    file_id UUID,
    content_hash BYTEA NOT NULL,
    CONSTRAINT pk_policy_texts PRIMARY KEY (company_id, id),
    CONSTRAINT fk_policy_texts_policy_id FOREIGN KEY(company_id, policy_id) REFERENCES policies (company_id, id),
    CONSTRAINT fk_policy_texts_file_id FOREIGN KEY(company_id, file_id) REFERENCES stored_files (company_id, id),
    CONSTRAINT uq_policy_texts_id_content_hash UNIQUE (company_id, id, content_hash),
    CONSTRAINT ck_policy_texts_is_text_or_file CHECK (num_nonnulls(content, file_id) = 1),
    CONSTRAINT ck_policy_texts_hash_is_sha256 CHECK (octet_length(content_hash) = 32)
);

CREATE TABLE policy_versions (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    policy_id UUID NOT NULL,
    major INTEGER NOT NULL,
    minor INTEGER NOT NULL,
    stage TEXT NOT NULL,
    text_id UUID NOT NULL,
    content_hash BYTEA NOT NULL,
    effective_on DATE NOT NULL,
    summary TEXT,
    CONSTRAINT pk_policy_versions PRIMARY KEY (company_id, id),
    CONSTRAINT fk_policy_versions_policy_id FOREIGN KEY(company_id, policy_id) REFERENCES policies (company_id, id),
    CONSTRAINT fk_policy_versions_text_id FOREIGN KEY(company_id, text_id, content_hash) REFERENCES policy_texts (company_id, id, content_hash),
    CONSTRAINT uq_policy_versions_policy_id_major_minor UNIQUE (company_id, policy_id, major, minor),
    CONSTRAINT uq_policy_versions_id_major_minor_content_hash_effective_on UNIQUE (company_id, id, major, minor, content_hash, effective_on),
    CONSTRAINT ck_policy_versions_first_is_one CHECK (major >= 1 AND minor >= 0),
    CONSTRAINT ck_policy_versions_stage_is_known CHECK (stage IN ('draft', 'under_review', 'approved'))
);

CREATE UNIQUE INDEX uq_policy_versions_policy_id ON policy_versions (company_id, policy_id) WHERE stage <> 'approved';

CREATE TABLE policy_approvals (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    policy_id UUID NOT NULL,
    policy_version_id UUID NOT NULL,
    major INTEGER NOT NULL,
    minor INTEGER NOT NULL,
    content_hash BYTEA NOT NULL,
    effective_on DATE NOT NULL,
    approved_on DATE NOT NULL,
    in_force_on DATE NOT NULL,
    approval_id UUID NOT NULL,
    requested_by UUID NOT NULL,
    CONSTRAINT pk_policy_approvals PRIMARY KEY (company_id, id),
    CONSTRAINT fk_policy_approvals_policy_id FOREIGN KEY(company_id, policy_id) REFERENCES policies (company_id, id),
    CONSTRAINT fk_policy_approvals_policy_version_id FOREIGN KEY(company_id, policy_version_id, major, minor, content_hash, effective_on) REFERENCES policy_versions (company_id, id, major, minor, content_hash, effective_on),
    CONSTRAINT fk_policy_approvals_approval_id FOREIGN KEY(company_id, approval_id) REFERENCES approvals (company_id, id),
    CONSTRAINT fk_policy_approvals_requested_by FOREIGN KEY(company_id, requested_by) REFERENCES people (company_id, id),
    CONSTRAINT uq_policy_approvals_policy_version_id UNIQUE (company_id, policy_version_id),
    CONSTRAINT uq_policy_approvals_policy_version_id_content_hash UNIQUE (company_id, policy_version_id, content_hash),
    CONSTRAINT ck_policy_approvals_approved_by_somebody_else CHECK (recorded_by <> requested_by),
    CONSTRAINT ck_policy_approvals_not_in_force_before_approval CHECK (in_force_on = GREATEST(effective_on, approved_on))
);

CREATE INDEX ix_policy_approvals_policy_id_id ON policy_approvals (company_id, policy_id, id);

CREATE TABLE policy_acknowledgements (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    policy_id UUID NOT NULL,
    policy_version_id UUID NOT NULL,
    content_hash BYTEA NOT NULL,
    session_id UUID NOT NULL,
    printed_name TEXT NOT NULL,
    CONSTRAINT pk_policy_acknowledgements PRIMARY KEY (company_id, id),
    CONSTRAINT fk_policy_acknowledgements_policy_id FOREIGN KEY(company_id, policy_id) REFERENCES policies (company_id, id),
    CONSTRAINT fk_policy_acknowledgements_policy_version_id FOREIGN KEY(company_id, policy_version_id, content_hash) REFERENCES policy_approvals (company_id, policy_version_id, content_hash),
    CONSTRAINT fk_policy_acknowledgements_recorded_by FOREIGN KEY(company_id, recorded_by) REFERENCES people (company_id, id),
    CONSTRAINT fk_policy_acknowledgements_session_id FOREIGN KEY(company_id, session_id) REFERENCES person_sessions (company_id, id),
    CONSTRAINT uq_policy_acknowledgements_policy_version_id_recorded_by UNIQUE (company_id, policy_version_id, recorded_by)
);

CREATE INDEX ix_policy_acknowledgements_policy_id_id ON policy_acknowledgements (company_id, policy_id, id);

ALTER TABLE policies ENABLE ROW LEVEL SECURITY;

ALTER TABLE policies FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON policies AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON policies AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON policies TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON policies TO wellkept_worker;

ALTER TABLE policy_members ENABLE ROW LEVEL SECURITY;

ALTER TABLE policy_members FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON policy_members AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON policy_members AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON policy_members TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON policy_members TO wellkept_worker;

ALTER TABLE policy_requirements ENABLE ROW LEVEL SECURITY;

ALTER TABLE policy_requirements FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON policy_requirements AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON policy_requirements AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON policy_requirements TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON policy_requirements TO wellkept_worker;

ALTER TABLE policy_reviews ENABLE ROW LEVEL SECURITY;

ALTER TABLE policy_reviews FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON policy_reviews AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON policy_reviews AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON policy_reviews TO wellkept_app;

GRANT INSERT, SELECT ON policy_reviews TO wellkept_worker;

ALTER TABLE policy_texts ENABLE ROW LEVEL SECURITY;

ALTER TABLE policy_texts FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON policy_texts AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON policy_texts AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON policy_texts TO wellkept_app;

GRANT INSERT, SELECT ON policy_texts TO wellkept_worker;

ALTER TABLE policy_versions ENABLE ROW LEVEL SECURITY;

ALTER TABLE policy_versions FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON policy_versions AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON policy_versions AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON policy_versions TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON policy_versions TO wellkept_worker;

ALTER TABLE policy_approvals ENABLE ROW LEVEL SECURITY;

ALTER TABLE policy_approvals FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON policy_approvals AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON policy_approvals AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON policy_approvals TO wellkept_app;

GRANT INSERT, SELECT ON policy_approvals TO wellkept_worker;

ALTER TABLE policy_acknowledgements ENABLE ROW LEVEL SECURITY;

ALTER TABLE policy_acknowledgements FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON policy_acknowledgements AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON policy_acknowledgements AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON policy_acknowledgements TO wellkept_app;

GRANT INSERT, SELECT ON policy_acknowledgements TO wellkept_worker;

