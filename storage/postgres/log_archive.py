"""Whether PostgreSQL's write-ahead log leaves the server as it should, for whoever watches it."""

from dataclasses import dataclass

from storage.postgres.transaction import PostgresStorage

_ARCHIVER = """
WITH archiver AS (
    SELECT last_failed_time, last_archived_time,
           coalesce(last_archived_time, stats_reset) AS since,
           substring(last_archived_wal FROM '^[0-9A-F]{24}') AS last,
           pg_size_bytes(current_setting('wal_segment_size')) AS segment_bytes
    FROM pg_stat_archiver
    WHERE current_setting('archive_mode') <> 'off'
), behind AS (
    SELECT *,
           div(pg_current_wal_lsn() - '0/0'::pg_lsn, segment_bytes)::bigint - 1
           - ('x' || substr(last, 9, 8))::bit(32)::bigint * (4294967296 / segment_bytes)
           - ('x' || substr(last, 17, 8))::bit(32)::bigint AS waiting
    FROM archiver
)
SELECT last_failed_time > coalesce(last_archived_time, '-infinity') IS TRUE,
       greatest(waiting, 0),
       CASE WHEN waiting <= 0 THEN 0 ELSE extract(epoch FROM clock_timestamp() - since) END::float
FROM behind
"""
"""A segment's name is the timeline, the high half of its position, and the segment within it.
Where none was archived since the server began to count, it is late from then on."""


@dataclass(frozen=True)
class LogArchive:
    """What stands between the log and its archive."""

    failing: bool
    """The last try failed."""
    waiting_segments: int
    """Segments that are full and not archived; 0 also where none ever was."""
    late_seconds: float
    """How long nothing has been archived although something waits for it."""


async def measure_log_archive(storage: PostgresStorage) -> LogArchive | None:
    """Ask the server, whichever it is; None where it archives nothing.

    Raises StorageUnavailable, psycopg.Error.
    """
    async with storage.pool.connection() as connection:
        cursor = await connection.execute(_ARCHIVER)
        found = await cursor.fetchone()
    return None if found is None else LogArchive(found[0], found[1] or 0, found[2])
