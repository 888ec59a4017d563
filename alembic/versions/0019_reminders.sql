-- Reminders, what is told of approvals and reviews, and where a company's roots go.

CREATE TABLE reminders (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    subject TEXT NOT NULL,
    entity_id UUID NOT NULL,
    due_on DATE NOT NULL,
    lead_days INTEGER NOT NULL,
    CONSTRAINT pk_reminders PRIMARY KEY (company_id, id),
    CONSTRAINT uq_reminders_subject_entity_id_due_on_lead_days UNIQUE (company_id, subject, entity_id, due_on, lead_days),
    CONSTRAINT ck_reminders_subject_is_known CHECK (subject IN ('access_review', 'emergency_review', 'roots'))
);

ALTER TABLE reminders ENABLE ROW LEVEL SECURITY;

ALTER TABLE reminders FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON reminders AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON reminders AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON reminders TO wellkept_app;

GRANT INSERT, SELECT ON reminders TO wellkept_worker;

ALTER TABLE notifications
    DROP CONSTRAINT ck_notifications_kind_is_known,
    ADD CONSTRAINT ck_notifications_kind_is_known CHECK (kind IN ('access_review_due', 'approval_decided', 'approval_expired', 'approval_requested', 'emergency_review_due', 'endpoint_disabled', 'remittance_processed', 'roots_late'));

ALTER TABLE notification_preferences
    DROP CONSTRAINT ck_notification_preferences_kind_is_known,
    ADD CONSTRAINT ck_notification_preferences_kind_is_known CHECK (kind IN ('access_review_due', 'approval_decided', 'approval_expired', 'approval_requested', 'emergency_review_due', 'endpoint_disabled', 'remittance_processed', 'roots_late'));

ALTER TABLE events
    DROP CONSTRAINT ck_events_type_is_known,
    ADD CONSTRAINT ck_events_type_is_known CHECK (type IN ('remittance.received', 'remittance.processed', 'remittance_exception.opened', 'remittance_exception.resolved', 'claim.status_changed', 'approval.requested', 'approval.decided', 'approval.expired', 'key.created', 'key.revoked', 'person.disabled', 'endpoint.pinged'));

ALTER TABLE stored_files
    DROP CONSTRAINT ck_stored_files_purpose_is_known,
    ADD CONSTRAINT ck_stored_files_purpose_is_known CHECK (purpose IN ('attachment', 'remittance', 'claim_file', 'acknowledgement', 'roots'));

ALTER TABLE companies
    ADD access_review_days integer DEFAULT 90
        CONSTRAINT ck_companies_access_is_reviewed_at_times CHECK (access_review_days BETWEEN 7 AND 366),
    ADD roots_mailbox_id uuid,
    ADD roots_email text;

ALTER TABLE companies ALTER access_review_days DROP DEFAULT;
