-- Messages of the outbox that take an event to an endpoint.

ALTER TABLE outbox_messages ADD endpoint_id UUID, ADD event_id UUID;

ALTER TABLE outbox_messages
    DROP CONSTRAINT ck_outbox_messages_channel_is_known,
    DROP CONSTRAINT ck_outbox_messages_last_failure_is_known,
    ADD CONSTRAINT ck_outbox_messages_channel_is_known CHECK (channel IN ('email', 'webhook')),
    ADD CONSTRAINT ck_outbox_messages_last_failure_is_known CHECK (last_failure IN ('unreachable', 'timeout', 'unverified', 'login_refused', 'refused_for_now', 'refused', 'unreadable', 'host_refused', 'gone', 'disabled')),
    ADD CONSTRAINT ck_outbox_messages_webhook_has_an_endpoint_and_an_event CHECK (CASE WHEN channel = 'webhook' THEN endpoint_id IS NOT NULL AND event_id IS NOT NULL ELSE endpoint_id IS NULL AND event_id IS NULL END),
    ADD CONSTRAINT fk_outbox_messages_endpoint_id FOREIGN KEY (company_id, endpoint_id) REFERENCES webhook_endpoints (company_id, id),
    ADD CONSTRAINT fk_outbox_messages_event_id FOREIGN KEY (company_id, event_id) REFERENCES events (company_id, id);

CREATE INDEX ix_outbox_messages_endpoint_id_id ON outbox_messages (company_id, endpoint_id, id) WHERE endpoint_id IS NOT NULL;

ALTER TABLE outbox_attempts
    DROP CONSTRAINT ck_outbox_attempts_failure_is_known,
    ADD CONSTRAINT ck_outbox_attempts_failure_is_known CHECK (failure IN ('unreachable', 'timeout', 'unverified', 'login_refused', 'refused_for_now', 'refused', 'unreadable', 'host_refused', 'gone', 'disabled'));
