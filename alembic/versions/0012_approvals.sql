-- Steps that need a second person: requests, decisions, who stands how to what, thresholds.

CREATE TABLE approval_thresholds (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    kind TEXT NOT NULL,
    rule TEXT NOT NULL,
    amount_cents BIGINT,
    quorum INTEGER NOT NULL,
    CONSTRAINT pk_approval_thresholds PRIMARY KEY (company_id, id),
    CONSTRAINT uq_approval_thresholds_kind UNIQUE (company_id, kind),
    CONSTRAINT ck_approval_thresholds_an_amount_where_it_counts CHECK ((rule = 'from_amount') = (amount_cents IS NOT NULL)),
    CONSTRAINT ck_approval_thresholds_the_amount_is_positive CHECK (amount_cents > 0),
    CONSTRAINT ck_approval_thresholds_quorum_is_small CHECK (quorum BETWEEN 1 AND 5),
    CONSTRAINT ck_approval_thresholds_kind_is_known CHECK (kind IN ('remittance_release', 'remittance_return', 'remittance_acceptance', 'legal_hold_release')),
    CONSTRAINT ck_approval_thresholds_rule_is_known CHECK (rule IN ('never', 'from_amount', 'when_possible', 'always'))
);

CREATE TABLE approval_participants (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    entity TEXT NOT NULL,
    entity_id UUID NOT NULL,
    person_id UUID NOT NULL,
    role TEXT NOT NULL,
    CONSTRAINT pk_approval_participants PRIMARY KEY (company_id, id),
    CONSTRAINT fk_approval_participants_person_id FOREIGN KEY(company_id, person_id) REFERENCES people (company_id, id),
    CONSTRAINT uq_approval_participants_entity_entity_id_person_id UNIQUE (company_id, entity, entity_id, person_id),
    CONSTRAINT uq_approval_participants_entity_entity_id_person_id_role UNIQUE (company_id, entity, entity_id, person_id, role),
    CONSTRAINT ck_approval_participants_role_is_known CHECK (role IN ('involved', 'decider'))
);

CREATE INDEX ix_approval_participants_person_id ON approval_participants (company_id, person_id);

CREATE TABLE approvals (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    kind TEXT NOT NULL,
    entity TEXT NOT NULL,
    entity_id UUID NOT NULL,
    subject_version INTEGER NOT NULL,
    amount_cents BIGINT,
    reason TEXT NOT NULL,
    requested_by UUID NOT NULL,
    requester_role TEXT NOT NULL,
    quorum INTEGER NOT NULL,
    approved_count INTEGER NOT NULL,
    status TEXT NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_approvals PRIMARY KEY (company_id, id),
    CONSTRAINT fk_approvals_requested_by FOREIGN KEY(company_id, requested_by, entity, entity_id, requester_role) REFERENCES approval_participants (company_id, person_id, entity, entity_id, role),
    CONSTRAINT uq_approvals_id_entity_entity_id UNIQUE (company_id, id, entity, entity_id),
    CONSTRAINT ck_approvals_requester_is_involved CHECK (requester_role = 'involved'),
    CONSTRAINT ck_approvals_quorum_is_small CHECK (quorum BETWEEN 1 AND 5),
    CONSTRAINT ck_approvals_approvals_are_counted CHECK (approved_count BETWEEN 0 AND quorum),
    CONSTRAINT ck_approvals_approved_by_its_quorum CHECK ((status = 'approved') = (approved_count = quorum)),
    CONSTRAINT ck_approvals_closed_when_over CHECK ((status = 'requested') = (closed_at IS NULL)),
    CONSTRAINT ck_approvals_kind_is_known CHECK (kind IN ('remittance_release', 'remittance_return', 'remittance_acceptance', 'legal_hold_release')),
    CONSTRAINT ck_approvals_requester_role_is_known CHECK (requester_role IN ('involved', 'decider')),
    CONSTRAINT ck_approvals_status_is_known CHECK (status IN ('requested', 'approved', 'refused', 'expired', 'withdrawn', 'void'))
);

CREATE INDEX ix_approvals_entity_id_id ON approvals (company_id, entity_id, id);

CREATE INDEX ix_approvals_status_id ON approvals (company_id, status, id);

CREATE UNIQUE INDEX uq_approvals_entity_entity_id ON approvals (company_id, entity, entity_id) WHERE status = 'requested';

CREATE TABLE approval_decisions (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    approval_id UUID NOT NULL,
    entity TEXT NOT NULL,
    entity_id UUID NOT NULL,
    role TEXT NOT NULL,
    verdict TEXT NOT NULL,
    note TEXT,
    session_id UUID NOT NULL,
    CONSTRAINT pk_approval_decisions PRIMARY KEY (company_id, id),
    CONSTRAINT fk_approval_decisions_approval_id FOREIGN KEY(company_id, approval_id, entity, entity_id) REFERENCES approvals (company_id, id, entity, entity_id),
    CONSTRAINT fk_approval_decisions_recorded_by FOREIGN KEY(company_id, recorded_by, entity, entity_id, role) REFERENCES approval_participants (company_id, person_id, entity, entity_id, role),
    CONSTRAINT fk_approval_decisions_session_id FOREIGN KEY(company_id, session_id) REFERENCES person_sessions (company_id, id),
    CONSTRAINT uq_approval_decisions_approval_id_recorded_by UNIQUE (company_id, approval_id, recorded_by),
    CONSTRAINT ck_approval_decisions_only_a_decider_decides CHECK (role = 'decider'),
    CONSTRAINT ck_approval_decisions_a_refusal_says_why CHECK (verdict = 'approve' OR note IS NOT NULL),
    CONSTRAINT ck_approval_decisions_role_is_known CHECK (role IN ('involved', 'decider')),
    CONSTRAINT ck_approval_decisions_verdict_is_known CHECK (verdict IN ('approve', 'refuse'))
);

ALTER TABLE approval_thresholds ENABLE ROW LEVEL SECURITY;

ALTER TABLE approval_thresholds FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON approval_thresholds AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON approval_thresholds AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON approval_thresholds TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON approval_thresholds TO wellkept_worker;

ALTER TABLE approval_participants ENABLE ROW LEVEL SECURITY;

ALTER TABLE approval_participants FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON approval_participants AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON approval_participants AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON approval_participants TO wellkept_app;

GRANT INSERT, SELECT ON approval_participants TO wellkept_worker;

ALTER TABLE approvals ENABLE ROW LEVEL SECURITY;

ALTER TABLE approvals FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON approvals AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON approvals AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON approvals TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON approvals TO wellkept_worker;

ALTER TABLE approval_decisions ENABLE ROW LEVEL SECURITY;

ALTER TABLE approval_decisions FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON approval_decisions AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON approval_decisions AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON approval_decisions TO wellkept_app;

GRANT INSERT, SELECT ON approval_decisions TO wellkept_worker;
