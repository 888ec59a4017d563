"""The queue of durable jobs: procrastinate's own tables, and the one way in for requests.

They are no tenant tables: the program's role cannot touch them. What it may do is call
``enqueue_job``, which puts the bound company into the job itself, so that a job exists if and only
if the work that asked for it is committed, and can never speak for another company.
"""

from collections.abc import Iterator

from procrastinate.schema import SchemaManager

from storage.security import APP_ROLE, BOUND_COMPANY, WORKER_ROLE

QUEUE = "wellkept"
COMPANY_ARGUMENT = "company_id"

_ENQUEUE_NAME = "enqueue_job(text, jsonb, text, timestamptz)"
_ENQUEUE = f"""
CREATE FUNCTION enqueue_job(task text, arguments jsonb, lock_name text, due timestamptz)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    company uuid := {BOUND_COMPANY};
BEGIN
    IF company IS NULL THEN
        RAISE 'a job needs a company' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, scheduled_at, args)
    VALUES ('{QUEUE}', task, company || '/' || lock_name, due,
            arguments || jsonb_build_object('{COMPANY_ARGUMENT}', company));
END;
$$
"""  # noqa: S608 -- constants of ours

_DROP = """
DO $$
DECLARE
    found record;
BEGIN
    DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs,
               procrastinate_workers CASCADE;
    FOR found IN SELECT oid::regprocedure AS name FROM pg_proc
                 WHERE proname ^@ 'procrastinate_' AND pronamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('DROP FUNCTION %s', found.name);
    END LOOP;
    DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_event_type,
              procrastinate_job_status;
END;
$$
"""


def schema_script() -> str:
    """The library's own schema: many statements, for a driver that sends them as they are."""
    return SchemaManager.get_schema()


def securing_statements() -> Iterator[str]:
    """The way in for the program's role, and the rights of the worker's; nothing for others."""
    yield _ENQUEUE
    yield f"REVOKE ALL ON FUNCTION {_ENQUEUE_NAME} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION {_ENQUEUE_NAME} TO {APP_ROLE}, {WORKER_ROLE}"
    for table in ("jobs", "workers", "periodic_defers", "events"):
        name = f"procrastinate_{table}"
        yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {WORKER_ROLE}"
        yield f"GRANT USAGE ON SEQUENCE {name}_id_seq TO {WORKER_ROLE}"


def dropping_statements() -> Iterator[str]:
    """The way back."""
    yield f"DROP FUNCTION {_ENQUEUE_NAME}"
    yield _DROP
