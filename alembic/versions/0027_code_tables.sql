-- Code tables that a company loads, edition by edition.

CREATE TABLE code_tables (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    kind TEXT NOT NULL,
    schedule TEXT,
    payer_id UUID,
    edition TEXT NOT NULL,
    source TEXT NOT NULL,
    file_name TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    row_count INTEGER NOT NULL,
    effective_from DATE NOT NULL,
    effective_to DATE,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    withdrawal_reason TEXT,
    CONSTRAINT pk_code_tables PRIMARY KEY (company_id, id),
    CONSTRAINT fk_code_tables_payer_id FOREIGN KEY(company_id, payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT ck_code_tables_schedule_is_of_fees CHECK ((kind = 'fees') = (schedule IS NOT NULL)),
    CONSTRAINT ck_code_tables_payer_is_of_authorizations CHECK ((kind = 'authorizations') = (payer_id IS NOT NULL)),
    CONSTRAINT ck_code_tables_ends_after_it_begins CHECK (effective_to >= effective_from),
    CONSTRAINT ck_code_tables_withdrawal_says_why CHECK (num_nulls(withdrawn_at, withdrawal_reason) <> 1),
    CONSTRAINT ck_code_tables_kind_is_known CHECK (kind IN ('diagnoses', 'procedures', 'modifiers', 'revenue_codes', 'taxonomies', 'adjustment_reasons', 'remarks', 'procedure_pairs', 'unit_limits', 'authorizations', 'fees'))
);

CREATE INDEX ix_code_tables_kind_id ON code_tables (company_id, kind, id);

CREATE TABLE codes (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    table_id UUID NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    label TEXT NOT NULL,
    effective_from DATE,
    effective_to DATE,
    is_billable BOOLEAN NOT NULL,
    CONSTRAINT pk_codes PRIMARY KEY (company_id, id),
    CONSTRAINT fk_codes_table_id FOREIGN KEY(company_id, table_id) REFERENCES code_tables (company_id, id)
);

CREATE INDEX ix_codes_table_id_code ON codes (company_id, table_id, code);

CREATE TABLE fees (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    table_id UUID NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    modifier TEXT,
    amount_cents BIGINT NOT NULL,
    effective_from DATE,
    effective_to DATE,
    CONSTRAINT pk_fees PRIMARY KEY (company_id, id),
    CONSTRAINT fk_fees_table_id FOREIGN KEY(company_id, table_id) REFERENCES code_tables (company_id, id),
    CONSTRAINT ck_fees_amount_is_not_negative CHECK (amount_cents >= 0)
);

CREATE INDEX ix_fees_table_id_code ON fees (company_id, table_id, code);

CREATE TABLE procedure_pairs (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    table_id UUID NOT NULL,
    column_one TEXT COLLATE "C" NOT NULL,
    column_two TEXT COLLATE "C" NOT NULL,
    effective_from DATE,
    effective_to DATE,
    modifier_allowed BOOLEAN NOT NULL,
    CONSTRAINT pk_procedure_pairs PRIMARY KEY (company_id, id),
    CONSTRAINT fk_procedure_pairs_table_id FOREIGN KEY(company_id, table_id) REFERENCES code_tables (company_id, id)
);

CREATE INDEX ix_procedure_pairs_table_id_column_two_column_one ON procedure_pairs (company_id, table_id, column_two, column_one);

CREATE TABLE unit_limits (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    table_id UUID NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    units INTEGER NOT NULL,
    effective_from DATE,
    effective_to DATE,
    CONSTRAINT pk_unit_limits PRIMARY KEY (company_id, id),
    CONSTRAINT fk_unit_limits_table_id FOREIGN KEY(company_id, table_id) REFERENCES code_tables (company_id, id),
    CONSTRAINT ck_unit_limits_units_are_not_negative CHECK (units >= 0)
);

CREATE INDEX ix_unit_limits_table_id_code ON unit_limits (company_id, table_id, code);

ALTER TABLE code_tables ENABLE ROW LEVEL SECURITY;

ALTER TABLE code_tables FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON code_tables AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON code_tables AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON code_tables TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON code_tables TO wellkept_worker;

ALTER TABLE codes ENABLE ROW LEVEL SECURITY;

ALTER TABLE codes FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON codes AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON codes AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON codes TO wellkept_app;

GRANT INSERT, SELECT ON codes TO wellkept_worker;

ALTER TABLE fees ENABLE ROW LEVEL SECURITY;

ALTER TABLE fees FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON fees AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON fees AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON fees TO wellkept_app;

GRANT INSERT, SELECT ON fees TO wellkept_worker;

ALTER TABLE procedure_pairs ENABLE ROW LEVEL SECURITY;

ALTER TABLE procedure_pairs FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON procedure_pairs AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON procedure_pairs AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON procedure_pairs TO wellkept_app;

GRANT INSERT, SELECT ON procedure_pairs TO wellkept_worker;

ALTER TABLE unit_limits ENABLE ROW LEVEL SECURITY;

ALTER TABLE unit_limits FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON unit_limits AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON unit_limits AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON unit_limits TO wellkept_app;

GRANT INSERT, SELECT ON unit_limits TO wellkept_worker;

