CREATE TABLE compliance_evidence (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    series_id UUID NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT,
    file_id UUID,
    url TEXT,
    fact TEXT,
    content_hash BYTEA NOT NULL,
    effective_on DATE NOT NULL,
    period_from DATE,
    period_to DATE,
    expires_on DATE,
    CONSTRAINT pk_compliance_evidence PRIMARY KEY (company_id, id),
    CONSTRAINT fk_compliance_evidence_file_id FOREIGN KEY(company_id, file_id) REFERENCES stored_files (company_id, id),
    CONSTRAINT fk_compliance_evidence_series_id FOREIGN KEY(company_id, series_id) REFERENCES compliance_evidence (company_id, id),
    CONSTRAINT uq_compliance_evidence_series_id_number UNIQUE (company_id, series_id, number),
    CONSTRAINT ck_compliance_evidence_first_names_the_series CHECK ((number = 1) = (series_id = id)),
    CONSTRAINT ck_compliance_evidence_is_one_kind CHECK ((kind = 'file') = (file_id IS NOT NULL) AND (kind = 'link') = (url IS NOT NULL) AND (kind = 'system_fact') = (fact IS NOT NULL)),
    CONSTRAINT ck_compliance_evidence_hash_is_sha256 CHECK (octet_length(content_hash) = 32),
    CONSTRAINT ck_compliance_evidence_period_is_whole CHECK ((period_from IS NULL) = (period_to IS NULL) AND period_from <= period_to),
    CONSTRAINT ck_compliance_evidence_kind_is_known CHECK (kind IN ('file', 'link', 'system_fact'))
);

CREATE TABLE compliance_requirements (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    program TEXT NOT NULL,
    content JSONB NOT NULL,
    content_number INTEGER NOT NULL,
    responsible TEXT,
    responsible_person_id UUID,
    pack_id TEXT,
    pack_version TEXT,
    retired_on DATE,
    CONSTRAINT pk_compliance_requirements PRIMARY KEY (company_id, id),
    CONSTRAINT fk_compliance_requirements_responsible_person_id FOREIGN KEY(company_id, responsible_person_id) REFERENCES people (company_id, id),
    CONSTRAINT uq_compliance_requirements_code UNIQUE (company_id, code),
    CONSTRAINT ck_compliance_requirements_pack_has_a_version CHECK ((pack_id IS NULL) = (pack_version IS NULL)),
    CONSTRAINT ck_compliance_requirements_program_is_known CHECK (program IN ('MIPS', 'APM', 'MACRA', 'Meaningful_Use', 'PQRS', 'HEDIS', 'Joint_Commission', 'State_Licensing', 'HIPAA', 'OSHA'))
);

CREATE INDEX ix_compliance_requirements_program_id ON compliance_requirements (company_id, program, id);

CREATE TABLE evidence_links (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    requirement_id UUID NOT NULL,
    series_id UUID NOT NULL,
    CONSTRAINT pk_evidence_links PRIMARY KEY (company_id, id),
    CONSTRAINT fk_evidence_links_requirement_id FOREIGN KEY(company_id, requirement_id) REFERENCES compliance_requirements (company_id, id),
    CONSTRAINT fk_evidence_links_series_id FOREIGN KEY(company_id, series_id) REFERENCES compliance_evidence (company_id, id),
    CONSTRAINT uq_evidence_links_requirement_id_series_id UNIQUE (company_id, requirement_id, series_id)
);

CREATE INDEX ix_evidence_links_series_id_id ON evidence_links (company_id, series_id, id);

CREATE TABLE requirement_versions (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    requirement_id UUID NOT NULL,
    number INTEGER NOT NULL,
    content JSONB NOT NULL,
    content_hash BYTEA NOT NULL,
    material_number INTEGER NOT NULL,
    schedule_number INTEGER NOT NULL,
    reason TEXT,
    CONSTRAINT pk_requirement_versions PRIMARY KEY (company_id, id),
    CONSTRAINT fk_requirement_versions_requirement_id FOREIGN KEY(company_id, requirement_id) REFERENCES compliance_requirements (company_id, id),
    CONSTRAINT uq_requirement_versions_requirement_id_number UNIQUE (company_id, requirement_id, number),
    CONSTRAINT ck_requirement_versions_number_is_positive CHECK (number >= 1),
    CONSTRAINT ck_requirement_versions_earlier_numbers CHECK (material_number BETWEEN 1 AND number AND schedule_number BETWEEN 1 AND number),
    CONSTRAINT ck_requirement_versions_hash_is_sha256 CHECK (octet_length(content_hash) = 32)
);

