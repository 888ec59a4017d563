-- Acknowledgements: the files, what waits for a person, and what was picked up where.

CREATE TABLE acknowledgement_files (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    file_name TEXT NOT NULL,
    file_id UUID NOT NULL,
    sha256 BYTEA NOT NULL,
    byte_count BIGINT NOT NULL,
    partner_id UUID,
    kinds TEXT[] NOT NULL,
    claim_count INTEGER NOT NULL,
    accepted_count INTEGER NOT NULL,
    rejected_count INTEGER NOT NULL,
    waiting_count INTEGER NOT NULL,
    anomaly_count INTEGER NOT NULL,
    CONSTRAINT pk_acknowledgement_files PRIMARY KEY (company_id, id),
    CONSTRAINT fk_acknowledgement_files_file_id FOREIGN KEY(company_id, file_id) REFERENCES stored_files (company_id, id),
    CONSTRAINT fk_acknowledgement_files_partner_id FOREIGN KEY(company_id, partner_id) REFERENCES trading_partners (company_id, id),
    CONSTRAINT uq_acknowledgement_files_file_id UNIQUE (company_id, file_id),
    CONSTRAINT uq_acknowledgement_files_sha256 UNIQUE (company_id, sha256)
);

CREATE INDEX ix_acknowledgement_files_partner_id_id ON acknowledgement_files (company_id, partner_id, id) WHERE partner_id IS NOT NULL;

CREATE TABLE picked_up_files (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    partner_id UUID NOT NULL,
    name TEXT NOT NULL,
    byte_count BIGINT NOT NULL,
    modified_at TIMESTAMP WITH TIME ZONE,
    sha256 BYTEA NOT NULL,
    turned_out TEXT NOT NULL,
    detail TEXT,
    acknowledgement_file_id UUID,
    remittance_id UUID,
    CONSTRAINT pk_picked_up_files PRIMARY KEY (company_id, id),
    CONSTRAINT fk_picked_up_files_partner_id FOREIGN KEY(company_id, partner_id) REFERENCES trading_partners (company_id, id),
    CONSTRAINT fk_picked_up_files_acknowledgement_file_id FOREIGN KEY(company_id, acknowledgement_file_id) REFERENCES acknowledgement_files (company_id, id),
    CONSTRAINT fk_picked_up_files_remittance_id FOREIGN KEY(company_id, remittance_id) REFERENCES remittances (company_id, id),
    CONSTRAINT uq_picked_up_files_partner_id_name_sha256 UNIQUE (company_id, partner_id, name, sha256),
    CONSTRAINT ck_picked_up_files_unreadable_says_why CHECK ((turned_out = 'unreadable') = (detail IS NOT NULL)),
    CONSTRAINT ck_picked_up_files_turned_out_is_known CHECK (turned_out IN ('acknowledgement', 'remittance', 'unreadable'))
);

CREATE INDEX ix_picked_up_files_acknowledgement_file_id ON picked_up_files (company_id, acknowledgement_file_id);

CREATE INDEX ix_picked_up_files_remittance_id ON picked_up_files (company_id, remittance_id);

CREATE TABLE waiting_acknowledgements (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    acknowledgement_file_id UUID NOT NULL,
    position BIGINT NOT NULL,
    standing TEXT NOT NULL,
    waits_because TEXT NOT NULL,
    status TEXT NOT NULL,
    control_number TEXT,
    patient_control_number TEXT,
    payer_claim_number TEXT,
    answered_on DATE,
    status_codes TEXT[] NOT NULL,
    detail TEXT NOT NULL,
    claim_id UUID,
    patient_id UUID,
    resolution_note TEXT,
    resolved_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_waiting_acknowledgements PRIMARY KEY (company_id, id),
    CONSTRAINT fk_waiting_acknowledgements_acknowledgement_file_id FOREIGN KEY(company_id, acknowledgement_file_id) REFERENCES acknowledgement_files (company_id, id),
    CONSTRAINT fk_waiting_acknowledgements_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT fk_waiting_acknowledgements_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT ck_waiting_acknowledgements_resolved_says_when CHECK ((status = 'open') = (resolved_at IS NULL)),
    CONSTRAINT ck_waiting_acknowledgements_dismissed_says_why CHECK (status <> 'dismissed' OR resolution_note IS NOT NULL),
    CONSTRAINT ck_waiting_acknowledgements_standing_is_known CHECK (standing IN ('received', 'accepted', 'rejected', 'returned', 'not_found', 'split', 'undecided')),
    CONSTRAINT ck_waiting_acknowledgements_waits_because_is_known CHECK (waits_because IN ('unknown_claim', 'unknown_file', 'undecided', 'split', 'not_found', 'contradicts', 'outdated', 'next_payer')),
    CONSTRAINT ck_waiting_acknowledgements_status_is_known CHECK (status IN ('open', 'applied', 'dismissed'))
);

CREATE INDEX ix_waiting_acknowledgements_acknowledgement_file_id ON waiting_acknowledgements (company_id, acknowledgement_file_id);

CREATE INDEX ix_waiting_acknowledgements_claim_id ON waiting_acknowledgements (company_id, claim_id) WHERE claim_id IS NOT NULL;

CREATE INDEX ix_waiting_acknowledgements_patient_control_number ON waiting_acknowledgements (company_id, patient_control_number) WHERE status = 'open';

CREATE INDEX ix_waiting_acknowledgements_patient_id ON waiting_acknowledgements (company_id, patient_id) WHERE patient_id IS NOT NULL;

CREATE INDEX ix_waiting_acknowledgements_status_waits_because_id ON waiting_acknowledgements (company_id, status, waits_because, id);

ALTER TABLE acknowledgement_files ENABLE ROW LEVEL SECURITY;

ALTER TABLE acknowledgement_files FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON acknowledgement_files AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON acknowledgement_files AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON acknowledgement_files TO wellkept_app;

GRANT INSERT, SELECT ON acknowledgement_files TO wellkept_worker;

ALTER TABLE picked_up_files ENABLE ROW LEVEL SECURITY;

ALTER TABLE picked_up_files FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON picked_up_files AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON picked_up_files AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON picked_up_files TO wellkept_app;

GRANT INSERT, SELECT ON picked_up_files TO wellkept_worker;

ALTER TABLE waiting_acknowledgements ENABLE ROW LEVEL SECURITY;

ALTER TABLE waiting_acknowledgements FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON waiting_acknowledgements AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON waiting_acknowledgements AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON waiting_acknowledgements TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON waiting_acknowledgements TO wellkept_worker;
