CREATE TABLE finding_steps (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    finding_id UUID NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    taken_on DATE NOT NULL,
    note TEXT NOT NULL,
    evidence_id UUID,
    CONSTRAINT pk_finding_steps PRIMARY KEY (company_id, id),
    CONSTRAINT fk_finding_steps_finding_id FOREIGN KEY(company_id, finding_id) REFERENCES audit_findings (company_id, id),
    CONSTRAINT fk_finding_steps_evidence_id FOREIGN KEY(company_id, evidence_id) REFERENCES compliance_evidence (company_id, id),
    CONSTRAINT uq_finding_steps_finding_id_number UNIQUE (company_id, finding_id, number),
    CONSTRAINT ck_finding_steps_number_is_positive CHECK (number >= 1),
    CONSTRAINT ck_finding_steps_closed_with_evidence CHECK ((kind = 'closed') = (evidence_id IS NOT NULL)),
    CONSTRAINT ck_finding_steps_kind_is_known CHECK (kind IN ('closed', 'reopened'))
);

CREATE INDEX ix_finding_steps_evidence_id_id ON finding_steps (company_id, evidence_id, id);

ALTER TABLE finding_steps ENABLE ROW LEVEL SECURITY;

ALTER TABLE finding_steps FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON finding_steps AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON finding_steps AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON finding_steps TO wellkept_app;

GRANT INSERT, SELECT ON finding_steps TO wellkept_worker;

