-- Webhooks: events, endpoints, and messages that take one to the other.

CREATE TABLE events (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    type TEXT NOT NULL,
    entity TEXT NOT NULL,
    entity_id UUID NOT NULL,
    CONSTRAINT pk_events PRIMARY KEY (company_id, id),
    CONSTRAINT ck_events_type_is_known CHECK (type IN ('remittance.received', 'remittance.processed', 'remittance_exception.opened', 'remittance_exception.resolved', 'claim.status_changed', 'key.created', 'key.revoked', 'person.disabled', 'endpoint.pinged'))
);

CREATE TABLE webhook_endpoints (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    event_types TEXT[] NOT NULL,
    sealed_secret BYTEA NOT NULL,
    sealed_previous_secret BYTEA,
    previous_valid_until TIMESTAMP WITH TIME ZONE,
    failing_since TIMESTAMP WITH TIME ZONE,
    disabled_at TIMESTAMP WITH TIME ZONE,
    disabled_because TEXT,
    CONSTRAINT pk_webhook_endpoints PRIMARY KEY (company_id, id),
    CONSTRAINT ck_webhook_endpoints_disabled_says_why CHECK ((disabled_at IS NULL) = (disabled_because IS NULL)),
    CONSTRAINT ck_webhook_endpoints_disabled_because_is_known CHECK (disabled_because IN ('asked', 'gone', 'failing'))
);

ALTER TABLE events ENABLE ROW LEVEL SECURITY;

ALTER TABLE events FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON events AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON events AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON events TO wellkept_app;

GRANT INSERT, SELECT ON events TO wellkept_worker;

ALTER TABLE webhook_endpoints ENABLE ROW LEVEL SECURITY;

ALTER TABLE webhook_endpoints FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON webhook_endpoints AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON webhook_endpoints AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON webhook_endpoints TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON webhook_endpoints TO wellkept_worker;
