ALTER TABLE audit_log ADD COLUMN patient_id UUID, ADD COLUMN former_patient_id UUID;

CREATE INDEX ix_audit_log_patient_id_id ON audit_log (company_id, patient_id, id)
    WHERE patient_id IS NOT NULL;

CREATE INDEX ix_audit_log_former_patient_id_id ON audit_log (company_id, former_patient_id, id)
    WHERE former_patient_id IS NOT NULL;

CREATE INDEX ix_audit_log_recorded_by_id ON audit_log (company_id, recorded_by, id);

ALTER TABLE api_log ADD COLUMN record_id UUID;

CREATE INDEX ix_api_log_record_id_id ON api_log (company_id, record_id, id)
    WHERE record_id IS NOT NULL;

-- whom earlier changes were about

UPDATE audit_log AS entry
SET former_patient_id = nullif(entry.before ->> 'patient_id', entry.after ->> 'patient_id')::uuid,
    patient_id = coalesce(
        (entry.after ->> 'patient_id')::uuid,
        (entry.before ->> 'patient_id')::uuid,
        CASE entry.entity
            WHEN 'patients' THEN entry.entity_id
            WHEN 'claims' THEN (
                SELECT patient_id FROM claims
                WHERE company_id = entry.company_id AND id = entry.entity_id)
            WHEN 'denials' THEN (
                SELECT patient_id FROM denials
                WHERE company_id = entry.company_id AND id = entry.entity_id)
            WHEN 'claim_appeals' THEN (
                SELECT patient_id FROM claim_appeals
                WHERE company_id = entry.company_id AND id = entry.entity_id)
            WHEN 'remittance_exceptions' THEN (
                SELECT patient_id FROM remittance_exceptions
                WHERE company_id = entry.company_id AND id = entry.entity_id)
            WHEN 'claim_lines' THEN (
                SELECT patient_id FROM claims
                WHERE company_id = entry.company_id AND id = coalesce(
                    (entry.after ->> 'claim_id')::uuid,
                    (entry.before ->> 'claim_id')::uuid,
                    (SELECT claim_id FROM claim_lines
                     WHERE company_id = entry.company_id AND id = entry.entity_id)))
        END)
WHERE entity IN ('patients', 'claims', 'claim_lines', 'claim_appeals', 'denials',
                 'remittance_exceptions');
