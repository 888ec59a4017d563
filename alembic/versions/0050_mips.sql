CREATE TABLE mips_clinicians (
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
    name TEXT NOT NULL,
    is_small_practice BOOLEAN NOT NULL,
    needs_fewer_activities BOOLEAN NOT NULL,
    is_medical_home BOOLEAN NOT NULL,
    excused_categories TEXT[] NOT NULL,
    required_measures INTEGER,
    quality_improvement_pct NUMERIC(7, 4) NOT NULL,
    cost_improvement_pct NUMERIC(7, 4) NOT NULL,
    complex_patient_bonus NUMERIC(7, 4) NOT NULL,
    CONSTRAINT pk_mips_clinicians PRIMARY KEY (company_id, id),
    CONSTRAINT uq_mips_clinicians_performance_year_tin_npi UNIQUE (company_id, performance_year, tin, npi),
    CONSTRAINT ck_mips_clinicians_tin_is_nine_digits CHECK (tin ~ '^[0-9]{9}$'),
    CONSTRAINT ck_mips_clinicians_npi_is_ten_digits CHECK (npi ~ '^[0-9]{10}$'),
    CONSTRAINT ck_mips_clinicians_required_measures_are_not_negative CHECK (required_measures >= 0),
    CONSTRAINT ck_mips_clinicians_additions_are_bounded CHECK (quality_improvement_pct BETWEEN 0 AND 100 AND cost_improvement_pct BETWEEN 0 AND 100 AND complex_patient_bonus BETWEEN 0 AND 100)
);

CREATE UNIQUE INDEX uq_mips_clinicians_performance_year_tin ON mips_clinicians (company_id, performance_year, tin) WHERE npi IS NULL;

CREATE TABLE mips_lists (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    kind TEXT NOT NULL,
    performance_year INTEGER NOT NULL,
    file_name TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    row_count INTEGER NOT NULL,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    withdrawal_reason TEXT,
    CONSTRAINT pk_mips_lists PRIMARY KEY (company_id, id),
    CONSTRAINT ck_mips_lists_hash_is_sha256 CHECK (octet_length(sha256) = 32),
    CONSTRAINT ck_mips_lists_withdrawal_says_why CHECK (num_nulls(withdrawn_at, withdrawal_reason) <> 1),
    CONSTRAINT ck_mips_lists_kind_is_known CHECK (kind IN ('benchmarks', 'measures', 'exclusions'))
);

CREATE UNIQUE INDEX uq_mips_lists_kind_performance_year_sha256 ON mips_lists (company_id, kind, performance_year, sha256) WHERE withdrawn_at IS NULL;

CREATE TABLE mips_benchmarks (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    list_id UUID NOT NULL,
    measure_id TEXT COLLATE "C" NOT NULL,
    submission_method TEXT NOT NULL,
    benchmark_year INTEGER NOT NULL,
    metric_type TEXT NOT NULL,
    is_inverse BOOLEAN NOT NULL,
    is_high_priority BOOLEAN NOT NULL,
    is_topped_out BOOLEAN NOT NULL,
    is_topped_out_by_program BOOLEAN NOT NULL,
    average_rate NUMERIC(16, 6),
    cut_offs JSONB NOT NULL,
    CONSTRAINT pk_mips_benchmarks PRIMARY KEY (company_id, id),
    CONSTRAINT fk_mips_benchmarks_list_id FOREIGN KEY(company_id, list_id) REFERENCES mips_lists (company_id, id),
    CONSTRAINT uq_mips_benchmarks_list_id_measure_id_submission_method UNIQUE (company_id, list_id, measure_id, submission_method)
);

CREATE TABLE mips_exclusions (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    list_id UUID NOT NULL,
    measure_id TEXT COLLATE "C" NOT NULL,
    submission_method TEXT NOT NULL,
    benchmark_year INTEGER NOT NULL,
    reason_codes TEXT[] NOT NULL,
    reasons TEXT[] NOT NULL,
    CONSTRAINT pk_mips_exclusions PRIMARY KEY (company_id, id),
    CONSTRAINT fk_mips_exclusions_list_id FOREIGN KEY(company_id, list_id) REFERENCES mips_lists (company_id, id)
);

CREATE INDEX ix_mips_exclusions_list_id_measure_id ON mips_exclusions (company_id, list_id, measure_id);

