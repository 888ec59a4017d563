-- Notifications: who was told of what, and how they want to be told.

CREATE TABLE notification_digests (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    person_id UUID NOT NULL,
    day DATE NOT NULL,
    CONSTRAINT pk_notification_digests PRIMARY KEY (company_id, id),
    CONSTRAINT fk_notification_digests_person_id FOREIGN KEY(company_id, person_id) REFERENCES people (company_id, id),
    CONSTRAINT uq_notification_digests_person_id_day UNIQUE (company_id, person_id, day)
);

CREATE TABLE notification_preferences (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    person_id UUID NOT NULL,
    kind TEXT NOT NULL,
    timing TEXT NOT NULL,
    CONSTRAINT pk_notification_preferences PRIMARY KEY (company_id, id),
    CONSTRAINT fk_notification_preferences_person_id FOREIGN KEY(company_id, person_id) REFERENCES people (company_id, id),
    CONSTRAINT uq_notification_preferences_person_id_kind UNIQUE (company_id, person_id, kind),
    CONSTRAINT ck_notification_preferences_kind_is_known CHECK (kind IN ('endpoint_disabled', 'remittance_processed')),
    CONSTRAINT ck_notification_preferences_timing_is_known CHECK (timing IN ('off', 'at_once', 'daily_digest'))
);

CREATE TABLE notifications (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    person_id UUID NOT NULL,
    kind TEXT NOT NULL,
    entity TEXT NOT NULL,
    entity_id UUID NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE,
    timing TEXT NOT NULL,
    told_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_notifications PRIMARY KEY (company_id, id),
    CONSTRAINT fk_notifications_person_id FOREIGN KEY(company_id, person_id) REFERENCES people (company_id, id),
    CONSTRAINT ck_notifications_kind_is_known CHECK (kind IN ('endpoint_disabled', 'remittance_processed')),
    CONSTRAINT ck_notifications_timing_is_known CHECK (timing IN ('off', 'at_once', 'daily_digest'))
);

CREATE INDEX ix_notifications_person_id_id ON notifications (company_id, person_id, id);

CREATE INDEX ix_notifications_timing_id ON notifications (company_id, timing, id) WHERE told_at IS NULL;

CREATE TABLE quiet_hours (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    person_id UUID NOT NULL,
    quiet_from_minute INTEGER NOT NULL,
    quiet_until_minute INTEGER NOT NULL,
    digest_minute INTEGER NOT NULL,
    CONSTRAINT pk_quiet_hours PRIMARY KEY (company_id, id),
    CONSTRAINT fk_quiet_hours_person_id FOREIGN KEY(company_id, person_id) REFERENCES people (company_id, id),
    CONSTRAINT ck_quiet_hours_minutes_are_of_a_day CHECK (quiet_from_minute BETWEEN 0 AND 1439 AND quiet_until_minute BETWEEN 0 AND 1439 AND digest_minute BETWEEN 0 AND 1439),
    CONSTRAINT uq_quiet_hours_person_id UNIQUE (company_id, person_id)
);

ALTER TABLE notification_digests ENABLE ROW LEVEL SECURITY;

ALTER TABLE notification_digests FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON notification_digests AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON notification_digests AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON notification_digests TO wellkept_app;

GRANT INSERT, SELECT ON notification_digests TO wellkept_worker;

ALTER TABLE notification_preferences ENABLE ROW LEVEL SECURITY;

ALTER TABLE notification_preferences FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON notification_preferences AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON notification_preferences AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON notification_preferences TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON notification_preferences TO wellkept_worker;

ALTER TABLE notifications ENABLE ROW LEVEL SECURITY;

ALTER TABLE notifications FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON notifications AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON notifications AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON notifications TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON notifications TO wellkept_worker;

ALTER TABLE quiet_hours ENABLE ROW LEVEL SECURITY;

ALTER TABLE quiet_hours FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON quiet_hours AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON quiet_hours AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON quiet_hours TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON quiet_hours TO wellkept_worker;
