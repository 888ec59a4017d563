-- What leaves the house: messages and their tries; and a queue of jobs of its own for them.

CREATE TABLE outbox_messages (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    channel TEXT NOT NULL,
    purpose TEXT NOT NULL,
    destination TEXT NOT NULL,
    recipient TEXT,
    sealed_payload BYTEA,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    next_attempt_at TIMESTAMP WITH TIME ZONE,
    last_failure TEXT,
    settled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_outbox_messages PRIMARY KEY (company_id, id),
    CONSTRAINT ck_outbox_messages_unsettled_has_a_next_attempt CHECK ((status IN ('waiting', 'delivering')) = (next_attempt_at IS NOT NULL)),
    CONSTRAINT ck_outbox_messages_settled_says_when CHECK ((status IN ('delivered', 'failed')) = (settled_at IS NOT NULL)),
    CONSTRAINT ck_outbox_messages_channel_is_known CHECK (channel IN ('email')),
    CONSTRAINT ck_outbox_messages_status_is_known CHECK (status IN ('waiting', 'delivering', 'delivered', 'failed')),
    CONSTRAINT ck_outbox_messages_last_failure_is_known CHECK (last_failure IN ('unreachable', 'timeout', 'unverified', 'login_refused', 'refused_for_now', 'refused', 'unreadable'))
);

CREATE INDEX ix_outbox_messages_destination_next_attempt_at ON outbox_messages (company_id, destination, next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE INDEX ix_outbox_messages_status_id ON outbox_messages (company_id, status, id);

CREATE TABLE outbox_attempts (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    message_id UUID NOT NULL,
    number INTEGER NOT NULL,
    failure TEXT,
    reply_code INTEGER,
    CONSTRAINT pk_outbox_attempts PRIMARY KEY (company_id, id),
    CONSTRAINT fk_outbox_attempts_message_id FOREIGN KEY(company_id, message_id) REFERENCES outbox_messages (company_id, id),
    CONSTRAINT uq_outbox_attempts_message_id_number UNIQUE (company_id, message_id, number),
    CONSTRAINT ck_outbox_attempts_failure_is_known CHECK (failure IN ('unreachable', 'timeout', 'unverified', 'login_refused', 'refused_for_now', 'refused', 'unreadable'))
);

ALTER TABLE outbox_messages ENABLE ROW LEVEL SECURITY;

ALTER TABLE outbox_messages FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON outbox_messages AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON outbox_messages AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON outbox_messages TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON outbox_messages TO wellkept_worker;

ALTER TABLE outbox_attempts ENABLE ROW LEVEL SECURITY;

ALTER TABLE outbox_attempts FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON outbox_attempts AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON outbox_attempts AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON outbox_attempts TO wellkept_app;

GRANT INSERT, SELECT ON outbox_attempts TO wellkept_worker;

DROP FUNCTION enqueue_job(text, jsonb, text, timestamptz);

CREATE FUNCTION enqueue_job(
    task text, arguments jsonb, lock_name text, due timestamptz, queue text, once text
)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    company uuid := (SELECT nullif(current_setting('app.company_id', true), '')::uuid);
BEGIN
    IF company IS NULL THEN
        RAISE 'a job needs a company' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, scheduled_at, args)
    VALUES (queue, task, company || '/' || lock_name, company || '/' || once, due,
            arguments || jsonb_build_object('company_id', company))
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING;
END;
$$;

REVOKE ALL ON FUNCTION enqueue_job(text, jsonb, text, timestamptz, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enqueue_job(text, jsonb, text, timestamptz, text, text)
    TO wellkept_app, wellkept_worker;
