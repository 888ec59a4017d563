-- The foundation: every table, its indexes, its policies and its grants, as of this revision.

CREATE TABLE api_log (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    request_id UUID NOT NULL,
    operation TEXT NOT NULL,
    outcome SMALLINT NOT NULL,
    patient_ids UUID[] NOT NULL,
    CONSTRAINT pk_api_log PRIMARY KEY (company_id, id)
)
 PARTITION BY RANGE (id);

CREATE INDEX ix_api_log_recorded_by_id ON api_log (company_id, recorded_by, id);

CREATE INDEX ix_api_log_xid ON api_log (company_id, xid);

CREATE TABLE audit_log (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    request_id UUID NOT NULL,
    action TEXT NOT NULL,
    entity TEXT NOT NULL,
    entity_id UUID NOT NULL,
    before JSONB,
    after JSONB,
    CONSTRAINT pk_audit_log PRIMARY KEY (company_id, id),
    CONSTRAINT ck_audit_log_action_is_known CHECK (action IN ('create', 'update', 'delete'))
)
 PARTITION BY RANGE (id);

CREATE INDEX ix_audit_log_entity_id ON audit_log (company_id, entity, id);

CREATE INDEX ix_audit_log_entity_id_id ON audit_log (company_id, entity_id, id);

CREATE INDEX ix_audit_log_xid ON audit_log (company_id, xid);

CREATE TABLE companies (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    holiday_calendar TEXT,
    retention_years INTEGER NOT NULL,
    CONSTRAINT pk_companies PRIMARY KEY (company_id, id),
    CONSTRAINT ck_companies_names_itself CHECK (id = company_id),
    CONSTRAINT ck_companies_retention_is_at_least_six_years CHECK (retention_years BETWEEN 6 AND 100)
);

CREATE TABLE company_directory (
    slug TEXT NOT NULL,
    company_id UUID NOT NULL,
    CONSTRAINT pk_company_directory PRIMARY KEY (slug),
    CONSTRAINT uq_company_directory_ UNIQUE (company_id)
);

CREATE TABLE counters (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    name TEXT NOT NULL,
    last_number BIGINT NOT NULL,
    CONSTRAINT pk_counters PRIMARY KEY (company_id, id),
    CONSTRAINT uq_counters_name UNIQUE (company_id, name)
);

CREATE TABLE legal_holds (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    reason TEXT NOT NULL,
    starts_on DATE NOT NULL,
    released_at TIMESTAMP WITH TIME ZONE,
    release_reason TEXT,
    CONSTRAINT pk_legal_holds PRIMARY KEY (company_id, id),
    CONSTRAINT ck_legal_holds_release_has_a_reason CHECK ((released_at IS NULL) = (release_reason IS NULL))
);

CREATE TABLE patients (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    medical_record_number TEXT NOT NULL,
    last_name TEXT NOT NULL,
    first_name TEXT NOT NULL,
    birth_date DATE NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_patients PRIMARY KEY (company_id, id),
    CONSTRAINT uq_patients_medical_record_number UNIQUE (company_id, medical_record_number)
);

CREATE INDEX ix_patients_name_key ON patients (company_id, name_key);

CREATE TABLE payers (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    name TEXT NOT NULL,
    payer_identifier TEXT NOT NULL,
    remittance_identifier TEXT,
    type TEXT NOT NULL,
    claim_submission_method TEXT NOT NULL,
    timely_filing_limit_days INTEGER NOT NULL,
    contact_info JSONB,
    is_active BOOLEAN NOT NULL,
    CONSTRAINT pk_payers PRIMARY KEY (company_id, id),
    CONSTRAINT uq_payers_payer_identifier UNIQUE (company_id, payer_identifier),
    CONSTRAINT uq_payers_remittance_identifier UNIQUE (company_id, remittance_identifier),
    CONSTRAINT ck_payers_filing_limit_is_positive CHECK (timely_filing_limit_days > 0),
    CONSTRAINT ck_payers_type_is_known CHECK (type IN ('commercial', 'medicare', 'medicaid', 'tricare', 'workers_comp', 'self_pay', 'other')),
    CONSTRAINT ck_payers_claim_submission_method_is_known CHECK (claim_submission_method IN ('electronic', 'paper', 'clearinghouse', 'portal'))
);

CREATE TABLE principals (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_principals PRIMARY KEY (company_id, id),
    CONSTRAINT ck_principals_kind_is_known CHECK (kind IN ('person', 'api_key', 'system', 'operator'))
);

CREATE TABLE remittances (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    file_name TEXT NOT NULL,
    file_key TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    byte_count BIGINT NOT NULL,
    status TEXT NOT NULL,
    transaction_count INTEGER NOT NULL,
    claim_count INTEGER NOT NULL,
    anomaly_count INTEGER NOT NULL,
    done_count INTEGER NOT NULL,
    processed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_remittances PRIMARY KEY (company_id, id),
    CONSTRAINT uq_remittances_sha256 UNIQUE (company_id, sha256),
    CONSTRAINT ck_remittances_status_is_known CHECK (status IN ('received', 'posting', 'processed'))
);

CREATE INDEX ix_remittances_status_id ON remittances (company_id, status, id);

