-- Which companies are closed for good, who asked for it, and what was removed of each. No company's:
-- it outlives the rows of the company that it is about.

ALTER TABLE company_directory ADD COLUMN closed_at timestamptz;

CREATE TABLE company_deletions (
    id uuid NOT NULL,
    company_id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    retention_years integer NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    approved_by text NOT NULL,
    approved_at timestamptz NOT NULL,
    is_handed_over boolean NOT NULL,
    closed_at timestamptz NOT NULL,
    removed jsonb DEFAULT '[]' NOT NULL,
    certificate jsonb,
    ended_at timestamptz,
    returned_at timestamptz,
    CONSTRAINT pk_company_deletions PRIMARY KEY (id)
);

CREATE UNIQUE INDEX uq_company_deletions_company_id ON company_deletions (company_id)
    WHERE returned_at IS NULL;

CREATE OR REPLACE FUNCTION company_of_slug(wanted text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'SELECT company_id FROM public.company_directory WHERE slug = wanted AND closed_at IS NULL';

-- Every transaction of the program's roles enters its company first: a closed one lets nobody in.
-- The lock is what whoever closes a company waits for, so that nobody is left inside. The owner
-- passes: deleting is the owner's work.
CREATE FUNCTION enter_company() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    company uuid := nullif(current_setting('app.company_id', true), '')::uuid;
BEGIN
    IF session_user = current_user THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('company/' || company, 0));
    IF EXISTS (SELECT FROM public.company_deletions
               WHERE company_id = company AND returned_at IS NULL) THEN
        RAISE 'the company is closed' USING ERRCODE = 'WK001';
    END IF;
END;
$$;

REVOKE ALL ON FUNCTION enter_company() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enter_company() TO wellkept_app, wellkept_worker;
