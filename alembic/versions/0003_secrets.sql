CREATE TABLE data_keys (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    number INTEGER NOT NULL,
    sealed_key BYTEA NOT NULL,
    master_key_id TEXT NOT NULL,
    CONSTRAINT pk_data_keys PRIMARY KEY (company_id, id),
    CONSTRAINT ck_data_keys_number_is_positive CHECK (number > 0),
    CONSTRAINT uq_data_keys_number UNIQUE (company_id, number)
);

ALTER TABLE data_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE data_keys FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON data_keys AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON data_keys AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON data_keys TO wellkept_app;

GRANT INSERT, SELECT, UPDATE ON data_keys TO wellkept_worker;