CREATE TABLE retirements (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    log TEXT NOT NULL,
    low_id UUID NOT NULL,
    high_id UUID NOT NULL,
    row_count BIGINT NOT NULL,
    policy TEXT NOT NULL,
    key_id TEXT NOT NULL,
    signature BYTEA NOT NULL,
    CONSTRAINT pk_retirements PRIMARY KEY (company_id, id)
);

CREATE INDEX ix_retirements_log_low_id ON retirements (company_id, log, low_id);

CREATE TABLE seals (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    log TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    from_xid BIGINT NOT NULL,
    until_xid BIGINT NOT NULL,
    after_id UUID,
    member_count BIGINT NOT NULL,
    cluster_id BIGINT NOT NULL,
    form SMALLINT NOT NULL,
    members BYTEA NOT NULL,
    previous_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    key_id TEXT NOT NULL,
    signature BYTEA NOT NULL,
    CONSTRAINT pk_seals PRIMARY KEY (company_id, id),
    CONSTRAINT uq_seals_log_sequence UNIQUE (company_id, log, sequence)
);

CREATE TABLE stored_answers (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    principal_id UUID NOT NULL,
    operation TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_sha256 BYTEA NOT NULL,
    status SMALLINT NOT NULL,
    body BYTEA,
    headers TEXT NOT NULL,
    resource TEXT,
    patient_ids UUID[] NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_stored_answers PRIMARY KEY (company_id, id)
);

CREATE INDEX ix_stored_answers_principal_id_operation_idempotency_key ON stored_answers (company_id, principal_id, operation, idempotency_key);

CREATE TABLE api_keys (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    principal_id UUID NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT[] NOT NULL,
    secret_sha256 BYTEA NOT NULL,
    previous_secret_sha256 BYTEA,
    previous_valid_until TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    last_used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_api_keys PRIMARY KEY (company_id, id),
    CONSTRAINT fk_api_keys_principal_id FOREIGN KEY(company_id, principal_id) REFERENCES principals (company_id, id),
    CONSTRAINT ck_api_keys_is_its_principal CHECK (principal_id = id),
    CONSTRAINT uq_api_keys_secret_sha256 UNIQUE (company_id, secret_sha256),
    CONSTRAINT uq_api_keys_previous_secret_sha256 UNIQUE (company_id, previous_secret_sha256)
);

