CREATE TABLE regulatory_audits (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    number TEXT NOT NULL,
    program TEXT NOT NULL,
    audit_type TEXT NOT NULL,
    scope TEXT NOT NULL,
    auditor TEXT NOT NULL,
    audit_firm TEXT,
    scheduled_on DATE NOT NULL,
    status TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    completed_at TIMESTAMP WITH TIME ZONE,
    concluded_at TIMESTAMP WITH TIME ZONE,
    conclusion TEXT,
    finding_count INTEGER NOT NULL,
    recommendation_count INTEGER NOT NULL,
    CONSTRAINT pk_regulatory_audits PRIMARY KEY (company_id, id),
    CONSTRAINT uq_regulatory_audits_number UNIQUE (company_id, number),
    CONSTRAINT ck_regulatory_audits_started_once_in_progress CHECK ((status = 'scheduled') = (started_at IS NULL)),
    CONSTRAINT ck_regulatory_audits_completed_once_completed CHECK ((status IN ('completed', 'passed', 'failed')) = (completed_at IS NOT NULL)),
    CONSTRAINT ck_regulatory_audits_concluded_with_a_reason CHECK ((status IN ('passed', 'failed')) = (concluded_at IS NOT NULL) AND (concluded_at IS NULL) = (conclusion IS NULL)),
    CONSTRAINT ck_regulatory_audits_counts_are_counts CHECK (finding_count >= 0 AND recommendation_count >= 0),
    CONSTRAINT ck_regulatory_audits_program_is_known CHECK (program IN ('MIPS', 'APM', 'MACRA', 'Meaningful_Use', 'PQRS', 'HEDIS', 'Joint_Commission', 'State_Licensing', 'HIPAA', 'OSHA')),
    CONSTRAINT ck_regulatory_audits_audit_type_is_known CHECK (audit_type IN ('internal', 'external', 'cms', 'state', 'accreditation')),
    CONSTRAINT ck_regulatory_audits_status_is_known CHECK (status IN ('scheduled', 'in_progress', 'completed', 'passed', 'failed'))
);

CREATE INDEX ix_regulatory_audits_program_id ON regulatory_audits (company_id, program, id);

CREATE TABLE audit_recommendations (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    audit_id UUID NOT NULL,
    ordinal INTEGER NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT pk_audit_recommendations PRIMARY KEY (company_id, id),
    CONSTRAINT fk_audit_recommendations_audit_id FOREIGN KEY(company_id, audit_id) REFERENCES regulatory_audits (company_id, id),
    CONSTRAINT uq_audit_recommendations_audit_id_ordinal UNIQUE (company_id, audit_id, ordinal),
    CONSTRAINT ck_audit_recommendations_ordinal_is_positive CHECK (ordinal >= 1)
);

CREATE TABLE audit_findings (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    audit_id UUID NOT NULL,
    ordinal INTEGER NOT NULL,
    number TEXT NOT NULL,
    severity TEXT NOT NULL,
    category TEXT NOT NULL,
    description TEXT NOT NULL,
    impact TEXT NOT NULL,
    root_cause TEXT,
    requirement_id UUID,
    out_of_scope_reason TEXT,
    identified_on DATE NOT NULL,
    identified_by TEXT NOT NULL,
    status TEXT NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    closing_note TEXT,
    closing_evidence_id UUID,
    reopening_reason TEXT,
    action_count INTEGER NOT NULL,
    CONSTRAINT pk_audit_findings PRIMARY KEY (company_id, id),
    CONSTRAINT fk_audit_findings_audit_id FOREIGN KEY(company_id, audit_id) REFERENCES regulatory_audits (company_id, id),
    CONSTRAINT fk_audit_findings_requirement_id FOREIGN KEY(company_id, requirement_id) REFERENCES compliance_requirements (company_id, id),
    CONSTRAINT fk_audit_findings_closing_evidence_id FOREIGN KEY(company_id, closing_evidence_id) REFERENCES compliance_evidence (company_id, id),
    CONSTRAINT uq_audit_findings_audit_id_ordinal UNIQUE (company_id, audit_id, ordinal),
    CONSTRAINT uq_audit_findings_number UNIQUE (company_id, number),
    CONSTRAINT ck_audit_findings_ordinal_is_positive CHECK (ordinal >= 1 AND action_count >= 0),
    CONSTRAINT ck_audit_findings_only_a_requirement_is_out_of_scope CHECK (requirement_id IS NOT NULL OR out_of_scope_reason IS NULL),
    CONSTRAINT ck_audit_findings_closed_with_evidence CHECK ((status = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closing_evidence_id IS NULL) AND (closed_at IS NULL) = (closing_note IS NULL) AND (closed_at IS NULL OR root_cause IS NOT NULL)),
    CONSTRAINT ck_audit_findings_severity_is_known CHECK (severity IN ('minor', 'moderate', 'major', 'critical')),
    CONSTRAINT ck_audit_findings_status_is_known CHECK (status IN ('open', 'closed'))
);

