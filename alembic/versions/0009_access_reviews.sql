CREATE TABLE access_reviews (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    content_sha256 BYTEA NOT NULL,
    people INTEGER NOT NULL,
    keys INTEGER NOT NULL,
    flagged_keys INTEGER NOT NULL,
    notes TEXT,
    CONSTRAINT pk_access_reviews PRIMARY KEY (company_id, id)
);

ALTER TABLE access_reviews ENABLE ROW LEVEL SECURITY;

ALTER TABLE access_reviews FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON access_reviews AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON access_reviews AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON access_reviews TO wellkept_app;

GRANT INSERT, SELECT ON access_reviews TO wellkept_worker;
