ALTER TABLE company_deletions ADD COLUMN got_on_at timestamptz, ADD COLUMN obstacle text;

-- What the worker may know of deletions: how many are under way and since when none of them has
-- got on, never of whom.
CREATE FUNCTION deletions_idle_since()
RETURNS TABLE (is_new boolean, companies bigint, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'SELECT certificate IS NULL, count(*), min(greatest(closed_at, got_on_at))
    FROM public.company_deletions WHERE ended_at IS NULL GROUP BY 1';

REVOKE ALL ON FUNCTION deletions_idle_since() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION deletions_idle_since() TO wellkept_worker;