CREATE INDEX ix_audit_findings_requirement_id_id ON audit_findings (company_id, requirement_id, id);

CREATE INDEX ix_audit_findings_status_id ON audit_findings (company_id, status, id);

CREATE TABLE audited_requirements (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    audit_id UUID NOT NULL,
    requirement_id UUID NOT NULL,
    CONSTRAINT pk_audited_requirements PRIMARY KEY (company_id, id),
    CONSTRAINT fk_audited_requirements_audit_id FOREIGN KEY(company_id, audit_id) REFERENCES regulatory_audits (company_id, id),
    CONSTRAINT fk_audited_requirements_requirement_id FOREIGN KEY(company_id, requirement_id) REFERENCES compliance_requirements (company_id, id),
    CONSTRAINT uq_audited_requirements_audit_id_requirement_id UNIQUE (company_id, audit_id, requirement_id)
);

CREATE INDEX ix_audited_requirements_requirement_id_id ON audited_requirements (company_id, requirement_id, id);

CREATE TABLE corrective_actions (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    audit_id UUID NOT NULL,
    finding_id UUID NOT NULL,
    ordinal INTEGER NOT NULL,
    number TEXT NOT NULL,
    description TEXT NOT NULL,
    follows_id UUID,
    CONSTRAINT pk_corrective_actions PRIMARY KEY (company_id, id),
    CONSTRAINT fk_corrective_actions_audit_id FOREIGN KEY(company_id, audit_id) REFERENCES regulatory_audits (company_id, id),
    CONSTRAINT fk_corrective_actions_finding_id FOREIGN KEY(company_id, finding_id) REFERENCES audit_findings (company_id, id),
    CONSTRAINT fk_corrective_actions_follows_id FOREIGN KEY(company_id, follows_id) REFERENCES corrective_actions (company_id, id),
    CONSTRAINT uq_corrective_actions_finding_id_ordinal UNIQUE (company_id, finding_id, ordinal),
    CONSTRAINT uq_corrective_actions_number UNIQUE (company_id, number),
    CONSTRAINT ck_corrective_actions_ordinal_is_positive CHECK (ordinal >= 1)
);

CREATE INDEX ix_corrective_actions_audit_id_id ON corrective_actions (company_id, audit_id, id);

CREATE TABLE finding_evidence (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    finding_id UUID NOT NULL,
    evidence_id UUID NOT NULL,
    CONSTRAINT pk_finding_evidence PRIMARY KEY (company_id, id),
    CONSTRAINT fk_finding_evidence_finding_id FOREIGN KEY(company_id, finding_id) REFERENCES audit_findings (company_id, id),
    CONSTRAINT fk_finding_evidence_evidence_id FOREIGN KEY(company_id, evidence_id) REFERENCES compliance_evidence (company_id, id),
    CONSTRAINT uq_finding_evidence_finding_id_evidence_id UNIQUE (company_id, finding_id, evidence_id)
);

CREATE INDEX ix_finding_evidence_evidence_id_id ON finding_evidence (company_id, evidence_id, id);

CREATE TABLE action_participants (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    action_id UUID NOT NULL,
    person_id UUID NOT NULL,
    role TEXT NOT NULL,
    CONSTRAINT pk_action_participants PRIMARY KEY (company_id, id),
    CONSTRAINT fk_action_participants_action_id FOREIGN KEY(company_id, action_id) REFERENCES corrective_actions (company_id, id),
    CONSTRAINT fk_action_participants_person_id FOREIGN KEY(company_id, person_id) REFERENCES people (company_id, id),
    CONSTRAINT uq_action_participants_action_id_person_id UNIQUE (company_id, action_id, person_id),
    CONSTRAINT uq_action_participants_action_id_person_id_role UNIQUE (company_id, action_id, person_id, role),
    CONSTRAINT ck_action_participants_role_is_known CHECK (role IN ('involved', 'verifier'))
);

