CREATE TABLE mips_prior_submissions (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    performance_year INTEGER NOT NULL,
    tin TEXT COLLATE "C" NOT NULL,
    npi TEXT COLLATE "C",
    category TEXT NOT NULL,
    submission_method TEXT NOT NULL,
    status TEXT NOT NULL,
    submitted_on DATE,
    said_score_pct NUMERIC(7, 4),
    feedback TEXT,
    content JSONB NOT NULL,
    CONSTRAINT pk_mips_prior_submissions PRIMARY KEY (company_id, id),
    CONSTRAINT ck_mips_prior_submissions_tin_is_nine_digits CHECK (tin ~ '^[0-9]{9}$'),
    CONSTRAINT ck_mips_prior_submissions_npi_is_ten_digits CHECK (npi ~ '^[0-9]{10}$'),
    CONSTRAINT ck_mips_prior_submissions_score_is_a_percentage CHECK (said_score_pct BETWEEN 0 AND 100),
    CONSTRAINT ck_mips_prior_submissions_category_is_known CHECK (category IN ('quality', 'cost', 'ia', 'pi')),
    CONSTRAINT ck_mips_prior_submissions_submission_method_is_known CHECK (submission_method IN ('claims', 'registry', 'electronicHealthRecord', 'cmsWebInterface', 'certifiedSurveyVendor', 'administrativeClaims')),
    CONSTRAINT ck_mips_prior_submissions_status_is_known CHECK (status IN ('draft', 'submitted', 'accepted', 'rejected', 'withdrawn'))
);

CREATE INDEX ix_mips_prior_submissions_performance_year_id ON mips_prior_submissions (company_id, performance_year, id);

ALTER TABLE mips_prior_submissions ENABLE ROW LEVEL SECURITY;

ALTER TABLE mips_prior_submissions FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON mips_prior_submissions AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON mips_prior_submissions AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON mips_prior_submissions TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON mips_prior_submissions TO wellkept_worker;

