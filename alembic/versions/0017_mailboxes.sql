-- Mailboxes, and the files that go to them.

CREATE TABLE mailboxes (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    host_key TEXT NOT NULL,
    host_key_fingerprint TEXT NOT NULL,
    user_name TEXT NOT NULL,
    sealed_password BYTEA,
    sealed_private_key BYTEA,
    write_folder TEXT NOT NULL,
    read_folder TEXT,
    disabled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_mailboxes PRIMARY KEY (company_id, id),
    CONSTRAINT ck_mailboxes_signs_in_by_one_secret CHECK (num_nonnulls(sealed_password, sealed_private_key) = 1),
    CONSTRAINT ck_mailboxes_port_is_one CHECK (port BETWEEN 1 AND 65535),
    CONSTRAINT uq_mailboxes_name UNIQUE (company_id, name)
);

CREATE TABLE mailbox_files (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    mailbox_id UUID NOT NULL,
    message_id UUID NOT NULL,
    file_id UUID NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_mailbox_files PRIMARY KEY (company_id, id),
    CONSTRAINT fk_mailbox_files_mailbox_id FOREIGN KEY(company_id, mailbox_id) REFERENCES mailboxes (company_id, id),
    CONSTRAINT fk_mailbox_files_message_id FOREIGN KEY(company_id, message_id) REFERENCES outbox_messages (company_id, id),
    CONSTRAINT fk_mailbox_files_file_id FOREIGN KEY(company_id, file_id) REFERENCES stored_files (company_id, id),
    CONSTRAINT uq_mailbox_files_mailbox_id_name UNIQUE (company_id, mailbox_id, name)
);

CREATE INDEX ix_mailbox_files_message_id ON mailbox_files (company_id, message_id);

CREATE INDEX ix_mailbox_files_file_id ON mailbox_files (company_id, file_id);

ALTER TABLE mailboxes ENABLE ROW LEVEL SECURITY;

ALTER TABLE mailboxes FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON mailboxes AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON mailboxes AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON mailboxes TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON mailboxes TO wellkept_worker;

ALTER TABLE mailbox_files ENABLE ROW LEVEL SECURITY;

ALTER TABLE mailbox_files FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON mailbox_files AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON mailbox_files AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON mailbox_files TO wellkept_app;

GRANT INSERT, SELECT ON mailbox_files TO wellkept_worker;

ALTER TABLE outbox_messages
    DROP CONSTRAINT ck_outbox_messages_channel_is_known,
    ADD CONSTRAINT ck_outbox_messages_channel_is_known CHECK (channel IN ('email', 'webhook', 'mailbox'));