CREATE INDEX ix_action_participants_person_id ON action_participants (company_id, person_id);

CREATE TABLE action_progress (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    action_id UUID NOT NULL,
    status TEXT NOT NULL,
    assignee_id UUID NOT NULL,
    assignee_role TEXT NOT NULL,
    due_on DATE NOT NULL,
    escalation_person_id UUID,
    escalated_due_on DATE,
    check_due_on DATE,
    started_at TIMESTAMP WITH TIME ZONE,
    completed_at TIMESTAMP WITH TIME ZONE,
    verified_at TIMESTAMP WITH TIME ZONE,
    verified_by UUID,
    checked_at TIMESTAMP WITH TIME ZONE,
    checked_by UUID,
    verifier_role TEXT NOT NULL,
    step_count INTEGER NOT NULL,
    CONSTRAINT pk_action_progress PRIMARY KEY (company_id, id),
    CONSTRAINT fk_action_progress_action_id FOREIGN KEY(company_id, action_id) REFERENCES corrective_actions (company_id, id),
    CONSTRAINT fk_action_progress_escalation_person_id FOREIGN KEY(company_id, escalation_person_id) REFERENCES people (company_id, id),
    CONSTRAINT fk_action_progress_assignee_id FOREIGN KEY(company_id, assignee_id, action_id, assignee_role) REFERENCES action_participants (company_id, person_id, action_id, role),
    CONSTRAINT fk_action_progress_checked_by FOREIGN KEY(company_id, checked_by, action_id, verifier_role) REFERENCES action_participants (company_id, person_id, action_id, role),
    CONSTRAINT fk_action_progress_verified_by FOREIGN KEY(company_id, verified_by, action_id, verifier_role) REFERENCES action_participants (company_id, person_id, action_id, role),
    CONSTRAINT uq_action_progress_action_id UNIQUE (company_id, action_id),
    CONSTRAINT ck_action_progress_the_assignee_is_involved CHECK (assignee_role = 'involved'),
    CONSTRAINT ck_action_progress_only_a_verifier_verifies CHECK (verifier_role = 'verifier'),
    CONSTRAINT ck_action_progress_nobody_verifies_what_they_made CHECK (verified_by <> created_by),
    CONSTRAINT ck_action_progress_nobody_checks_what_they_made CHECK (checked_by <> created_by),
    CONSTRAINT ck_action_progress_started_once_begun CHECK ((status = 'planned') = (started_at IS NULL)),
    CONSTRAINT ck_action_progress_completed_once_completed CHECK ((status IN ('planned', 'in_progress')) = (completed_at IS NULL)),
    CONSTRAINT ck_action_progress_verified_by_somebody CHECK ((status IN ('verified', 'effective', 'not_effective')) = (verified_at IS NOT NULL) AND (verified_at IS NULL) = (verified_by IS NULL) AND (verified_at IS NULL) = (check_due_on IS NULL)),
    CONSTRAINT ck_action_progress_checked_by_somebody CHECK ((status IN ('effective', 'not_effective')) = (checked_at IS NOT NULL) AND (checked_at IS NULL) = (checked_by IS NULL)),
    CONSTRAINT ck_action_progress_steps_are_counted CHECK (step_count >= 1),
    CONSTRAINT ck_action_progress_status_is_known CHECK (status IN ('planned', 'in_progress', 'completed', 'verified', 'effective', 'not_effective')),
    CONSTRAINT ck_action_progress_assignee_role_is_known CHECK (assignee_role IN ('involved', 'verifier')),
    CONSTRAINT ck_action_progress_verifier_role_is_known CHECK (verifier_role IN ('involved', 'verifier'))
);

CREATE INDEX ix_action_progress_assignee_id_id ON action_progress (company_id, assignee_id, id);

CREATE INDEX ix_action_progress_status_id ON action_progress (company_id, status, id);

