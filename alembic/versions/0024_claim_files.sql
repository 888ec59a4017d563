-- Trading partners, and the files of claims that go to them.

CREATE TABLE trading_partners (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    name TEXT NOT NULL,
    delivery TEXT NOT NULL,
    mailbox_id UUID,
    usage TEXT NOT NULL,
    sender_qualifier TEXT NOT NULL,
    sender_identifier TEXT NOT NULL,
    receiver_qualifier TEXT NOT NULL,
    receiver_identifier TEXT NOT NULL,
    application_sender TEXT NOT NULL,
    application_receiver TEXT NOT NULL,
    wants_interchange_acknowledgement BOOLEAN NOT NULL,
    submitter_name TEXT NOT NULL,
    submitter_identifier TEXT NOT NULL,
    contact_name TEXT NOT NULL,
    contact_telephone TEXT,
    contact_email TEXT,
    receiver_name TEXT NOT NULL,
    receiver_identifier_code TEXT NOT NULL,
    disabled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_trading_partners PRIMARY KEY (company_id, id),
    CONSTRAINT fk_trading_partners_mailbox_id FOREIGN KEY(company_id, mailbox_id) REFERENCES mailboxes (company_id, id),
    CONSTRAINT uq_trading_partners_name UNIQUE (company_id, name),
    CONSTRAINT ck_trading_partners_mailbox_is_named_where_one_is_used CHECK ((delivery = 'mailbox') = (mailbox_id IS NOT NULL)),
    CONSTRAINT ck_trading_partners_contact_can_be_reached CHECK (num_nonnulls(contact_telephone, contact_email) > 0),
    CONSTRAINT ck_trading_partners_delivery_is_known CHECK (delivery IN ('mailbox', 'drop_folder')),
    CONSTRAINT ck_trading_partners_usage_is_known CHECK (usage IN ('test', 'production'))
);

CREATE INDEX ix_trading_partners_mailbox_id ON trading_partners (company_id, mailbox_id) WHERE mailbox_id IS NOT NULL;

CREATE TABLE claim_files (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    partner_id UUID NOT NULL,
    kind TEXT NOT NULL,
    usage TEXT NOT NULL,
    status TEXT NOT NULL,
    status_reason TEXT,
    batch_id UUID,
    is_all_or_nothing BOOLEAN NOT NULL,
    interchange_control_number BIGINT,
    group_control_number BIGINT,
    set_control_number BIGINT,
    reference TEXT,
    name TEXT,
    file_id UUID,
    message_id UUID,
    claim_count INTEGER NOT NULL,
    refused_count INTEGER NOT NULL,
    total_charge_cents BIGINT NOT NULL,
    prepared_at TIMESTAMP WITH TIME ZONE,
    sent_at TIMESTAMP WITH TIME ZONE,
    acknowledged_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_claim_files PRIMARY KEY (company_id, id),
    CONSTRAINT fk_claim_files_partner_id FOREIGN KEY(company_id, partner_id) REFERENCES trading_partners (company_id, id),
    CONSTRAINT fk_claim_files_batch_id FOREIGN KEY(company_id, batch_id) REFERENCES claim_batches (company_id, id),
    CONSTRAINT fk_claim_files_file_id FOREIGN KEY(company_id, file_id) REFERENCES stored_files (company_id, id),
    CONSTRAINT fk_claim_files_message_id FOREIGN KEY(company_id, message_id) REFERENCES outbox_messages (company_id, id),
    CONSTRAINT uq_claim_files_partner_id_interchange_control_number UNIQUE (company_id, partner_id, interchange_control_number),
    CONSTRAINT uq_claim_files_partner_id_group_control_number UNIQUE (company_id, partner_id, group_control_number),
    CONSTRAINT uq_claim_files_partner_id_set_control_number UNIQUE (company_id, partner_id, set_control_number),
    CONSTRAINT uq_claim_files_reference UNIQUE (company_id, reference),
    CONSTRAINT uq_claim_files_file_id UNIQUE (company_id, file_id),
    CONSTRAINT uq_claim_files_message_id UNIQUE (company_id, message_id),
    CONSTRAINT ck_claim_files_what_is_written_has_its_numbers CHECK (num_nonnulls(interchange_control_number, group_control_number, set_control_number, reference, name, file_id, message_id, prepared_at) IN (0, 8)),
    CONSTRAINT ck_claim_files_what_left_says_when CHECK ((status IN ('sent', 'accepted', 'rejected')) = (sent_at IS NOT NULL)),
    CONSTRAINT ck_claim_files_kind_is_known CHECK (kind IN ('professional', 'institutional')),
    CONSTRAINT ck_claim_files_usage_is_known CHECK (usage IN ('test', 'production')),
    CONSTRAINT ck_claim_files_status_is_known CHECK (status IN ('preparing', 'refused', 'prepared', 'cancelled', 'sent', 'accepted', 'rejected'))
);

CREATE INDEX ix_claim_files_batch_id ON claim_files (company_id, batch_id) WHERE batch_id IS NOT NULL;

