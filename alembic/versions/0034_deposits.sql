-- What the bank says, and what it is expected to say.

CREATE TABLE bank_lines (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    account TEXT NOT NULL,
    booked_on DATE NOT NULL,
    amount_cents BIGINT NOT NULL,
    reference TEXT,
    description TEXT,
    line_key BYTEA NOT NULL,
    status TEXT NOT NULL,
    closing_note TEXT,
    CONSTRAINT pk_bank_lines PRIMARY KEY (company_id, id),
    CONSTRAINT uq_bank_lines_line_key UNIQUE (company_id, line_key),
    CONSTRAINT ck_bank_lines_moves_something CHECK (amount_cents <> 0),
    CONSTRAINT ck_bank_lines_set_aside_for_a_reason CHECK (status <> 'set_aside' OR closing_note IS NOT NULL),
    CONSTRAINT ck_bank_lines_status_is_known CHECK (status IN ('open', 'matched', 'set_aside'))
);

CREATE INDEX ix_bank_lines_status_booked_on ON bank_lines (company_id, status, booked_on);

CREATE TABLE cash_items (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    kind TEXT NOT NULL,
    source_id UUID NOT NULL,
    patient_id UUID,
    payer_id UUID,
    amount_cents BIGINT NOT NULL,
    expected_on DATE NOT NULL,
    trace TEXT,
    status TEXT NOT NULL,
    bank_line_id UUID,
    reverses_id UUID,
    CONSTRAINT pk_cash_items PRIMARY KEY (company_id, id),
    CONSTRAINT fk_cash_items_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT fk_cash_items_payer_id FOREIGN KEY(company_id, payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT fk_cash_items_bank_line_id FOREIGN KEY(company_id, bank_line_id) REFERENCES bank_lines (company_id, id),
    CONSTRAINT fk_cash_items_reverses_id FOREIGN KEY(company_id, reverses_id) REFERENCES cash_items (company_id, id),
    CONSTRAINT uq_cash_items_source_id_kind UNIQUE (company_id, source_id, kind),
    CONSTRAINT ck_cash_items_moves_something CHECK (amount_cents <> 0),
    CONSTRAINT ck_cash_items_deposited_on_a_line CHECK ((status = 'deposited') = (bank_line_id IS NOT NULL)),
    CONSTRAINT ck_cash_items_a_reversal_names_its_original CHECK ((kind = 'reversal') = (reverses_id IS NOT NULL)),
    CONSTRAINT ck_cash_items_kind_is_known CHECK (kind IN ('remittance', 'patient_payment', 'refund', 'reversal')),
    CONSTRAINT ck_cash_items_status_is_known CHECK (status IN ('expected', 'deposited', 'cancelled'))
);

CREATE INDEX ix_cash_items_bank_line_id ON cash_items (company_id, bank_line_id) WHERE bank_line_id IS NOT NULL;

CREATE INDEX ix_cash_items_reverses_id ON cash_items (company_id, reverses_id) WHERE reverses_id IS NOT NULL;

CREATE INDEX ix_cash_items_status_expected_on ON cash_items (company_id, status, expected_on);

ALTER TABLE bank_lines ENABLE ROW LEVEL SECURITY;

ALTER TABLE bank_lines FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON bank_lines AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON bank_lines AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON bank_lines TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON bank_lines TO wellkept_worker;

ALTER TABLE cash_items ENABLE ROW LEVEL SECURITY;

ALTER TABLE cash_items FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON cash_items AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON cash_items AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON cash_items TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON cash_items TO wellkept_worker;

-- what was posted before

INSERT INTO cash_items (
    company_id, id, version, created_at, created_by, updated_at, updated_by, kind, source_id,
    payer_id, amount_cents, expected_on, trace, status
)
SELECT company_id,
       encode(set_byte(
           overlay(uuid_send(gen_random_uuid()) PLACING substring(int8send(
               (extract(epoch FROM coalesce(posted_at, created_at)) * 1000)::bigint) FROM 3)
               FROM 1 FOR 6),
           6, (get_byte(uuid_send(id), 6) & 15) | 112), 'hex')::uuid,
       1, coalesce(posted_at, created_at), updated_by, coalesce(posted_at, created_at), updated_by,
       'remittance', id, payer_id, payment_cents,
       coalesce(payment_date, created_at::date), trace_number, 'expected'
FROM remittance_transactions
WHERE status = 'posted' AND payment_cents <> 0;
