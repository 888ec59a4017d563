"""How the embedded server is configured."""

from collections.abc import Mapping
from pathlib import Path

SUPERUSER = "postgres"
PORT = 5432
"""Names the socket file; no TCP port is ever opened."""

HOST_BASED_AUTHENTICATION = (
    "# Written by Wellkept at every start. Only the private socket, only with a password.\n"
    "local all all scram-sha-256\n"
    f"local replication {SUPERUSER} scram-sha-256\n"
)

STARTING_POINT: Mapping[str, str] = {
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "min_wal_size": "160MB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "track_io_timing": "on",
    "jit": "off",
}
"""Sizes for a small machine, written into postgresql.conf once: the operator's to change."""


def kept_settings(
    *,
    socket_directory: Path,
    host_based_authentication: Path,
    unsafe_fast: bool,
    archive_command: str | None = None,
) -> dict[str, str]:
    """What stands on the command line, so that no edited file can weaken it.

    The log carries neither statements nor details of errors: both quote rows, and logs carry
    no patient data. `unsafe_fast` gives up durability against a crash of the machine.
    `archive_command` takes each segment of the write-ahead log, one a minute at least.
    """
    archiving = {"archive_mode": "off"}
    if archive_command is not None:
        archiving = {
            "archive_mode": "on",
            "archive_command": archive_command,
            "archive_timeout": "60s",
        }
    return {
        **archiving,
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": '"' + str(socket_directory).replace('"', '""') + '"',
        "unix_socket_permissions": "0700",
        "hba_file": str(host_based_authentication),
        "password_encryption": "scram-sha-256",
        "fsync": "off" if unsafe_fast else "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_destination": "stderr",
        "logging_collector": "off",
        "log_line_prefix": "%m [%p] ",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
    }
