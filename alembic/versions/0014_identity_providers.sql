CREATE TABLE identity_providers (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_secret BYTEA NOT NULL,
    email_domains TEXT[] NOT NULL,
    is_enabled BOOLEAN NOT NULL,
    is_required BOOLEAN NOT NULL,
    break_glass_id UUID,
    makes_people BOOLEAN NOT NULL,
    new_role TEXT,
    new_role_id UUID,
    CONSTRAINT pk_identity_providers PRIMARY KEY (company_id, id),
    CONSTRAINT fk_identity_providers_break_glass_id FOREIGN KEY(company_id, break_glass_id) REFERENCES people (company_id, id),
    CONSTRAINT fk_identity_providers_new_role_id FOREIGN KEY(company_id, new_role_id) REFERENCES company_roles (company_id, id),
    CONSTRAINT ck_identity_providers_required_with_a_way_round CHECK (NOT is_required OR (is_enabled AND break_glass_id IS NOT NULL)),
    CONSTRAINT ck_identity_providers_new_people_have_a_role CHECK (NOT makes_people OR (new_role IS NULL) <> (new_role_id IS NULL)),
    CONSTRAINT uq_identity_providers_issuer UNIQUE (company_id, issuer),
    CONSTRAINT ck_identity_providers_new_role_is_known CHECK (new_role IN ('administrator', 'rcm_staff', 'rcm_manager', 'compliance_officer', 'auditor', 'quality_lead', 'viewer'))
);

CREATE UNIQUE INDEX uq_identity_providers_is_enabled ON identity_providers (company_id, is_enabled) WHERE is_enabled;

CREATE TABLE person_identities (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    person_id UUID NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    CONSTRAINT pk_person_identities PRIMARY KEY (company_id, id),
    CONSTRAINT fk_person_identities_person_id FOREIGN KEY(company_id, person_id) REFERENCES people (company_id, id),
    CONSTRAINT uq_person_identities_issuer_subject UNIQUE (company_id, issuer, subject),
    CONSTRAINT uq_person_identities_person_id_issuer UNIQUE (company_id, person_id, issuer)
);

ALTER TABLE identity_providers ENABLE ROW LEVEL SECURITY;

ALTER TABLE identity_providers FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON identity_providers AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON identity_providers AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON identity_providers TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON identity_providers TO wellkept_worker;

ALTER TABLE person_identities ENABLE ROW LEVEL SECURITY;

ALTER TABLE person_identities FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON person_identities AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON person_identities AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON person_identities TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON person_identities TO wellkept_worker;
