CREATE TABLE audit_accesses (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    audit_id UUID NOT NULL,
    person_id UUID NOT NULL,
    reason TEXT NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    revocation_reason TEXT,
    CONSTRAINT pk_audit_accesses PRIMARY KEY (company_id, id),
    CONSTRAINT fk_audit_accesses_audit_id FOREIGN KEY(company_id, audit_id) REFERENCES regulatory_audits (company_id, id),
    CONSTRAINT fk_audit_accesses_person_id FOREIGN KEY(company_id, person_id) REFERENCES people (company_id, id),
    CONSTRAINT ck_audit_accesses_it_ends CHECK (ends_at > created_at),
    CONSTRAINT ck_audit_accesses_revoked_with_a_reason CHECK ((revoked_at IS NULL) = (revocation_reason IS NULL))
);

CREATE INDEX ix_audit_accesses_person_id_id ON audit_accesses (company_id, person_id, id);

CREATE UNIQUE INDEX uq_audit_accesses_audit_id_person_id ON audit_accesses (company_id, audit_id, person_id) WHERE revoked_at IS NULL;

CREATE TABLE finding_acceptances (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    finding_id UUID NOT NULL,
    approval_id UUID NOT NULL,
    reason TEXT NOT NULL,
    accepted_until DATE NOT NULL,
    accepted_on DATE,
    CONSTRAINT pk_finding_acceptances PRIMARY KEY (company_id, id),
    CONSTRAINT fk_finding_acceptances_finding_id FOREIGN KEY(company_id, finding_id) REFERENCES audit_findings (company_id, id),
    CONSTRAINT fk_finding_acceptances_approval_id FOREIGN KEY(company_id, approval_id) REFERENCES approvals (company_id, id),
    CONSTRAINT ck_finding_acceptances_accepted_before_it_ends CHECK (accepted_on <= accepted_until)
);

CREATE INDEX ix_finding_acceptances_approval_id_id ON finding_acceptances (company_id, approval_id, id);

CREATE INDEX ix_finding_acceptances_finding_id_id ON finding_acceptances (company_id, finding_id, id);

ALTER TABLE audit_accesses ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_accesses FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON audit_accesses AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON audit_accesses AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON audit_accesses TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON audit_accesses TO wellkept_worker;

ALTER TABLE finding_acceptances ENABLE ROW LEVEL SECURITY;

ALTER TABLE finding_acceptances FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON finding_acceptances AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON finding_acceptances AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON finding_acceptances TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON finding_acceptances TO wellkept_worker;

