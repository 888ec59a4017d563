-- The one way into the queue of jobs for the program's role: it puts the bound company into the job.

CREATE FUNCTION enqueue_job(task text, arguments jsonb, lock_name text, due timestamptz)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    company uuid := (SELECT nullif(current_setting('app.company_id', true), '')::uuid);
BEGIN
    IF company IS NULL THEN
        RAISE 'a job needs a company' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, scheduled_at, args)
    VALUES ('wellkept', task, company || '/' || lock_name, due,
            arguments || jsonb_build_object('company_id', company));
END;
$$;

REVOKE ALL ON FUNCTION enqueue_job(text, jsonb, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enqueue_job(text, jsonb, text, timestamptz) TO wellkept_app, wellkept_worker;
