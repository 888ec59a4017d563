CREATE TABLE data_imports (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    source TEXT NOT NULL,
    status TEXT NOT NULL,
    is_trial BOOLEAN NOT NULL,
    retries_id UUID,
    record_count BIGINT NOT NULL,
    done_count BIGINT NOT NULL,
    refusal TEXT,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_data_imports PRIMARY KEY (company_id, id),
    CONSTRAINT fk_data_imports_retries_id FOREIGN KEY(company_id, retries_id) REFERENCES data_imports (company_id, id),
    CONSTRAINT ck_data_imports_refused_has_a_reason CHECK ((status = 'refused') = (refusal IS NOT NULL)),
    CONSTRAINT ck_data_imports_status_is_known CHECK (status IN ('received', 'checking', 'writing', 'done', 'refused'))
);

CREATE INDEX ix_data_imports_status_id ON data_imports (company_id, status, id);

CREATE TABLE import_maps (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    import_id UUID NOT NULL,
    name TEXT NOT NULL,
    rank INTEGER NOT NULL,
    is_checked BOOLEAN NOT NULL,
    written_at TIMESTAMP WITH TIME ZONE,
    unknown_fields TEXT[] NOT NULL,
    CONSTRAINT pk_import_maps PRIMARY KEY (company_id, id),
    CONSTRAINT fk_import_maps_import_id FOREIGN KEY(company_id, import_id) REFERENCES data_imports (company_id, id),
    CONSTRAINT uq_import_maps_import_id_name UNIQUE (company_id, import_id, name)
);

CREATE TABLE import_records (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    import_id UUID NOT NULL,
    source TEXT NOT NULL,
    map_name TEXT NOT NULL,
    legacy_key TEXT COLLATE "C" NOT NULL,
    ordinal BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    content TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    amount_cents BIGINT NOT NULL,
    target_id UUID,
    patient_id UUID,
    natural_key TEXT COLLATE "C",
    reason TEXT,
    field TEXT,
    remedy TEXT,
    notes TEXT[] NOT NULL,
    CONSTRAINT pk_import_records PRIMARY KEY (company_id, id),
    CONSTRAINT fk_import_records_import_id FOREIGN KEY(company_id, import_id) REFERENCES data_imports (company_id, id),
    CONSTRAINT uq_import_records_import_id_map_name_ordinal UNIQUE (company_id, import_id, map_name, ordinal),
    CONSTRAINT ck_import_records_hash_is_sha256 CHECK (octet_length(sha256) = 32),
    CONSTRAINT ck_import_records_quarantined_has_a_reason CHECK ((outcome = 'quarantined') = (reason IS NOT NULL)),
    CONSTRAINT ck_import_records_outcome_is_known CHECK (outcome IN ('placed', 'changed', 'unchanged', 'merged', 'quarantined', 'held'))
);

CREATE INDEX ix_import_records_import_id_map_name_natural_key ON import_records (company_id, import_id, map_name, natural_key) WHERE natural_key IS NOT NULL;

CREATE INDEX ix_import_records_source_map_name_legacy_key_id ON import_records (company_id, source, map_name, legacy_key, id);

CREATE TABLE import_files (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    import_id UUID NOT NULL,
    file_id UUID NOT NULL,
    ordinal INTEGER NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_import_files PRIMARY KEY (company_id, id),
    CONSTRAINT fk_import_files_import_id FOREIGN KEY(company_id, import_id) REFERENCES data_imports (company_id, id),
    CONSTRAINT fk_import_files_file_id FOREIGN KEY(company_id, file_id) REFERENCES stored_files (company_id, id),
    CONSTRAINT uq_import_files_import_id_ordinal UNIQUE (company_id, import_id, ordinal)
);

CREATE INDEX ix_import_files_file_id ON import_files (company_id, file_id);

ALTER TABLE data_imports ENABLE ROW LEVEL SECURITY;

ALTER TABLE data_imports FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON data_imports AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON data_imports AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON data_imports TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON data_imports TO wellkept_worker;

ALTER TABLE import_maps ENABLE ROW LEVEL SECURITY;

ALTER TABLE import_maps FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON import_maps AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON import_maps AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON import_maps TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON import_maps TO wellkept_worker;

ALTER TABLE import_records ENABLE ROW LEVEL SECURITY;

ALTER TABLE import_records FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON import_records AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON import_records AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON import_records TO wellkept_app;

GRANT INSERT, SELECT ON import_records TO wellkept_worker;

ALTER TABLE import_files ENABLE ROW LEVEL SECURITY;

ALTER TABLE import_files FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON import_files AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON import_files AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON import_files TO wellkept_app;

GRANT INSERT, SELECT ON import_files TO wellkept_worker;

ALTER TABLE stored_files
    DROP CONSTRAINT ck_stored_files_purpose_is_known,
    ADD CONSTRAINT ck_stored_files_purpose_is_known CHECK (purpose IN ('attachment', 'remittance', 'claim_file', 'acknowledgement', 'roots', 'appeal_packet', 'statement', 'import'));
