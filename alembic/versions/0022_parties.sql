CREATE TABLE care_providers (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    identifier TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    first_name TEXT,
    middle_name TEXT,
    suffix TEXT,
    npi TEXT,
    taxonomy TEXT,
    tax_identifier_kind TEXT,
    sealed_tax_identifier BYTEA,
    tax_identifier_end TEXT,
    address JSONB,
    pay_to JSONB,
    contact JSONB,
    is_active BOOLEAN NOT NULL,
    CONSTRAINT pk_care_providers PRIMARY KEY (company_id, id),
    CONSTRAINT uq_care_providers_identifier UNIQUE (company_id, identifier),
    CONSTRAINT ck_care_providers_only_persons_have_first_names CHECK (kind = 'person' OR num_nonnulls(first_name, middle_name, suffix) = 0),
    CONSTRAINT ck_care_providers_tax_identifier_is_whole CHECK (num_nonnulls(tax_identifier_kind, sealed_tax_identifier, tax_identifier_end) IN (0, 3)),
    CONSTRAINT ck_care_providers_kind_is_known CHECK (kind IN ('person', 'organization')),
    CONSTRAINT ck_care_providers_tax_identifier_kind_is_known CHECK (tax_identifier_kind IN ('ein', 'ssn'))
);

CREATE INDEX ix_care_providers_npi ON care_providers (company_id, npi) WHERE npi IS NOT NULL;

CREATE TABLE facilities (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    identifier TEXT NOT NULL,
    name TEXT NOT NULL,
    npi TEXT,
    address JSONB NOT NULL,
    is_active BOOLEAN NOT NULL,
    CONSTRAINT pk_facilities PRIMARY KEY (company_id, id),
    CONSTRAINT uq_facilities_identifier UNIQUE (company_id, identifier)
);

CREATE TABLE coverages (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    patient_id UUID NOT NULL,
    payer_id UUID NOT NULL,
    member_id TEXT NOT NULL,
    relationship TEXT NOT NULL,
    subscriber JSONB,
    group_number TEXT,
    group_name TEXT,
    filing_indicator TEXT NOT NULL,
    insurance_type TEXT,
    effective_from DATE NOT NULL,
    effective_until DATE,
    CONSTRAINT pk_coverages PRIMARY KEY (company_id, id),
    CONSTRAINT fk_coverages_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT fk_coverages_payer_id FOREIGN KEY(company_id, payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT ck_coverages_names_who_has_the_policy CHECK ((relationship = '18') = (subscriber IS NULL)),
    CONSTRAINT ck_coverages_ends_after_it_begins CHECK (effective_until >= effective_from),
    CONSTRAINT ck_coverages_relationship_is_known CHECK (relationship IN ('18', '01', '19', '20', '21', '39', '40', '53', 'G8')),
    CONSTRAINT ck_coverages_filing_indicator_is_known CHECK (filing_indicator IN ('CI', 'BL', 'MA', 'MB', 'MC', 'CH', '12', '13', '14', '15', '16', '17', 'HM', '11', 'OF', 'FI', 'VA', 'DS', 'AM', 'LM', 'TV', 'WC', 'ZZ')),
    CONSTRAINT ck_coverages_insurance_type_is_known CHECK (insurance_type IN ('12', '13', '14', '15', '16', '41', '42', '43', '47'))
);

CREATE INDEX ix_coverages_patient_id_payer_id_effective_from ON coverages (company_id, patient_id, payer_id, effective_from);

ALTER TABLE care_providers ENABLE ROW LEVEL SECURITY;

ALTER TABLE care_providers FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON care_providers AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON care_providers AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON care_providers TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON care_providers TO wellkept_worker;

ALTER TABLE facilities ENABLE ROW LEVEL SECURITY;

ALTER TABLE facilities FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON facilities AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON facilities AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON facilities TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON facilities TO wellkept_worker;

ALTER TABLE coverages ENABLE ROW LEVEL SECURITY;

ALTER TABLE coverages FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON coverages AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON coverages AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON coverages TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON coverages TO wellkept_worker;