CREATE TABLE compliance_attestations (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    requirement_id UUID NOT NULL,
    content_number INTEGER NOT NULL,
    schedule_number INTEGER NOT NULL,
    period_number INTEGER,
    kind TEXT NOT NULL,
    statement TEXT NOT NULL,
    signed_on DATE NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    evidence_ids UUID[] NOT NULL,
    evidence_until DATE,
    notes TEXT,
    quorum INTEGER NOT NULL,
    supersedes_id UUID,
    content_hash BYTEA NOT NULL,
    CONSTRAINT pk_compliance_attestations PRIMARY KEY (company_id, id),
    CONSTRAINT fk_compliance_attestations_requirement_id FOREIGN KEY(company_id, requirement_id, content_number) REFERENCES requirement_versions (company_id, requirement_id, number),
    CONSTRAINT fk_compliance_attestations_supersedes_id FOREIGN KEY(company_id, supersedes_id) REFERENCES compliance_attestations (company_id, id),
    CONSTRAINT ck_compliance_attestations_ends_after_it_begins CHECK (valid_from <= valid_until),
    CONSTRAINT ck_compliance_attestations_quorum_is_positive CHECK (quorum >= 1),
    CONSTRAINT ck_compliance_attestations_hash_is_sha256 CHECK (octet_length(content_hash) = 32),
    CONSTRAINT ck_compliance_attestations_kind_is_known CHECK (kind IN ('self_attestation', 'external_validation', 'audit'))
);

CREATE INDEX ix_compliance_attestations_requirement_id_id ON compliance_attestations (company_id, requirement_id, id);

CREATE TABLE requirement_decisions (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    requirement_id UUID NOT NULL,
    kind TEXT NOT NULL,
    rationale TEXT NOT NULL,
    effective_on DATE NOT NULL,
    approval_id UUID,
    CONSTRAINT pk_requirement_decisions PRIMARY KEY (company_id, id),
    CONSTRAINT fk_requirement_decisions_requirement_id FOREIGN KEY(company_id, requirement_id) REFERENCES compliance_requirements (company_id, id),
    CONSTRAINT fk_requirement_decisions_approval_id FOREIGN KEY(company_id, approval_id) REFERENCES approvals (company_id, id),
    CONSTRAINT ck_requirement_decisions_not_applicable_is_approved CHECK (kind <> 'not_applicable' OR approval_id IS NOT NULL),
    CONSTRAINT ck_requirement_decisions_kind_is_known CHECK (kind IN ('implemented', 'alternative', 'not_reasonable', 'applicable', 'not_applicable'))
);

CREATE INDEX ix_requirement_decisions_requirement_id_id ON requirement_decisions (company_id, requirement_id, id);

CREATE TABLE compliance_signatures (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    requirement_id UUID NOT NULL,
    attestation_id UUID NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    person_id UUID NOT NULL,
    session_id UUID NOT NULL,
    printed_name TEXT NOT NULL,
    meaning TEXT NOT NULL,
    reason TEXT,
    signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    content_hash BYTEA NOT NULL,
    previous_hash BYTEA NOT NULL,
    signature_hash BYTEA NOT NULL,
    CONSTRAINT pk_compliance_signatures PRIMARY KEY (company_id, id),
    CONSTRAINT fk_compliance_signatures_requirement_id FOREIGN KEY(company_id, requirement_id) REFERENCES compliance_requirements (company_id, id),
    CONSTRAINT fk_compliance_signatures_attestation_id FOREIGN KEY(company_id, attestation_id) REFERENCES compliance_attestations (company_id, id),
    CONSTRAINT fk_compliance_signatures_person_id FOREIGN KEY(company_id, person_id) REFERENCES people (company_id, id),
    CONSTRAINT uq_compliance_signatures_requirement_id_number UNIQUE (company_id, requirement_id, number),
    CONSTRAINT ck_compliance_signatures_number_is_positive CHECK (number >= 1),
    CONSTRAINT ck_compliance_signatures_reason_where_it_matters CHECK (kind IN ('attested', 'cosigned') OR reason IS NOT NULL),
    CONSTRAINT ck_compliance_signatures_hashes_are_sha256 CHECK (octet_length(content_hash) = 32 AND octet_length(previous_hash) = 32 AND octet_length(signature_hash) = 32),
    CONSTRAINT ck_compliance_signatures_kind_is_known CHECK (kind IN ('attested', 'cosigned', 'disputed', 'upheld', 'revoked'))
);

