CREATE TABLE one_time_tokens (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    person_id UUID NOT NULL,
    purpose TEXT NOT NULL,
    secret_sha256 BYTEA NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_one_time_tokens PRIMARY KEY (company_id, id),
    CONSTRAINT fk_one_time_tokens_person_id FOREIGN KEY(company_id, person_id) REFERENCES people (company_id, id),
    CONSTRAINT uq_one_time_tokens_person_id_purpose UNIQUE (company_id, person_id, purpose),
    CONSTRAINT uq_one_time_tokens_secret_sha256 UNIQUE (company_id, secret_sha256),
    CONSTRAINT ck_one_time_tokens_purpose_is_known CHECK (purpose IN ('sign_in', 'invitation', 'password_reset'))
);

CREATE TABLE second_factors (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    person_id UUID NOT NULL,
    secret BYTEA,
    last_step BIGINT NOT NULL,
    recovery_hashes TEXT[] NOT NULL,
    recovery_codes_left INTEGER NOT NULL,
    offered_secret BYTEA,
    offer_expires_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_second_factors PRIMARY KEY (company_id, id),
    CONSTRAINT fk_second_factors_person_id FOREIGN KEY(company_id, person_id) REFERENCES people (company_id, id),
    CONSTRAINT ck_second_factors_offer_expires CHECK ((offered_secret IS NULL) = (offer_expires_at IS NULL)),
    CONSTRAINT ck_second_factors_codes_left_are_counted CHECK (recovery_codes_left = cardinality(recovery_hashes)),
    CONSTRAINT uq_second_factors_person_id UNIQUE (company_id, person_id)
);

ALTER TABLE one_time_tokens ENABLE ROW LEVEL SECURITY;

ALTER TABLE one_time_tokens FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON one_time_tokens AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON one_time_tokens AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON one_time_tokens TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON one_time_tokens TO wellkept_worker;

ALTER TABLE second_factors ENABLE ROW LEVEL SECURITY;

ALTER TABLE second_factors FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON second_factors AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON second_factors AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON second_factors TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON second_factors TO wellkept_worker;
