CREATE TABLE calendar_feeds (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    person_id UUID NOT NULL,
    name TEXT NOT NULL,
    secret_sha256 BYTEA NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_calendar_feeds PRIMARY KEY (company_id, id),
    CONSTRAINT fk_calendar_feeds_person_id FOREIGN KEY(company_id, person_id) REFERENCES people (company_id, id),
    CONSTRAINT uq_calendar_feeds_secret_sha256 UNIQUE (company_id, secret_sha256),
    CONSTRAINT ck_calendar_feeds_hash_is_sha256 CHECK (octet_length(secret_sha256) = 32)
);

CREATE INDEX ix_calendar_feeds_person_id_id ON calendar_feeds (company_id, person_id, id);

ALTER TABLE calendar_feeds ENABLE ROW LEVEL SECURITY;

ALTER TABLE calendar_feeds FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON calendar_feeds AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON calendar_feeds AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON calendar_feeds TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON calendar_feeds TO wellkept_worker;

