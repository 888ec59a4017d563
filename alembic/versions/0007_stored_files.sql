CREATE TABLE stored_files (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    purpose TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    byte_count BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    object_key TEXT COLLATE "C" NOT NULL,
    data_key_number INTEGER NOT NULL,
    patient_id UUID,
    retain_until DATE,
    deleted_at TIMESTAMP WITH TIME ZONE,
    deletion TEXT,
    CONSTRAINT pk_stored_files PRIMARY KEY (company_id, id),
    CONSTRAINT fk_stored_files_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT ck_stored_files_deletion_has_a_reason CHECK ((deleted_at IS NULL) = (deletion IS NULL)),
    CONSTRAINT uq_stored_files_object_key UNIQUE (company_id, object_key),
    CONSTRAINT ck_stored_files_purpose_is_known CHECK (purpose IN ('attachment', 'remittance')),
    CONSTRAINT ck_stored_files_deletion_is_known CHECK (deletion IN ('asked_for', 'retention'))
);

CREATE INDEX ix_stored_files_patient_id_id ON stored_files (company_id, patient_id, id) WHERE patient_id IS NOT NULL;

CREATE INDEX ix_stored_files_purpose_id ON stored_files (company_id, purpose, id);

CREATE INDEX ix_stored_files_retain_until ON stored_files (company_id, retain_until) WHERE deleted_at IS NULL;

ALTER TABLE stored_files ENABLE ROW LEVEL SECURITY;

ALTER TABLE stored_files FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON stored_files AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON stored_files AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON stored_files TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON stored_files TO wellkept_worker;
