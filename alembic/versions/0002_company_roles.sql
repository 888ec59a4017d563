CREATE TABLE company_roles (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    scopes TEXT[] NOT NULL,
    CONSTRAINT pk_company_roles PRIMARY KEY (company_id, id),
    CONSTRAINT uq_company_roles_name UNIQUE (company_id, name)
);

ALTER TABLE company_roles ENABLE ROW LEVEL SECURITY;

ALTER TABLE company_roles FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON company_roles AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON company_roles AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON company_roles TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON company_roles TO wellkept_worker;