CREATE INDEX ix_claim_files_group_control_number ON claim_files (company_id, group_control_number);

CREATE INDEX ix_claim_files_interchange_control_number ON claim_files (company_id, interchange_control_number);

CREATE INDEX ix_claim_files_partner_id_id ON claim_files (company_id, partner_id, id);

CREATE INDEX ix_claim_files_status_id ON claim_files (company_id, status, id);

CREATE TABLE payer_routes (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    payer_id UUID NOT NULL,
    partner_id UUID,
    CONSTRAINT pk_payer_routes PRIMARY KEY (company_id, id),
    CONSTRAINT fk_payer_routes_payer_id FOREIGN KEY(company_id, payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT fk_payer_routes_partner_id FOREIGN KEY(company_id, partner_id) REFERENCES trading_partners (company_id, id),
    CONSTRAINT uq_payer_routes_payer_id UNIQUE (company_id, payer_id)
);

CREATE INDEX ix_payer_routes_partner_id_id ON payer_routes (company_id, partner_id, id) WHERE partner_id IS NOT NULL;

CREATE TABLE filed_claims (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    claim_file_id UUID NOT NULL,
    claim_id UUID NOT NULL,
    patient_id UUID NOT NULL,
    patient_control_number TEXT NOT NULL,
    position INTEGER,
    charge_cents BIGINT NOT NULL,
    status TEXT NOT NULL,
    faults JSONB,
    status_codes TEXT[] NOT NULL,
    reason TEXT,
    answered_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_filed_claims PRIMARY KEY (company_id, id),
    CONSTRAINT fk_filed_claims_claim_file_id FOREIGN KEY(company_id, claim_file_id) REFERENCES claim_files (company_id, id),
    CONSTRAINT fk_filed_claims_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT fk_filed_claims_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT uq_filed_claims_claim_file_id_claim_id UNIQUE (company_id, claim_file_id, claim_id),
    CONSTRAINT ck_filed_claims_refused_says_why CHECK ((status = 'refused') = (faults IS NOT NULL)),
    CONSTRAINT ck_filed_claims_status_is_known CHECK (status IN ('chosen', 'refused', 'prepared', 'withdrawn', 'sent', 'received', 'accepted', 'rejected', 'returned'))
);

CREATE INDEX ix_filed_claims_claim_file_id_status_id ON filed_claims (company_id, claim_file_id, status, id);

CREATE INDEX ix_filed_claims_claim_id_id ON filed_claims (company_id, claim_id, id);

CREATE INDEX ix_filed_claims_patient_id ON filed_claims (company_id, patient_id);

CREATE UNIQUE INDEX uq_filed_claims_claim_id ON filed_claims (company_id, claim_id) WHERE status IN ('chosen', 'prepared');

ALTER TABLE trading_partners ENABLE ROW LEVEL SECURITY;

ALTER TABLE trading_partners FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON trading_partners AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON trading_partners AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON trading_partners TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON trading_partners TO wellkept_worker;

ALTER TABLE claim_files ENABLE ROW LEVEL SECURITY;

ALTER TABLE claim_files FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON claim_files AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON claim_files AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON claim_files TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON claim_files TO wellkept_worker;

ALTER TABLE payer_routes ENABLE ROW LEVEL SECURITY;

ALTER TABLE payer_routes FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON payer_routes AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON payer_routes AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON payer_routes TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON payer_routes TO wellkept_worker;

ALTER TABLE filed_claims ENABLE ROW LEVEL SECURITY;

ALTER TABLE filed_claims FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON filed_claims AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON filed_claims AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON filed_claims TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON filed_claims TO wellkept_worker;

ALTER TABLE stored_files
    DROP CONSTRAINT ck_stored_files_purpose_is_known,
    ADD CONSTRAINT ck_stored_files_purpose_is_known CHECK (purpose IN ('attachment', 'remittance', 'claim_file', 'acknowledgement'));

ALTER TABLE outbox_messages
    DROP CONSTRAINT ck_outbox_messages_channel_is_known,
    ADD CONSTRAINT ck_outbox_messages_channel_is_known CHECK (channel IN ('email', 'webhook', 'mailbox', 'drop_folder')),
    DROP CONSTRAINT ck_outbox_messages_last_failure_is_known,
    ADD CONSTRAINT ck_outbox_messages_last_failure_is_known CHECK (last_failure IN ('unreachable', 'timeout', 'unverified', 'login_refused', 'refused_for_now', 'refused', 'unreadable', 'host_refused', 'gone', 'disabled', 'withdrawn'));

ALTER TABLE outbox_attempts
    DROP CONSTRAINT ck_outbox_attempts_failure_is_known,
    ADD CONSTRAINT ck_outbox_attempts_failure_is_known CHECK (failure IN ('unreachable', 'timeout', 'unverified', 'login_refused', 'refused_for_now', 'refused', 'unreadable', 'host_refused', 'gone', 'disabled', 'withdrawn'));
