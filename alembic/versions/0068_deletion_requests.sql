CREATE TABLE deletion_requests (
    company_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by UUID NOT NULL,
    reason TEXT NOT NULL,
    is_handed_over BOOLEAN NOT NULL,
    CONSTRAINT pk_deletion_requests PRIMARY KEY (company_id, id)
);

ALTER TABLE deletion_requests ENABLE ROW LEVEL SECURITY;

ALTER TABLE deletion_requests FORCE ROW LEVEL SECURITY;

CREATE POLICY company_floor ON deletion_requests AS RESTRICTIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

CREATE POLICY company_rows ON deletion_requests AS PERMISSIVE USING (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid)) WITH CHECK (company_id = (SELECT nullif(current_setting('app.company_id', true), '')::uuid));

GRANT DELETE, INSERT, SELECT, UPDATE ON deletion_requests TO wellkept_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON deletion_requests TO wellkept_worker;

-- The one way in which a company's own people close it. It believes nobody: the request must have
-- been approved by another person, in the very transaction that closes at the earliest.
CREATE FUNCTION close_company(request uuid, deletion uuid, moment timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    company uuid := (SELECT nullif(current_setting('app.company_id', true), '')::uuid);
BEGIN
    IF EXISTS (SELECT FROM legal_holds WHERE company_id = company AND released_at IS NULL) THEN
        RAISE 'legal holds stand' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO company_deletions (id, company_id, slug, name, retention_years, asked_by, asked_at,
                                   approved_by, approved_at, is_handed_over, closed_at)
    SELECT deletion, company, c.slug, c.name, c.retention_years,
           asker.name || ' (' || asker.id || ')', a.created_at,
           decider.name || ' (' || decider.id || ')', moment, r.is_handed_over, moment
    FROM deletion_requests AS r
    JOIN companies AS c ON c.company_id = r.company_id
    JOIN approvals AS a ON a.company_id = r.company_id AND a.entity = 'deletion_requests'
        AND a.entity_id = r.id AND a.kind = 'company_deletion' AND a.status = 'approved'
    JOIN approval_decisions AS d ON d.company_id = a.company_id AND d.approval_id = a.id
        AND d.verdict = 'approve' AND d.recorded_by <> a.requested_by
    JOIN principals AS asker ON asker.company_id = a.company_id AND asker.id = a.requested_by
    JOIN principals AS decider ON decider.company_id = d.company_id AND decider.id = d.recorded_by
    WHERE r.company_id = company AND r.id = request
    ORDER BY d.id LIMIT 1;
    IF NOT FOUND THEN
        RAISE 'nobody else has approved it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE company_directory SET closed_at = moment WHERE company_id = company;
END;
$$;

REVOKE ALL ON FUNCTION close_company(uuid, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION close_company(uuid, uuid, timestamptz) TO wellkept_app;