CREATE TABLE mips_listed_measures (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    list_id UUID NOT NULL,
    measure_id TEXT COLLATE "C" NOT NULL,
    category TEXT NOT NULL,
    title TEXT NOT NULL,
    metric_type TEXT NOT NULL,
    measure_type TEXT,
    is_high_priority BOOLEAN NOT NULL,
    is_inverse BOOLEAN NOT NULL,
    submission_methods TEXT[] NOT NULL,
    overall_algorithm TEXT,
    strata TEXT[] NOT NULL,
    seven_point_cap_removed TEXT[] NOT NULL,
    first_performance_year INTEGER NOT NULL,
    last_performance_year INTEGER,
    CONSTRAINT pk_mips_listed_measures PRIMARY KEY (company_id, id),
    CONSTRAINT fk_mips_listed_measures_list_id FOREIGN KEY(company_id, list_id) REFERENCES mips_lists (company_id, id),
    CONSTRAINT uq_mips_listed_measures_list_id_measure_id UNIQUE (company_id, list_id, measure_id),
    CONSTRAINT ck_mips_listed_measures_category_is_known CHECK (category IN ('quality', 'cost', 'ia', 'pi')),
    CONSTRAINT ck_mips_listed_measures_measure_type_is_known CHECK (measure_type IN ('process', 'outcome', 'intermediateOutcome', 'patientReportedOutcome', 'patientEngagementExperience', 'efficiency', 'structure')),
    CONSTRAINT ck_mips_listed_measures_overall_algorithm_is_known CHECK (overall_algorithm IN ('simpleAverage', 'weightedAverage', 'overallStratumOnly', 'split'))
);

CREATE TABLE mips_submissions (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    clinician_id UUID NOT NULL,
    performance_year INTEGER NOT NULL,
    tin TEXT COLLATE "C" NOT NULL,
    npi TEXT COLLATE "C",
    category TEXT NOT NULL,
    submission_method TEXT NOT NULL,
    performance_start DATE NOT NULL,
    performance_end DATE NOT NULL,
    cehrt_id TEXT,
    status TEXT NOT NULL,
    content_number INTEGER NOT NULL,
    submitted_at TIMESTAMP WITH TIME ZONE,
    score_number INTEGER,
    score_pct NUMERIC(7, 4),
    CONSTRAINT pk_mips_submissions PRIMARY KEY (company_id, id),
    CONSTRAINT fk_mips_submissions_clinician_id FOREIGN KEY(company_id, clinician_id) REFERENCES mips_clinicians (company_id, id),
    CONSTRAINT ck_mips_submissions_ends_after_it_begins CHECK (performance_start <= performance_end),
    CONSTRAINT ck_mips_submissions_submitted_with_a_score CHECK (CASE WHEN status IN ('submitted', 'accepted', 'rejected') THEN num_nulls(submitted_at, score_number) = 0 ELSE num_nonnulls(submitted_at, score_number, score_pct) = 0 END),
    CONSTRAINT ck_mips_submissions_category_is_known CHECK (category IN ('quality', 'cost', 'ia', 'pi')),
    CONSTRAINT ck_mips_submissions_submission_method_is_known CHECK (submission_method IN ('claims', 'registry', 'electronicHealthRecord', 'cmsWebInterface', 'certifiedSurveyVendor', 'administrativeClaims')),
    CONSTRAINT ck_mips_submissions_status_is_known CHECK (status IN ('draft', 'submitted', 'accepted', 'rejected', 'withdrawn'))
);

CREATE INDEX ix_mips_submissions_clinician_id_id ON mips_submissions (company_id, clinician_id, id);

CREATE INDEX ix_mips_submissions_performance_year_id ON mips_submissions (company_id, performance_year, id);

CREATE UNIQUE INDEX uq_mips_submissions_clinician_id_category_submission_method ON mips_submissions (company_id, clinician_id, category, submission_method) WHERE status NOT IN ('rejected', 'withdrawn');

CREATE TABLE mips_measures (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    submission_id UUID NOT NULL,
    measure_id TEXT COLLATE "C" NOT NULL,
    stratum TEXT,
    kind TEXT NOT NULL,
    is_end_to_end BOOLEAN NOT NULL,
    eligible INTEGER,
    met INTEGER,
    not_met INTEGER,
    exceptions INTEGER,
    exclusions INTEGER,
    value NUMERIC(16, 4),
    cases INTEGER,
    numerator INTEGER,
    denominator INTEGER,
    CONSTRAINT pk_mips_measures PRIMARY KEY (company_id, id),
    CONSTRAINT fk_mips_measures_submission_id FOREIGN KEY(company_id, submission_id) REFERENCES mips_submissions (company_id, id),
    CONSTRAINT uq_mips_measures_submission_id_measure_id_stratum UNIQUE (company_id, submission_id, measure_id, stratum),
    CONSTRAINT ck_mips_measures_holds_its_kind CHECK (num_nonnulls(eligible, met, not_met, exceptions, exclusions) = CASE kind WHEN 'counts' THEN 5 ELSE 0 END AND num_nonnulls(value, cases) = CASE kind WHEN 'value' THEN 2 ELSE 0 END AND num_nonnulls(numerator, denominator) = CASE kind WHEN 'ratio' THEN 2 ELSE 0 END),
    CONSTRAINT ck_mips_measures_counts_are_not_negative CHECK (least(eligible, met, not_met, exceptions, exclusions, cases, numerator) >= 0),
    CONSTRAINT ck_mips_measures_counts_stay_within_the_eligible CHECK (met + not_met + exceptions + exclusions <= eligible),
    CONSTRAINT ck_mips_measures_end_to_end_reports_everybody CHECK (NOT is_end_to_end OR met + not_met + exceptions + exclusions = eligible),
    CONSTRAINT ck_mips_measures_ratio_is_at_most_one CHECK (numerator <= denominator AND denominator >= 1),
    CONSTRAINT ck_mips_measures_only_rates_have_strata CHECK (kind = 'counts' OR stratum IS NULL AND NOT is_end_to_end),
    CONSTRAINT ck_mips_measures_kind_is_known CHECK (kind IN ('counts', 'value', 'ratio', 'attested'))
);