CREATE TABLE action_steps (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    action_id UUID NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    person_id UUID,
    role TEXT NOT NULL,
    assignee_id UUID NOT NULL,
    assignee_role TEXT NOT NULL,
    due_on DATE NOT NULL,
    taken_on DATE NOT NULL,
    note TEXT,
    evidence_id UUID,
    CONSTRAINT pk_action_steps PRIMARY KEY (company_id, id),
    CONSTRAINT fk_action_steps_action_id FOREIGN KEY(company_id, action_id) REFERENCES corrective_actions (company_id, id),
    CONSTRAINT fk_action_steps_evidence_id FOREIGN KEY(company_id, evidence_id) REFERENCES compliance_evidence (company_id, id),
    CONSTRAINT fk_action_steps_person_id FOREIGN KEY(company_id, person_id, action_id, role) REFERENCES action_participants (company_id, person_id, action_id, role),
    CONSTRAINT fk_action_steps_assignee_id FOREIGN KEY(company_id, assignee_id, action_id, assignee_role) REFERENCES action_participants (company_id, person_id, action_id, role),
    CONSTRAINT uq_action_steps_action_id_number UNIQUE (company_id, action_id, number),
    CONSTRAINT ck_action_steps_number_is_positive CHECK (number >= 1),
    CONSTRAINT ck_action_steps_the_assignee_is_involved CHECK (assignee_role = 'involved'),
    CONSTRAINT ck_action_steps_judged_by_a_verifier CHECK ((kind IN ('returned', 'verified', 'found_effective', 'found_not_effective')) = (role = 'verifier')),
    CONSTRAINT ck_action_steps_a_verifier_acts_in_person CHECK (role <> 'verifier' OR person_id IS NOT NULL AND person_id = recorded_by),
    CONSTRAINT ck_action_steps_kind_is_known CHECK (kind IN ('planned', 'assigned', 'rescheduled', 'escalated', 'noted', 'started', 'completed', 'reopened', 'returned', 'verified', 'found_effective', 'found_not_effective')),
    CONSTRAINT ck_action_steps_status_is_known CHECK (status IN ('planned', 'in_progress', 'completed', 'verified', 'effective', 'not_effective')),
    CONSTRAINT ck_action_steps_role_is_known CHECK (role IN ('involved', 'verifier')),
    CONSTRAINT ck_action_steps_assignee_role_is_known CHECK (assignee_role IN ('involved', 'verifier'))
);

CREATE INDEX ix_action_steps_evidence_id_id ON action_steps (company_id, evidence_id, id);

ALTER TABLE regulatory_audits ENABLE ROW LEVEL SECURITY;

ALTER TABLE regulatory_audits FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON regulatory_audits AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON regulatory_audits AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON regulatory_audits TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON regulatory_audits TO wellkept_worker;

ALTER TABLE audit_recommendations ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_recommendations FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON audit_recommendations AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON audit_recommendations AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON audit_recommendations TO wellkept_app;

GRANT INSERT, SELECT ON audit_recommendations TO wellkept_worker;

ALTER TABLE audit_findings ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_findings FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON audit_findings AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON audit_findings AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON audit_findings TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON audit_findings TO wellkept_worker;

ALTER TABLE audited_requirements ENABLE ROW LEVEL SECURITY;

ALTER TABLE audited_requirements FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON audited_requirements AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON audited_requirements AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON audited_requirements TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON audited_requirements TO wellkept_worker;

ALTER TABLE corrective_actions ENABLE ROW LEVEL SECURITY;

ALTER TABLE corrective_actions FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON corrective_actions AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON corrective_actions AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON corrective_actions TO wellkept_app;

GRANT INSERT, SELECT ON corrective_actions TO wellkept_worker;

ALTER TABLE finding_evidence ENABLE ROW LEVEL SECURITY;

ALTER TABLE finding_evidence FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON finding_evidence AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON finding_evidence AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON finding_evidence TO wellkept_app;

GRANT INSERT, SELECT ON finding_evidence TO wellkept_worker;

ALTER TABLE action_participants ENABLE ROW LEVEL SECURITY;

ALTER TABLE action_participants FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON action_participants AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON action_participants AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON action_participants TO wellkept_app;

GRANT INSERT, SELECT ON action_participants TO wellkept_worker;

ALTER TABLE action_progress ENABLE ROW LEVEL SECURITY;

ALTER TABLE action_progress FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON action_progress AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON action_progress AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON action_progress TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON action_progress TO wellkept_worker;

ALTER TABLE action_steps ENABLE ROW LEVEL SECURITY;

ALTER TABLE action_steps FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON action_steps AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON action_steps AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON action_steps TO wellkept_app;

GRANT INSERT, SELECT ON action_steps TO wellkept_worker;