CREATE TABLE claim_batches (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    batch_number TEXT NOT NULL,
    payer_id UUID NOT NULL,
    status TEXT NOT NULL,
    claim_count INTEGER NOT NULL,
    refused_count INTEGER NOT NULL,
    total_charge_cents BIGINT NOT NULL,
    CONSTRAINT pk_claim_batches PRIMARY KEY (company_id, id),
    CONSTRAINT fk_claim_batches_payer_id FOREIGN KEY(company_id, payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT uq_claim_batches_batch_number UNIQUE (company_id, batch_number),
    CONSTRAINT ck_claim_batches_status_is_known CHECK (status IN ('processing', 'completed', 'failed'))
);

CREATE INDEX ix_claim_batches_payer_id_id ON claim_batches (company_id, payer_id, id);

CREATE INDEX ix_claim_batches_status_id ON claim_batches (company_id, status, id);

CREATE TABLE claims (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    claim_number TEXT COLLATE "C" NOT NULL,
    patient_control_number TEXT COLLATE "C" NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    status_reason TEXT,
    patient_id UUID NOT NULL,
    patient_name_key TEXT COLLATE "C" NOT NULL,
    subscriber_id TEXT NOT NULL,
    rendering_provider_id TEXT NOT NULL,
    billing_provider_id TEXT NOT NULL,
    facility_id TEXT,
    primary_payer_id UUID NOT NULL,
    secondary_payer_id UUID,
    tertiary_payer_id UUID,
    payer_claim_number TEXT,
    service_date DATE NOT NULL,
    admission_date DATE,
    discharge_date DATE,
    diagnosis_codes TEXT[] NOT NULL,
    authorization_number TEXT,
    notes TEXT,
    total_charge_cents BIGINT NOT NULL,
    submitted_at TIMESTAMP WITH TIME ZONE,
    appeal_count INTEGER NOT NULL,
    adjudication_status TEXT NOT NULL,
    last_adjudicated_on DATE,
    payment_cents BIGINT NOT NULL,
    write_off_cents BIGINT NOT NULL,
    insurance_balance_cents BIGINT NOT NULL,
    patient_balance_cents BIGINT NOT NULL,
    removed_line_ids UUID[] NOT NULL,
    CONSTRAINT pk_claims PRIMARY KEY (company_id, id),
    CONSTRAINT fk_claims_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT fk_claims_primary_payer_id FOREIGN KEY(company_id, primary_payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT fk_claims_secondary_payer_id FOREIGN KEY(company_id, secondary_payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT fk_claims_tertiary_payer_id FOREIGN KEY(company_id, tertiary_payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT uq_claims_claim_number UNIQUE (company_id, claim_number),
    CONSTRAINT uq_claims_patient_control_number UNIQUE (company_id, patient_control_number),
    CONSTRAINT ck_claims_charge_is_not_negative CHECK (total_charge_cents >= 0),
    CONSTRAINT ck_claims_balances_add_up CHECK (submitted_at IS NULL OR insurance_balance_cents + patient_balance_cents = total_charge_cents - payment_cents - write_off_cents),
    CONSTRAINT ck_claims_payers_differ CHECK (primary_payer_id <> secondary_payer_id AND primary_payer_id <> tertiary_payer_id AND secondary_payer_id <> tertiary_payer_id),
    CONSTRAINT ck_claims_tertiary_needs_secondary CHECK (tertiary_payer_id IS NULL OR secondary_payer_id IS NOT NULL),
    CONSTRAINT ck_claims_type_is_known CHECK (type IN ('professional', 'institutional', 'pharmacy', 'dental', 'vision')),
    CONSTRAINT ck_claims_status_is_known CHECK (status IN ('draft', 'ready_to_submit', 'submitted', 'accepted', 'rejected', 'voided')),
    CONSTRAINT ck_claims_adjudication_status_is_known CHECK (adjudication_status IN ('not_adjudicated', 'reversed', 'denied', 'partially_denied', 'zero_paid', 'partially_paid', 'paid'))
);

CREATE INDEX ix_claims_adjudication_status_id ON claims (company_id, adjudication_status, id);

CREATE INDEX ix_claims_billing_provider_id_id ON claims (company_id, billing_provider_id, id);

CREATE INDEX ix_claims_patient_id_id ON claims (company_id, patient_id, id);

CREATE INDEX ix_claims_patient_name_key ON claims (company_id, patient_name_key);

CREATE INDEX ix_claims_payer_claim_number ON claims (company_id, payer_claim_number) WHERE payer_claim_number IS NOT NULL;

CREATE INDEX ix_claims_primary_payer_id_id ON claims (company_id, primary_payer_id, id);

CREATE INDEX ix_claims_rendering_provider_id_id ON claims (company_id, rendering_provider_id, id);

CREATE INDEX ix_claims_secondary_payer_id_id ON claims (company_id, secondary_payer_id, id) WHERE secondary_payer_id IS NOT NULL;

CREATE INDEX ix_claims_service_date_id ON claims (company_id, service_date, id);

CREATE INDEX ix_claims_status_id ON claims (company_id, status, id);

CREATE INDEX ix_claims_tertiary_payer_id_id ON claims (company_id, tertiary_payer_id, id) WHERE tertiary_payer_id IS NOT NULL;

CREATE INDEX ix_claims_total_charge_cents_id ON claims (company_id, total_charge_cents, id);

CREATE TABLE people (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    principal_id UUID NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT,
    password_is_temporary BOOLEAN NOT NULL,
    failed_sign_ins INTEGER NOT NULL,
    locked_until TIMESTAMP WITH TIME ZONE,
    disabled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_people PRIMARY KEY (company_id, id),
    CONSTRAINT fk_people_principal_id FOREIGN KEY(company_id, principal_id) REFERENCES principals (company_id, id),
    CONSTRAINT ck_people_is_its_principal CHECK (principal_id = id),
    CONSTRAINT ck_people_email_is_normalised CHECK (email = lower(email)),
    CONSTRAINT uq_people_email UNIQUE (company_id, email),
    CONSTRAINT ck_people_role_is_known CHECK (role IN ('administrator', 'rcm_staff', 'rcm_manager', 'compliance_officer', 'auditor', 'quality_lead', 'viewer'))
);

CREATE TABLE remittance_anomalies (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    remittance_id UUID NOT NULL,
    kind TEXT NOT NULL,
    position BIGINT NOT NULL,
    transaction_ordinal INTEGER,
    claim_ordinal INTEGER,
    detail TEXT NOT NULL,
    CONSTRAINT pk_remittance_anomalies PRIMARY KEY (company_id, id),
    CONSTRAINT fk_remittance_anomalies_remittance_id FOREIGN KEY(company_id, remittance_id) REFERENCES remittances (company_id, id)
);

CREATE INDEX ix_remittance_anomalies_remittance_id_id ON remittance_anomalies (company_id, remittance_id, id);

CREATE TABLE remittance_transactions (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    remittance_id UUID NOT NULL,
    ordinal INTEGER NOT NULL,
    position BIGINT NOT NULL,
    control_number TEXT NOT NULL,
    status TEXT NOT NULL,
    status_reason TEXT,
    duplicate_of_id UUID,
    payer_id UUID,
    payer_name TEXT,
    payer_identifier TEXT,
    payer_additional_identifier TEXT,
    payer_trace_identifier TEXT,
    payee_identifier TEXT,
    payee_tax_identifier TEXT,
    trace_number TEXT,
    payment_method TEXT,
    payment_date DATE,
    payment_cents BIGINT NOT NULL,
    charge_cents BIGINT NOT NULL,
    paid_cents BIGINT NOT NULL,
    provider_adjustment_cents BIGINT NOT NULL,
    difference_cents BIGINT NOT NULL,
    claim_count INTEGER NOT NULL,
    posted_count INTEGER NOT NULL,
    exception_count INTEGER NOT NULL,
    transaction_key BYTEA NOT NULL,
    content_sha256 BYTEA NOT NULL,
    has_reversals BOOLEAN NOT NULL,
    is_accepted BOOLEAN NOT NULL,
    posted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_remittance_transactions PRIMARY KEY (company_id, id),
    CONSTRAINT fk_remittance_transactions_remittance_id FOREIGN KEY(company_id, remittance_id) REFERENCES remittances (company_id, id),
    CONSTRAINT fk_remittance_transactions_payer_id FOREIGN KEY(company_id, payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT fk_remittance_transactions_duplicate_of_id FOREIGN KEY(company_id, duplicate_of_id) REFERENCES remittance_transactions (company_id, id),
    CONSTRAINT uq_remittance_transactions_remittance_id_ordinal UNIQUE (company_id, remittance_id, ordinal),
    CONSTRAINT ck_remittance_transactions_posts_only_when_balanced CHECK (status <> 'posted' OR difference_cents = 0),
    CONSTRAINT ck_remittance_transactions_status_is_known CHECK (status IN ('received', 'posted', 'unbalanced', 'duplicate', 'in_review', 'dismissed'))
);

CREATE INDEX ix_remittance_transactions_payer_id_id ON remittance_transactions (company_id, payer_id, id);

CREATE INDEX ix_remittance_transactions_status_id ON remittance_transactions (company_id, status, id);

CREATE INDEX ix_remittance_transactions_trace_number ON remittance_transactions (company_id, trace_number);

CREATE UNIQUE INDEX uq_remittance_transactions_transaction_key ON remittance_transactions (company_id, transaction_key) WHERE status = 'posted';

CREATE TABLE claim_acknowledgements (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    claim_id UUID NOT NULL,
    outcome TEXT NOT NULL,
    reference TEXT NOT NULL,
    reason TEXT,
    payer_claim_number TEXT,
    CONSTRAINT pk_claim_acknowledgements PRIMARY KEY (company_id, id),
    CONSTRAINT fk_claim_acknowledgements_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT ck_claim_acknowledgements_outcome_is_known CHECK (outcome IN ('accepted', 'rejected'))
);

CREATE INDEX ix_claim_acknowledgements_claim_id_id ON claim_acknowledgements (company_id, claim_id, id);

CREATE TABLE claim_appeals (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    claim_id UUID NOT NULL,
    patient_id UUID NOT NULL,
    appeal_number INTEGER NOT NULL,
    appealed_on DATE NOT NULL,
    reason TEXT NOT NULL,
    supporting_documents TEXT[] NOT NULL,
    status TEXT NOT NULL,
    resolved_on DATE,
    resolution_cents BIGINT,
    notes TEXT,
    CONSTRAINT pk_claim_appeals PRIMARY KEY (company_id, id),
    CONSTRAINT fk_claim_appeals_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT fk_claim_appeals_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT uq_claim_appeals_claim_id_appeal_number UNIQUE (company_id, claim_id, appeal_number),
    CONSTRAINT ck_claim_appeals_resolution_is_final CHECK ((status IN ('approved', 'denied')) = (resolved_on IS NOT NULL)),
    CONSTRAINT ck_claim_appeals_status_is_known CHECK (status IN ('submitted', 'pending', 'approved', 'denied'))
);

CREATE INDEX ix_claim_appeals_status_id ON claim_appeals (company_id, status, id);

CREATE TABLE claim_batch_items (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    batch_id UUID NOT NULL,
    given_claim_id UUID NOT NULL,
    claim_id UUID,
    refusal TEXT,
    CONSTRAINT pk_claim_batch_items PRIMARY KEY (company_id, id),
    CONSTRAINT fk_claim_batch_items_batch_id FOREIGN KEY(company_id, batch_id) REFERENCES claim_batches (company_id, id),
    CONSTRAINT fk_claim_batch_items_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT uq_claim_batch_items_batch_id_given_claim_id UNIQUE (company_id, batch_id, given_claim_id),
    CONSTRAINT ck_claim_batch_items_is_a_claim_or_refused CHECK (claim_id IS NOT NULL OR refusal IS NOT NULL)
);

CREATE INDEX ix_claim_batch_items_claim_id ON claim_batch_items (company_id, claim_id);

CREATE TABLE claim_lines (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    claim_id UUID NOT NULL,
    line_number INTEGER NOT NULL,
    line_control_number TEXT NOT NULL,
    service_date DATE NOT NULL,
    procedure_code TEXT NOT NULL,
    modifiers TEXT[] NOT NULL,
    diagnosis_codes TEXT[] NOT NULL,
    units NUMERIC(9, 3) NOT NULL,
    charge_cents BIGINT NOT NULL,
    place_of_service TEXT NOT NULL,
    rendering_provider_id TEXT,
    description TEXT,
    CONSTRAINT pk_claim_lines PRIMARY KEY (company_id, id),
    CONSTRAINT fk_claim_lines_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT uq_claim_lines_claim_id_line_number UNIQUE (company_id, claim_id, line_number),
    CONSTRAINT uq_claim_lines_line_control_number UNIQUE (company_id, line_control_number),
    CONSTRAINT ck_claim_lines_units_are_positive CHECK (units > 0),
    CONSTRAINT ck_claim_lines_charge_is_not_negative CHECK (charge_cents >= 0)
);

CREATE TABLE claim_transmissions (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    claim_id UUID NOT NULL,
    batch_id UUID,
    method TEXT NOT NULL,
    reference TEXT NOT NULL,
    transmitted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_claim_transmissions PRIMARY KEY (company_id, id),
    CONSTRAINT fk_claim_transmissions_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT fk_claim_transmissions_batch_id FOREIGN KEY(company_id, batch_id) REFERENCES claim_batches (company_id, id),
    CONSTRAINT ck_claim_transmissions_method_is_known CHECK (method IN ('electronic', 'paper', 'clearinghouse', 'portal'))
);

CREATE INDEX ix_claim_transmissions_claim_id_id ON claim_transmissions (company_id, claim_id, id);

CREATE TABLE person_sessions (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    person_id UUID NOT NULL,
    secret_sha256 BYTEA NOT NULL,
    csrf_sha256 BYTEA NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_person_sessions PRIMARY KEY (company_id, id),
    CONSTRAINT fk_person_sessions_person_id FOREIGN KEY(company_id, person_id) REFERENCES people (company_id, id),
    CONSTRAINT uq_person_sessions_secret_sha256 UNIQUE (company_id, secret_sha256)
);

CREATE INDEX ix_person_sessions_person_id ON person_sessions (company_id, person_id);

CREATE TABLE provider_adjustments (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    transaction_id UUID NOT NULL,
    payer_key TEXT NOT NULL,
    payee_key TEXT NOT NULL,
    provider_identifier TEXT NOT NULL,
    fiscal_period_end DATE,
    reason TEXT NOT NULL,
    reference TEXT NOT NULL,
    amount_cents BIGINT NOT NULL,
    effective_on DATE NOT NULL,
    CONSTRAINT pk_provider_adjustments PRIMARY KEY (company_id, id),
    CONSTRAINT fk_provider_adjustments_transaction_id FOREIGN KEY(company_id, transaction_id) REFERENCES remittance_transactions (company_id, id)
);

CREATE INDEX ix_provider_adjustments_payer_key_payee_key_reference ON provider_adjustments (company_id, payer_key, payee_key, reference);

CREATE INDEX ix_provider_adjustments_transaction_id ON provider_adjustments (company_id, transaction_id);

CREATE TABLE remittance_exceptions (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    transaction_id UUID NOT NULL,
    claim_ordinal INTEGER NOT NULL,
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    detail TEXT NOT NULL,
    patient_control_number TEXT NOT NULL,
    payer_claim_number TEXT,
    status_code TEXT NOT NULL,
    charge_cents BIGINT NOT NULL,
    paid_cents BIGINT NOT NULL,
    difference_cents BIGINT NOT NULL,
    service_date DATE,
    member_id TEXT,
    claim_id UUID,
    patient_id UUID,
    is_released BOOLEAN NOT NULL,
    release_reason TEXT,
    release_requested_by UUID,
    release_approved_by UUID,
    resolution_note TEXT,
    resolved_at TIMESTAMP WITH TIME ZONE,
    content JSONB NOT NULL,
    CONSTRAINT pk_remittance_exceptions PRIMARY KEY (company_id, id),
    CONSTRAINT fk_remittance_exceptions_transaction_id FOREIGN KEY(company_id, transaction_id) REFERENCES remittance_transactions (company_id, id),
    CONSTRAINT fk_remittance_exceptions_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT fk_remittance_exceptions_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT uq_remittance_exceptions_transaction_id_claim_ordinal UNIQUE (company_id, transaction_id, claim_ordinal),
    CONSTRAINT ck_remittance_exceptions_release_takes_two CHECK (release_approved_by <> release_requested_by),
    CONSTRAINT ck_remittance_exceptions_released_by_a_second_person CHECK (NOT is_released OR (release_requested_by IS NOT NULL AND release_approved_by IS NOT NULL AND release_reason IS NOT NULL)),
    CONSTRAINT ck_remittance_exceptions_kind_is_known CHECK (kind IN ('unmatched', 'ambiguous', 'payer_mismatch', 'claim_not_submitted', 'unbalanced', 'unreadable', 'reversal_unmatched', 'exceeds_claim_charge', 'not_our_claim', 'unknown_status')),
    CONSTRAINT ck_remittance_exceptions_status_is_known CHECK (status IN ('open', 'release_requested', 'posted', 'rejected', 'returned', 'superseded'))
);

CREATE INDEX ix_remittance_exceptions_claim_id ON remittance_exceptions (company_id, claim_id) WHERE claim_id IS NOT NULL;

CREATE INDEX ix_remittance_exceptions_patient_control_number ON remittance_exceptions (company_id, patient_control_number);

CREATE INDEX ix_remittance_exceptions_payer_claim_number ON remittance_exceptions (company_id, payer_claim_number);

CREATE INDEX ix_remittance_exceptions_status_kind_id ON remittance_exceptions (company_id, status, kind, id);

CREATE TABLE adjudications (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    claim_id UUID NOT NULL,
    patient_id UUID NOT NULL,
    transaction_id UUID NOT NULL,
    exception_id UUID,
    payer_id UUID NOT NULL,
    payer_sequence SMALLINT NOT NULL,
    claim_ordinal INTEGER NOT NULL,
    position BIGINT NOT NULL,
    status_code TEXT NOT NULL,
    is_forwarded BOOLEAN NOT NULL,
    outcome TEXT NOT NULL,
    reverses_id UUID,
    effective_on DATE NOT NULL,
    order_key TEXT NOT NULL,
    charge_cents BIGINT NOT NULL,
    paid_cents BIGINT NOT NULL,
    patient_responsibility_cents BIGINT NOT NULL,
    payer_claim_number TEXT,
    remark_codes TEXT[] NOT NULL,
    CONSTRAINT pk_adjudications PRIMARY KEY (company_id, id),
    CONSTRAINT fk_adjudications_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT fk_adjudications_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT fk_adjudications_payer_id FOREIGN KEY(company_id, payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT fk_adjudications_transaction_id FOREIGN KEY(company_id, transaction_id) REFERENCES remittance_transactions (company_id, id),
    CONSTRAINT fk_adjudications_exception_id FOREIGN KEY(company_id, exception_id) REFERENCES remittance_exceptions (company_id, id),
    CONSTRAINT fk_adjudications_reverses_id FOREIGN KEY(company_id, reverses_id) REFERENCES adjudications (company_id, id),
    CONSTRAINT ck_adjudications_outcome_is_known CHECK (outcome IN ('paid', 'partially_paid', 'denied', 'partially_denied', 'zero_paid', 'reversed', 'predetermination', 'not_ours'))
);

CREATE INDEX ix_adjudications_claim_id_id ON adjudications (company_id, claim_id, id);

CREATE INDEX ix_adjudications_payer_id_payer_claim_number ON adjudications (company_id, payer_id, payer_claim_number);

CREATE INDEX ix_adjudications_transaction_id_claim_ordinal ON adjudications (company_id, transaction_id, claim_ordinal);

CREATE TABLE adjudication_adjustments (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    adjudication_id UUID NOT NULL,
    level TEXT NOT NULL,
    line_ordinal INTEGER,
    ordinal INTEGER NOT NULL,
    group_code TEXT NOT NULL,
    reason_code TEXT NOT NULL,
    amount_cents BIGINT NOT NULL,
    quantity TEXT,
    CONSTRAINT pk_adjudication_adjustments PRIMARY KEY (company_id, id),
    CONSTRAINT fk_adjudication_adjustments_adjudication_id FOREIGN KEY(company_id, adjudication_id) REFERENCES adjudications (company_id, id),
    CONSTRAINT ck_adjudication_adjustments_level_is_known CHECK (level IN ('claim', 'line'))
);

CREATE INDEX ix_adjudication_adjustments_adjudication_id_ordinal ON adjudication_adjustments (company_id, adjudication_id, ordinal);

CREATE TABLE adjudication_lines (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    adjudication_id UUID NOT NULL,
    ordinal INTEGER NOT NULL,
    claim_line_id UUID,
    match_note TEXT,
    procedure_code TEXT NOT NULL,
    modifiers TEXT[] NOT NULL,
    outcome TEXT NOT NULL,
    charge_cents BIGINT NOT NULL,
    paid_cents BIGINT NOT NULL,
    allowed_cents BIGINT,
    line_control_number TEXT,
    remark_codes TEXT[] NOT NULL,
    CONSTRAINT pk_adjudication_lines PRIMARY KEY (company_id, id),
    CONSTRAINT fk_adjudication_lines_adjudication_id FOREIGN KEY(company_id, adjudication_id) REFERENCES adjudications (company_id, id),
    CONSTRAINT fk_adjudication_lines_claim_line_id FOREIGN KEY(company_id, claim_line_id) REFERENCES claim_lines (company_id, id),
    CONSTRAINT ck_adjudication_lines_outcome_is_known CHECK (outcome IN ('paid', 'partially_paid', 'denied', 'partially_denied', 'zero_paid', 'reversed', 'predetermination', 'not_ours'))
);

CREATE INDEX ix_adjudication_lines_adjudication_id_ordinal ON adjudication_lines (company_id, adjudication_id, ordinal);

CREATE TABLE denials (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    claim_id UUID NOT NULL,
    patient_id UUID NOT NULL,
    adjudication_id UUID NOT NULL,
    payer_id UUID NOT NULL,
    claim_line_id UUID,
    line_ordinal INTEGER,
    group_code TEXT NOT NULL,
    reason_code TEXT NOT NULL,
    remark_codes TEXT[] NOT NULL,
    amount_cents BIGINT NOT NULL,
    category TEXT NOT NULL,
    root_cause TEXT NOT NULL,
    owner_role TEXT NOT NULL,
    next_action TEXT NOT NULL,
    denied_on DATE NOT NULL,
    due_on DATE NOT NULL,
    due_is_verified BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    resolution_note TEXT,
    CONSTRAINT pk_denials PRIMARY KEY (company_id, id),
    CONSTRAINT fk_denials_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT fk_denials_patient_id FOREIGN KEY(company_id, patient_id) REFERENCES patients (company_id, id),
    CONSTRAINT fk_denials_payer_id FOREIGN KEY(company_id, payer_id) REFERENCES payers (company_id, id),
    CONSTRAINT fk_denials_claim_line_id FOREIGN KEY(company_id, claim_line_id) REFERENCES claim_lines (company_id, id),
    CONSTRAINT fk_denials_adjudication_id FOREIGN KEY(company_id, adjudication_id) REFERENCES adjudications (company_id, id),
    CONSTRAINT ck_denials_status_is_known CHECK (status IN ('open', 'resolved', 'superseded'))
);

CREATE INDEX ix_denials_category_id ON denials (company_id, category, id);

CREATE INDEX ix_denials_claim_id ON denials (company_id, claim_id);

CREATE INDEX ix_denials_status_due_on_id ON denials (company_id, status, due_on, id);

CREATE TABLE ledger_entries (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    kind TEXT NOT NULL,
    debit_account TEXT NOT NULL,
    credit_account TEXT NOT NULL,
    amount_cents BIGINT NOT NULL,
    effective_on DATE NOT NULL,
    claim_id UUID,
    payer_id UUID,
    transaction_id UUID,
    adjudication_id UUID,
    adjustment_id UUID,
    exception_id UUID,
    provider_adjustment_id UUID,
    CONSTRAINT pk_ledger_entries PRIMARY KEY (company_id, id),
    CONSTRAINT fk_ledger_entries_claim_id FOREIGN KEY(company_id, claim_id) REFERENCES claims (company_id, id),
    CONSTRAINT fk_ledger_entries_transaction_id FOREIGN KEY(company_id, transaction_id) REFERENCES remittance_transactions (company_id, id),
    CONSTRAINT fk_ledger_entries_adjudication_id FOREIGN KEY(company_id, adjudication_id) REFERENCES adjudications (company_id, id),
    CONSTRAINT fk_ledger_entries_exception_id FOREIGN KEY(company_id, exception_id) REFERENCES remittance_exceptions (company_id, id),
    CONSTRAINT fk_ledger_entries_provider_adjustment_id FOREIGN KEY(company_id, provider_adjustment_id) REFERENCES provider_adjustments (company_id, id),
    CONSTRAINT ck_ledger_entries_kind_is_known CHECK (kind IN ('charge', 'deposit', 'payment', 'write_off', 'patient_transfer', 'provider_adjustment', 'unapplied', 'return')),
    CONSTRAINT ck_ledger_entries_debit_account_is_known CHECK (debit_account IN ('cash_expected', 'deposit_clearing', 'insurance_receivable', 'patient_receivable', 'revenue', 'write_off', 'provider_adjustment', 'unapplied_cash', 'refund_payable')),
    CONSTRAINT ck_ledger_entries_credit_account_is_known CHECK (credit_account IN ('cash_expected', 'deposit_clearing', 'insurance_receivable', 'patient_receivable', 'revenue', 'write_off', 'provider_adjustment', 'unapplied_cash', 'refund_payable'))
);

CREATE INDEX ix_ledger_entries_claim_id ON ledger_entries (company_id, claim_id) WHERE claim_id IS NOT NULL;

CREATE INDEX ix_ledger_entries_transaction_id ON ledger_entries (company_id, transaction_id) WHERE transaction_id IS NOT NULL;

CREATE INDEX ix_ledger_entries_xid ON ledger_entries (company_id, xid);

ALTER TABLE adjudication_adjustments ENABLE ROW LEVEL SECURITY;
ALTER TABLE adjudication_adjustments FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON adjudication_adjustments AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON adjudication_adjustments AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT INSERT, SELECT ON adjudication_adjustments TO wellkept_app;
GRANT INSERT, SELECT ON adjudication_adjustments TO wellkept_worker;
ALTER TABLE adjudication_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE adjudication_lines FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON adjudication_lines AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON adjudication_lines AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT INSERT, SELECT ON adjudication_lines TO wellkept_app;
GRANT INSERT, SELECT ON adjudication_lines TO wellkept_worker;
ALTER TABLE adjudications ENABLE ROW LEVEL SECURITY;
ALTER TABLE adjudications FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON adjudications AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON adjudications AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT INSERT, SELECT ON adjudications TO wellkept_app;
GRANT INSERT, SELECT ON adjudications TO wellkept_worker;
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON api_keys AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON api_keys AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT DELETE, INSERT, SELECT, UPDATE ON api_keys TO wellkept_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON api_keys TO wellkept_worker;
ALTER TABLE api_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_log FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON api_log AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON api_log AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT INSERT, SELECT ON api_log TO wellkept_app;
GRANT INSERT, SELECT ON api_log TO wellkept_worker;
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON audit_log AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON audit_log AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT INSERT, SELECT ON audit_log TO wellkept_app;
GRANT INSERT, SELECT ON audit_log TO wellkept_worker;
ALTER TABLE claim_acknowledgements ENABLE ROW LEVEL SECURITY;
ALTER TABLE claim_acknowledgements FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON claim_acknowledgements AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON claim_acknowledgements AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT INSERT, SELECT ON claim_acknowledgements TO wellkept_app;
GRANT INSERT, SELECT ON claim_acknowledgements TO wellkept_worker;
ALTER TABLE claim_appeals ENABLE ROW LEVEL SECURITY;
ALTER TABLE claim_appeals FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON claim_appeals AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON claim_appeals AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT DELETE, INSERT, SELECT, UPDATE ON claim_appeals TO wellkept_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON claim_appeals TO wellkept_worker;
ALTER TABLE claim_batch_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE claim_batch_items FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON claim_batch_items AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON claim_batch_items AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT INSERT, SELECT ON claim_batch_items TO wellkept_app;
GRANT INSERT, SELECT ON claim_batch_items TO wellkept_worker;
ALTER TABLE claim_batches ENABLE ROW LEVEL SECURITY;
ALTER TABLE claim_batches FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON claim_batches AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON claim_batches AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT DELETE, INSERT, SELECT, UPDATE ON claim_batches TO wellkept_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON claim_batches TO wellkept_worker;
ALTER TABLE claim_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE claim_lines FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON claim_lines AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON claim_lines AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT DELETE, INSERT, SELECT, UPDATE ON claim_lines TO wellkept_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON claim_lines TO wellkept_worker;
ALTER TABLE claim_transmissions ENABLE ROW LEVEL SECURITY;
ALTER TABLE claim_transmissions FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON claim_transmissions AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON claim_transmissions AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT INSERT, SELECT ON claim_transmissions TO wellkept_app;
GRANT INSERT, SELECT ON claim_transmissions TO wellkept_worker;
ALTER TABLE claims ENABLE ROW LEVEL SECURITY;
ALTER TABLE claims FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON claims AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON claims AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT DELETE, INSERT, SELECT, UPDATE ON claims TO wellkept_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON claims TO wellkept_worker;
ALTER TABLE companies ENABLE ROW LEVEL SECURITY;
ALTER TABLE companies FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON companies AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON companies AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT SELECT, UPDATE ON companies TO wellkept_app;
GRANT SELECT, UPDATE ON companies TO wellkept_worker;
ALTER TABLE counters ENABLE ROW LEVEL SECURITY;
ALTER TABLE counters FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON counters AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON counters AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT DELETE, INSERT, SELECT, UPDATE ON counters TO wellkept_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON counters TO wellkept_worker;
ALTER TABLE denials ENABLE ROW LEVEL SECURITY;
ALTER TABLE denials FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON denials AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON denials AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT DELETE, INSERT, SELECT, UPDATE ON denials TO wellkept_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON denials TO wellkept_worker;
ALTER TABLE ledger_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON ledger_entries AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON ledger_entries AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT INSERT, SELECT ON ledger_entries TO wellkept_app;
GRANT INSERT, SELECT ON ledger_entries TO wellkept_worker;
ALTER TABLE legal_holds ENABLE ROW LEVEL SECURITY;
ALTER TABLE legal_holds FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON legal_holds AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON legal_holds AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT DELETE, INSERT, SELECT, UPDATE ON legal_holds TO wellkept_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON legal_holds TO wellkept_worker;
ALTER TABLE patients ENABLE ROW LEVEL SECURITY;
ALTER TABLE patients FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON patients AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON patients AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT DELETE, INSERT, SELECT, UPDATE ON patients TO wellkept_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON patients TO wellkept_worker;
ALTER TABLE payers ENABLE ROW LEVEL SECURITY;
ALTER TABLE payers FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON payers AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON payers AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT DELETE, INSERT, SELECT, UPDATE ON payers TO wellkept_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON payers TO wellkept_worker;
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
ALTER TABLE people FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON people AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON people AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT DELETE, INSERT, SELECT, UPDATE ON people TO wellkept_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON people TO wellkept_worker;
ALTER TABLE person_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE person_sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON person_sessions AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON person_sessions AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT DELETE, INSERT, SELECT, UPDATE ON person_sessions TO wellkept_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON person_sessions TO wellkept_worker;
ALTER TABLE principals ENABLE ROW LEVEL SECURITY;
ALTER TABLE principals FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON principals AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON principals AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT DELETE, INSERT, SELECT, UPDATE ON principals TO wellkept_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON principals TO wellkept_worker;
ALTER TABLE provider_adjustments ENABLE ROW LEVEL SECURITY;
ALTER TABLE provider_adjustments FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON provider_adjustments AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON provider_adjustments AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT INSERT, SELECT ON provider_adjustments TO wellkept_app;
GRANT INSERT, SELECT ON provider_adjustments TO wellkept_worker;
ALTER TABLE remittance_anomalies ENABLE ROW LEVEL SECURITY;
ALTER TABLE remittance_anomalies FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON remittance_anomalies AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON remittance_anomalies AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT INSERT, SELECT ON remittance_anomalies TO wellkept_app;
GRANT INSERT, SELECT ON remittance_anomalies TO wellkept_worker;
ALTER TABLE remittance_exceptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE remittance_exceptions FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON remittance_exceptions AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON remittance_exceptions AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT DELETE, INSERT, SELECT, UPDATE ON remittance_exceptions TO wellkept_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON remittance_exceptions TO wellkept_worker;
ALTER TABLE remittance_transactions ENABLE ROW LEVEL SECURITY;
ALTER TABLE remittance_transactions FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON remittance_transactions AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON remittance_transactions AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT DELETE, INSERT, SELECT, UPDATE ON remittance_transactions TO wellkept_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON remittance_transactions TO wellkept_worker;
ALTER TABLE remittances ENABLE ROW LEVEL SECURITY;
ALTER TABLE remittances FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON remittances AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON remittances AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT DELETE, INSERT, SELECT, UPDATE ON remittances TO wellkept_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON remittances TO wellkept_worker;
ALTER TABLE retirements ENABLE ROW LEVEL SECURITY;
ALTER TABLE retirements FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON retirements AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON retirements AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT SELECT ON retirements TO wellkept_app;
GRANT SELECT ON retirements TO wellkept_worker;
ALTER TABLE seals ENABLE ROW LEVEL SECURITY;
ALTER TABLE seals FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON seals AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON seals AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT SELECT ON seals TO wellkept_app;
GRANT INSERT, SELECT ON seals TO wellkept_worker;
ALTER TABLE stored_answers ENABLE ROW LEVEL SECURITY;
ALTER TABLE stored_answers FORCE ROW LEVEL SECURITY;
CREATE POLICY company_floor ON stored_answers AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
CREATE POLICY company_rows ON stored_answers AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));
GRANT INSERT, SELECT ON stored_answers TO wellkept_app;
GRANT INSERT, SELECT ON stored_answers TO wellkept_worker;
