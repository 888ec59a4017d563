CREATE TABLE statement_runs (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    is_dry BOOLEAN NOT NULL,
    stated_on DATE NOT NULL,
    due_in_days INTEGER NOT NULL,
    minimum_cents BIGINT NOT NULL,
    quiet_days INTEGER NOT NULL,
    status TEXT NOT NULL,
    patients_through UUID,
    stated_count INTEGER NOT NULL,
    left_out_count INTEGER NOT NULL,
    amount_cents BIGINT NOT NULL,
    file_id UUID,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_statement_runs PRIMARY KEY (company_id, id),
    CONSTRAINT fk_statement_runs_file_id FOREIGN KEY(company_id, file_id) REFERENCES stored_files (company_id, id),
    CONSTRAINT ck_statement_runs_minimum_is_not_negative CHECK (minimum_cents >= 0),
    CONSTRAINT ck_statement_runs_done_at_a_time CHECK ((status = 'done') = (finished_at IS NOT NULL)),
    CONSTRAINT ck_statement_runs_dry_runs_have_no_file CHECK (file_id IS NULL OR NOT is_dry),
    CONSTRAINT ck_statement_runs_status_is_known CHECK (status IN ('asked', 'done'))
);

CREATE INDEX ix_statement_runs_status_id ON statement_runs (company_id, status, id);

CREATE TABLE statement_run_items (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    run_id UUID NOT NULL,
    patient_id UUID NOT NULL,
    outcome TEXT NOT NULL,
    due_cents BIGINT NOT NULL,
    statement_id UUID,
    CONSTRAINT pk_statement_run_items PRIMARY KEY (company_id, id),
    CONSTRAINT fk_statement_run_items_run_id FOREIGN KEY(company_id, run_id) REFERENCES statement_runs (company_id, id),
    CONSTRAINT fk_statement_run_items_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT fk_statement_run_items_statement_id FOREIGN KEY(company_id, statement_id) REFERENCES patient_statements (company_id, id),
    CONSTRAINT uq_statement_run_items_run_id_patient_id UNIQUE (company_id, run_id, patient_id),
    CONSTRAINT ck_statement_run_items_states_what_is_stated CHECK (statement_id IS NULL OR outcome = 'stated'),
    CONSTRAINT ck_statement_run_items_outcome_is_known CHECK (outcome IN ('stated', 'with_insurers', 'in_denial', 'below_minimum', 'stated_lately'))
);

ALTER TABLE statement_runs ENABLE ROW LEVEL SECURITY;

ALTER TABLE statement_runs FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON statement_runs AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON statement_runs AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON statement_runs TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON statement_runs TO wellkept_worker;

ALTER TABLE statement_run_items ENABLE ROW LEVEL SECURITY;

ALTER TABLE statement_run_items FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON statement_run_items AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON statement_run_items AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON statement_run_items TO wellkept_app;

GRANT INSERT, SELECT ON statement_run_items TO wellkept_worker;

