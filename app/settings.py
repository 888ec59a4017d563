"""Configuration, from environment variables that begin with WELLKEPT_."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path


class SettingsError(Exception):
    """A variable has a value that cannot be used; says which and what is expected."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting is a field; its variable is the name in capitals after ``WELLKEPT_``."""

    database_url: str | None = None
    """PostgreSQL for the program's restricted role; without it, the embedded server runs."""
    owner_url: str | None = None
    """The same database for the owner: migrations, companies, maintenance."""
    worker_url: str | None = None
    """The same database for the worker's role."""
    data_directory: Path = Path("data")
    """The embedded server, kept files and first credentials."""
    host: str = "127.0.0.1"
    port: int = 8420
    pool_size: int = 10
    prepares_statements: bool = True
    """Off for poolers that lose prepared statements."""
    rate_per_address: str = "6000/minute"
    rate_per_principal: str = "6000/minute"
    largest_body_bytes: int = 1_000_000
    largest_upload_bytes: int = 200_000_000
    master_key: str | None = None
    """32 bytes as base64: seals secrets and kept files. Without it, one is made in the data
    directory."""
    log_format: str = "text"
    """``text`` or ``json``."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read and check. Raises SettingsError, also for a WELLKEPT_ variable that is unknown."""
        known = {f"WELLKEPT_{f.name.upper()}": f for f in fields(cls)}
        given: dict[str, object] = {}
        for variable, text in environment.items():
            if not variable.startswith("WELLKEPT_"):
                continue
            if variable not in known:
                raise SettingsError(f"{variable} is not a setting; known: {', '.join(known)}")
            name = known[variable].name
            given[name] = _converted(variable, text, getattr(cls, name, None))
        return cls(**given)  # type: ignore[arg-type]


def _converted(variable: str, text: str, default: object) -> object:
    match default:
        case bool():
            if text.lower() not in ("true", "false"):
                raise SettingsError(f"{variable} is true or false, not {text!r}")
            return text.lower() == "true"
        case int():
            if not text.isdecimal():
                raise SettingsError(f"{variable} is a whole number, not {text!r}")
            return int(text)
        case Path():
            return Path(text)
        case _:
            return text
