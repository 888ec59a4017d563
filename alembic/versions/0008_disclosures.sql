CREATE TABLE accountings (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    patient_id UUID NOT NULL,
    requested_by TEXT NOT NULL,
    requested_on DATE NOT NULL,
    due_on DATE NOT NULL,
    first DATE NOT NULL,
    last DATE NOT NULL,
    is_free BOOLEAN NOT NULL,
    disclosure_ids UUID[] NOT NULL,
    CONSTRAINT pk_accountings PRIMARY KEY (company_id, id),
    CONSTRAINT fk_accountings_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT ck_accountings_period_ends_after_it_begins CHECK (first <= last),
    CONSTRAINT ck_accountings_is_asked_for_after_the_period CHECK (last <= requested_on)
);

CREATE INDEX ix_accountings_patient_id_id ON accountings (company_id, patient_id, id);

CREATE INDEX ix_accountings_xid ON accountings (company_id, xid);

CREATE TABLE disclosures (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    patient_id UUID NOT NULL,
    disclosed_on DATE NOT NULL,
    recipient_name TEXT NOT NULL,
    recipient_address TEXT,
    description TEXT NOT NULL,
    authority TEXT NOT NULL,
    purpose TEXT NOT NULL,
    is_accountable BOOLEAN NOT NULL,
    suspended_from DATE,
    suspended_until DATE,
    suspended_for TEXT,
    suspension_is_oral BOOLEAN NOT NULL,
    supersedes_id UUID,
    correction_reason TEXT,
    is_withdrawn BOOLEAN NOT NULL,
    CONSTRAINT pk_disclosures PRIMARY KEY (company_id, id),
    CONSTRAINT fk_disclosures_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT fk_disclosures_supersedes_id FOREIGN KEY(company_id, supersedes_id) REFERENCES disclosures (company_id, id),
    CONSTRAINT uq_disclosures_supersedes_id UNIQUE (company_id, supersedes_id),
    CONSTRAINT ck_disclosures_suspension_is_whole CHECK ((suspended_from IS NULL) = (suspended_until IS NULL) AND (suspended_from IS NULL) = (suspended_for IS NULL) AND (suspended_from IS NOT NULL OR NOT suspension_is_oral)),
    CONSTRAINT ck_disclosures_suspension_ends_after_it_begins CHECK (suspended_from <= suspended_until),
    CONSTRAINT ck_disclosures_oral_suspension_is_short CHECK (NOT suspension_is_oral OR suspended_until - suspended_from <= 30),
    CONSTRAINT ck_disclosures_correction_has_a_reason CHECK ((supersedes_id IS NULL) = (correction_reason IS NULL)),
    CONSTRAINT ck_disclosures_withdrawal_is_a_correction CHECK (NOT is_withdrawn OR supersedes_id IS NOT NULL),
    CONSTRAINT ck_disclosures_authority_is_known CHECK (authority IN ('treatment_payment_operations', 'to_the_individual', 'incidental', 'authorization', 'involved_in_care', 'national_security', 'custody', 'limited_data_set', 'required_by_law', 'public_health', 'abuse_or_neglect', 'health_oversight', 'judicial', 'law_enforcement', 'decedent', 'organ_donation', 'research', 'serious_threat', 'specialized_government', 'workers_compensation', 'impermissible'))
);

CREATE INDEX ix_disclosures_patient_id_id ON disclosures (company_id, patient_id, id);

CREATE INDEX ix_disclosures_xid ON disclosures (company_id, xid);

ALTER TABLE accountings ENABLE ROW LEVEL SECURITY;

ALTER TABLE accountings FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON accountings AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON accountings AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON accountings TO wellkept_app;

GRANT INSERT, SELECT ON accountings TO wellkept_worker;

ALTER TABLE disclosures ENABLE ROW LEVEL SECURITY;

ALTER TABLE disclosures FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON disclosures AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON disclosures AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON disclosures TO wellkept_app;

GRANT INSERT, SELECT ON disclosures TO wellkept_worker;

