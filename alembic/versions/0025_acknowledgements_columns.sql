-- What filed claims and acknowledgements of claims say beside.

ALTER TABLE filed_claims
    ADD COLUMN submits_claim BOOLEAN NOT NULL DEFAULT true,
    ADD COLUMN responsibility TEXT;

ALTER TABLE filed_claims ALTER COLUMN submits_claim DROP DEFAULT;

ALTER TABLE claim_acknowledgements
    ADD COLUMN status_codes TEXT[] NOT NULL DEFAULT '{}',
    ADD COLUMN acknowledgement_file_id UUID,
    ADD CONSTRAINT fk_claim_acknowledgements_acknowledgement_file_id FOREIGN KEY (company_id, acknowledgement_file_id) REFERENCES acknowledgement_files (company_id, id);

ALTER TABLE claim_acknowledgements ALTER COLUMN status_codes DROP DEFAULT;

CREATE INDEX ix_claim_acknowledgements_acknowledgement_file_id ON claim_acknowledgements (company_id, acknowledgement_file_id) WHERE acknowledgement_file_id IS NOT NULL;