CREATE UNIQUE INDEX uq_mips_measures_submission_id_measure_id ON mips_measures (company_id, submission_id, measure_id) WHERE stratum IS NULL;

CREATE TABLE mips_scores (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    submission_id UUID NOT NULL,
    number INTEGER NOT NULL,
    content_number INTEGER NOT NULL,
    rules_edition DATE NOT NULL,
    rules_sha256 BYTEA NOT NULL,
    measure_list_id UUID NOT NULL,
    benchmark_list_id UUID,
    content JSONB NOT NULL,
    CONSTRAINT pk_mips_scores PRIMARY KEY (company_id, id),
    CONSTRAINT fk_mips_scores_submission_id FOREIGN KEY(company_id, submission_id) REFERENCES mips_submissions (company_id, id),
    CONSTRAINT fk_mips_scores_measure_list_id FOREIGN KEY(company_id, measure_list_id) REFERENCES mips_lists (company_id, id),
    CONSTRAINT fk_mips_scores_benchmark_list_id FOREIGN KEY(company_id, benchmark_list_id) REFERENCES mips_lists (company_id, id),
    CONSTRAINT uq_mips_scores_submission_id_number UNIQUE (company_id, submission_id, number),
    CONSTRAINT ck_mips_scores_hash_is_sha256 CHECK (octet_length(rules_sha256) = 32)
);

CREATE TABLE mips_steps (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    submission_id UUID NOT NULL,
    from_status TEXT,
    to_status TEXT NOT NULL,
    note TEXT,
    CONSTRAINT pk_mips_steps PRIMARY KEY (company_id, id),
    CONSTRAINT fk_mips_steps_submission_id FOREIGN KEY(company_id, submission_id) REFERENCES mips_submissions (company_id, id),
    CONSTRAINT ck_mips_steps_from_status_is_known CHECK (from_status IN ('draft', 'submitted', 'accepted', 'rejected', 'withdrawn')),
    CONSTRAINT ck_mips_steps_to_status_is_known CHECK (to_status IN ('draft', 'submitted', 'accepted', 'rejected', 'withdrawn'))
);

CREATE INDEX ix_mips_steps_submission_id_id ON mips_steps (company_id, submission_id, id);

ALTER TABLE mips_clinicians ENABLE ROW LEVEL SECURITY;

ALTER TABLE mips_clinicians FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON mips_clinicians AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON mips_clinicians AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON mips_clinicians TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON mips_clinicians TO wellkept_worker;

ALTER TABLE mips_lists ENABLE ROW LEVEL SECURITY;

ALTER TABLE mips_lists FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON mips_lists AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON mips_lists AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON mips_lists TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON mips_lists TO wellkept_worker;

ALTER TABLE mips_benchmarks ENABLE ROW LEVEL SECURITY;

ALTER TABLE mips_benchmarks FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON mips_benchmarks AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON mips_benchmarks AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON mips_benchmarks TO wellkept_app;

GRANT INSERT, SELECT ON mips_benchmarks TO wellkept_worker;

ALTER TABLE mips_exclusions ENABLE ROW LEVEL SECURITY;

ALTER TABLE mips_exclusions FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON mips_exclusions AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON mips_exclusions AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON mips_exclusions TO wellkept_app;

GRANT INSERT, SELECT ON mips_exclusions TO wellkept_worker;

ALTER TABLE mips_listed_measures ENABLE ROW LEVEL SECURITY;

ALTER TABLE mips_listed_measures FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON mips_listed_measures AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON mips_listed_measures AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON mips_listed_measures TO wellkept_app;

GRANT INSERT, SELECT ON mips_listed_measures TO wellkept_worker;

ALTER TABLE mips_submissions ENABLE ROW LEVEL SECURITY;

ALTER TABLE mips_submissions FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON mips_submissions AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON mips_submissions AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON mips_submissions TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON mips_submissions TO wellkept_worker;

ALTER TABLE mips_measures ENABLE ROW LEVEL SECURITY;

ALTER TABLE mips_measures FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON mips_measures AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON mips_measures AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON mips_measures TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON mips_measures TO wellkept_worker;

ALTER TABLE mips_scores ENABLE ROW LEVEL SECURITY;

ALTER TABLE mips_scores FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON mips_scores AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON mips_scores AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON mips_scores TO wellkept_app;

GRANT INSERT, SELECT ON mips_scores TO wellkept_worker;

ALTER TABLE mips_steps ENABLE ROW LEVEL SECURITY;

ALTER TABLE mips_steps FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON mips_steps AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON mips_steps AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON mips_steps TO wellkept_app;

GRANT INSERT, SELECT ON mips_steps TO wellkept_worker;