CREATE INDEX ix_compliance_signatures_attestation_id_id ON compliance_signatures (company_id, attestation_id, id);

CREATE INDEX ix_compliance_signatures_xid ON compliance_signatures (company_id, xid);

CREATE UNIQUE INDEX uq_compliance_signatures_attestation_id_person_id ON compliance_signatures (company_id, attestation_id, person_id) WHERE kind IN ('attested', 'cosigned');

ALTER TABLE compliance_evidence ENABLE ROW LEVEL SECURITY;

ALTER TABLE compliance_evidence FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON compliance_evidence AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON compliance_evidence AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON compliance_evidence TO wellkept_app;

GRANT INSERT, SELECT ON compliance_evidence TO wellkept_worker;

ALTER TABLE compliance_requirements ENABLE ROW LEVEL SECURITY;

ALTER TABLE compliance_requirements FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON compliance_requirements AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON compliance_requirements AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON compliance_requirements TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON compliance_requirements TO wellkept_worker;

ALTER TABLE evidence_links ENABLE ROW LEVEL SECURITY;

ALTER TABLE evidence_links FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON evidence_links AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON evidence_links AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON evidence_links TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON evidence_links TO wellkept_worker;

ALTER TABLE requirement_versions ENABLE ROW LEVEL SECURITY;

ALTER TABLE requirement_versions FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON requirement_versions AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON requirement_versions AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON requirement_versions TO wellkept_app;

GRANT INSERT, SELECT ON requirement_versions TO wellkept_worker;

ALTER TABLE compliance_attestations ENABLE ROW LEVEL SECURITY;

ALTER TABLE compliance_attestations FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON compliance_attestations AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON compliance_attestations AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON compliance_attestations TO wellkept_app;

GRANT INSERT, SELECT ON compliance_attestations TO wellkept_worker;

ALTER TABLE requirement_decisions ENABLE ROW LEVEL SECURITY;

ALTER TABLE requirement_decisions FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON requirement_decisions AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON requirement_decisions AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON requirement_decisions TO wellkept_app;

GRANT INSERT, SELECT ON requirement_decisions TO wellkept_worker;

ALTER TABLE compliance_signatures ENABLE ROW LEVEL SECURITY;

ALTER TABLE compliance_signatures FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON compliance_signatures AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON compliance_signatures AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT INSERT, SELECT ON compliance_signatures TO wellkept_app;

GRANT INSERT, SELECT ON compliance_signatures TO wellkept_worker;



ALTER TABLE approvals
    DROP CONSTRAINT ck_approvals_kind_is_known,
    ADD CONSTRAINT ck_approvals_kind_is_known CHECK (kind IN ('remittance_release', 'remittance_return', 'remittance_acceptance', 'legal_hold_release', 'write_off', 'refund', 'requirement_not_applicable'));

ALTER TABLE approval_thresholds
    DROP CONSTRAINT ck_approval_thresholds_kind_is_known,
    ADD CONSTRAINT ck_approval_thresholds_kind_is_known CHECK (kind IN ('remittance_release', 'remittance_return', 'remittance_acceptance', 'legal_hold_release', 'write_off', 'refund', 'requirement_not_applicable'));
