-- Emergency access and its reviews.

CREATE TABLE emergency_accesses (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    person_id UUID NOT NULL,
    session_id UUID NOT NULL,
    reason TEXT NOT NULL,
    explanation TEXT NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    review_due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reviewed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_emergency_accesses PRIMARY KEY (company_id, id),
    CONSTRAINT fk_emergency_accesses_person_id FOREIGN KEY(company_id, person_id) REFERENCES people (company_id, id),
    CONSTRAINT fk_emergency_accesses_session_id FOREIGN KEY(company_id, session_id) REFERENCES person_sessions (company_id, id),
    CONSTRAINT uq_emergency_accesses_id_person_id UNIQUE (company_id, id, person_id),
    CONSTRAINT ck_emergency_accesses_it_ends CHECK (expires_at > created_at),
    CONSTRAINT ck_emergency_accesses_reason_is_known CHECK (reason IN ('treatment', 'patient_safety', 'public_health', 'system_recovery', 'other'))
);

CREATE INDEX ix_emergency_accesses_person_id_id ON emergency_accesses (company_id, person_id, id);

CREATE INDEX ix_emergency_accesses_review_due_at ON emergency_accesses (company_id, review_due_at) WHERE reviewed_at IS NULL;

CREATE TABLE emergency_reviews (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    access_id UUID NOT NULL,
    person_id UUID NOT NULL,
    verdict TEXT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT pk_emergency_reviews PRIMARY KEY (company_id, id),
    CONSTRAINT fk_emergency_reviews_person_id FOREIGN KEY(company_id, person_id) REFERENCES people (company_id, id),
    CONSTRAINT fk_emergency_reviews_recorded_by FOREIGN KEY(company_id, recorded_by) REFERENCES people (company_id, id),
    CONSTRAINT fk_emergency_reviews_access_id FOREIGN KEY(company_id, access_id, person_id) REFERENCES emergency_accesses (company_id, id, person_id),
    CONSTRAINT uq_emergency_reviews_access_id UNIQUE (company_id, access_id),
    CONSTRAINT ck_emergency_reviews_nobody_reviews_their_own CHECK (recorded_by <> person_id),
    CONSTRAINT ck_emergency_reviews_verdict_is_known CHECK (verdict IN ('justified', 'not_justified'))
);

ALTER TABLE emergency_accesses ENABLE ROW LEVEL SECURITY;

ALTER TABLE emergency_accesses FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON emergency_accesses AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON emergency_accesses AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON emergency_accesses TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON emergency_accesses TO wellkept_worker;

ALTER TABLE emergency_reviews ENABLE ROW LEVEL SECURITY;

ALTER TABLE emergency_reviews FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON emergency_reviews AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON emergency_reviews AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON emergency_reviews TO wellkept_app;

GRANT INSERT, SELECT ON emergency_reviews TO wellkept_worker;
