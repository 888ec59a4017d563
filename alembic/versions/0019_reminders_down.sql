-- What was told and sent by the new words goes with them: the schema before knows none.

DROP TABLE reminders;

ALTER TABLE companies DROP access_review_days, DROP roots_mailbox_id, DROP roots_email;

DELETE FROM notifications WHERE kind IN ('access_review_due', 'approval_decided', 'approval_expired', 'approval_requested', 'emergency_review_due', 'roots_late');

DELETE FROM notification_preferences WHERE kind IN ('access_review_due', 'approval_decided', 'approval_expired', 'approval_requested', 'emergency_review_due', 'roots_late');

DELETE FROM outbox_attempts USING outbox_messages AS message, events AS event
    WHERE message.company_id = outbox_attempts.company_id AND message.id = outbox_attempts.message_id
    AND event.company_id = message.company_id AND event.id = message.event_id
    AND event.type IN ('approval.requested', 'approval.decided', 'approval.expired');

DELETE FROM outbox_messages USING events AS event
    WHERE event.company_id = outbox_messages.company_id AND event.id = outbox_messages.event_id
    AND event.type IN ('approval.requested', 'approval.decided', 'approval.expired');

DELETE FROM events WHERE type IN ('approval.requested', 'approval.decided', 'approval.expired');

DELETE FROM mailbox_files USING stored_files AS file
    WHERE file.company_id = mailbox_files.company_id AND file.id = mailbox_files.file_id
    AND file.purpose = 'roots';

DELETE FROM stored_files WHERE purpose = 'roots';

ALTER TABLE notifications
    DROP CONSTRAINT ck_notifications_kind_is_known,
    ADD CONSTRAINT ck_notifications_kind_is_known CHECK (kind IN ('endpoint_disabled', 'remittance_processed'));

ALTER TABLE notification_preferences
    DROP CONSTRAINT ck_notification_preferences_kind_is_known,
    ADD CONSTRAINT ck_notification_preferences_kind_is_known CHECK (kind IN ('endpoint_disabled', 'remittance_processed'));

ALTER TABLE events
    DROP CONSTRAINT ck_events_type_is_known,
    ADD CONSTRAINT ck_events_type_is_known CHECK (type IN ('remittance.received', 'remittance.processed', 'remittance_exception.opened', 'remittance_exception.resolved', 'claim.status_changed', 'key.created', 'key.revoked', 'person.disabled', 'endpoint.pinged'));

ALTER TABLE stored_files
    DROP CONSTRAINT ck_stored_files_purpose_is_known,
    ADD CONSTRAINT ck_stored_files_purpose_is_known CHECK (purpose IN ('attachment', 'remittance', 'claim_file', 'acknowledgement'));
