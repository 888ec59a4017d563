"""The queue of durable jobs: procrastinate's own tables, and the one way in for requests.

They are no tenant tables: the program's role cannot touch them. What it may do is call
``enqueue_job`` (the migrations make it), which puts the bound company into the job itself, so that
a job exists if and only if the work that asked for it is committed, and can never speak for another
company.
"""

from collections.abc import Iterator

from storage.security import WORKER_ROLE

COMPANY_ARGUMENT = "company_id"

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
    """The library's own schema: many statements, for a driver that sends them as they are.

    It is imported here: every start reads which migrations there are, and few make the queue.
    """
    from procrastinate.schema import SchemaManager  # noqa: PLC0415

    return SchemaManager.get_schema()


def securing_statements() -> Iterator[str]:
    """The rights of the worker's role; nothing for others."""
    for table in ("jobs", "workers", "periodic_defers", "events"):
        name = f"procrastinate_{table}"
        yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {WORKER_ROLE}"
        yield f"GRANT USAGE ON SEQUENCE {name}_id_seq TO {WORKER_ROLE}"


def dropping_statements() -> Iterator[str]:
    """The way back."""
    yield _DROP
