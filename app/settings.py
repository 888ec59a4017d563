"""Configuration, from environment variables that begin with WELLKEPT_."""

import functools
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from limits import parse

from services.guarded_http import Guard
from services.outbox.mail_server import (
    MailSenderUnknown,
    MailServer,
    MailServerUnknown,
    mail_server,
)

_LAST_PORT = 65535
_LONGEST_DRAIN_SECONDS = 600
_SHORTEST_TOKEN = 20
_FORMS = {
    "files_url": (
        re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?"),
        "s3://bucket/prefix",
    ),
    "files_endpoint": (
        re.compile(r"https?://[A-Za-z0-9.\[\]:-]+/?"),
        "https://store.example:8333",
    ),
    "malware_scanner": (
        re.compile(r"clamd://([A-Za-z0-9.-]+:[0-9]{1,5}|/[^\x00]+)"),
        "clamd://127.0.0.1:3310 or clamd:///run/clamav/clamd.ctl",
    ),
}
"""Settings of a form, and what one looks like."""


class SettingsError(Exception):
    """A variable has a value that cannot be used; says which and what is expected."""


class LogFormat(StrEnum):
    """How log lines are written."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting is a field; its variable is the name in capitals after ``WELLKEPT_``."""

    database_url: str | None = field(default=None, repr=False)
    """PostgreSQL for the program's restricted role; without it, the embedded server runs."""
    owner_url: str | None = field(default=None, repr=False)
    """The same database for the owner: migrations, companies, maintenance."""
    worker_url: str | None = field(default=None, repr=False)
    """The same database for the worker's role."""
    data_directory: Path = Path("data")
    """The embedded server, kept files, keys and first credentials."""
    wal_archive: str | None = None
    """A folder to which the embedded server copies its write-ahead log, a minute late at most, so
    that a backup can be brought back to any moment after it. With an own server, its own
    archiving does that."""
    backup_days: int = 0
    """For how many days backups are kept, for certificates of deletion: nothing is removed by it.
    0 is not stated."""
    backups_directory: str | None = None
    """The folder that ``wellkept backup`` writes to where it is told no other, and whose last
    backup's age is among the figures. It has to be there."""
    host: str = "127.0.0.1"
    """The address to listen at."""
    port: int = 8420
    """The port to listen at."""
    public_url: str = ""
    """Where people reach the program, for links in e-mails and sign-in by identity providers;
    without it, where it listens."""
    allowed_private_hosts: str = ""
    """Hosts of a private network that may be reached all the same, as
    intranet.example:8443,10.0.3.7:443: for webhooks, mailboxes and identity providers."""
    pool_size: int = 10
    """The most database connections that requests of one process use at once; an import takes three
    of them."""
    prepares_statements: bool = True
    """Off for poolers that lose prepared statements."""
    worker_listens: bool = True
    """Off where LISTEN does not work, as behind PgBouncer in transaction mode: the worker then
    looks for jobs every second."""
    trusted_proxies: str = ""
    """Networks whose X-Forwarded-For is believed, with commas between: those of your balancers,
    never of clients. Behind a proxy that is not named here, all requests come from its address."""
    drain_seconds: int = 1
    """How long the program, told to stop, goes on answering while readiness is red: longer than a
    balancer takes to notice."""
    rate_per_address: str = "6000/minute"
    """Requests allowed to one address, before it is known who asks."""
    rate_per_principal: str = "6000/minute"
    """Requests allowed to one person or key."""
    largest_body_bytes: int = 1_000_000
    """The largest JSON body."""
    largest_upload_bytes: int = 200_000_000
    """The largest uploaded file."""
    files_url: str | None = None
    """Where kept files lie: ``s3://bucket/prefix``, with credentials in the environment
    (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION). Without it, the folder ``files`` of the
    data directory."""
    files_endpoint: str | None = None
    """The address of a store of that kind that is not Amazon's."""
    drop_directory: str | None = None
    """A folder of this machine below which files for trading partners without a mailbox are put,
    and theirs are looked for. It has to be there. Without it, the folder ``drop`` of the data
    directory if it is there, as it is with the demonstration; else such files wait."""
    malware_scanner: str | None = None
    """A ClamAV daemon that looks through every file first: ``clamd://host:port`` or
    ``clamd:///path/of/socket``."""
    master_key: str | None = field(default=None, repr=False)
    """32 bytes as base64: seals secrets and kept files. Without it, one is made in the data
    directory."""
    former_master_keys: str | None = field(default=None, repr=False)
    """Master keys that still open what they have sealed, with commas between; besides them, those
    in ``keys/former-master-keys`` of the data directory, one a line."""
    signing_key: str | None = field(default=None, repr=False)
    """32 bytes as base64: signs the seals of the audit trail and documents that leave the house.
    Without it, one is made in the data directory. Several hosts have the same one."""
    former_signing_keys: str | None = None
    """Public keys of former signing keys, as base64 with commas between; besides them, those in
    ``keys/former-signing-keys`` of the data directory, one a line."""
    metrics_token: str | None = field(default=None, repr=False)
    """What a request for /metrics must bear. Without it, only this machine is answered, and
    nothing that a proxy forwards."""
    metrics_port: int = 0
    """The port at which ``wellkept work`` answers /metrics and /health; 0 is none."""
    roots_directory: str | None = None
    """A folder outside of the database to which the roots of the audit trail are exported every
    six hours, and with which `audit verify` compares. It has to be there."""
    smtp_url: str | None = field(default=None, repr=False)
    """The mail server, like smtp://user:password@host:587?starttls or smtps://user:password@host.
    Without it, e-mails wait."""
    mail_from: str | None = None
    """Who e-mails are from, like Wellkept <no-reply@example.org>."""
    trusted_certificates: str | None = None
    """A PEM file of certificates that receivers (mail server, webhooks) may prove themselves by,
    beside the system's."""
    log_format: LogFormat = LogFormat.TEXT
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
            given[name] = _converted(variable, text, known[variable].default)
        settings = cls(**given)  # type: ignore[arg-type]
        settings._check()
        for variable in _FORMS:
            _check_form(variable, getattr(settings, variable))
        return settings

    def __post_init__(self) -> None:
        object.__setattr__(self, "public_url", self.public_url.rstrip("/") or self.url)

    @property
    def demonstration_drop(self) -> Path:
        """Where files of the demonstration's companies go."""
        return self.data_directory / "drop"

    @property
    def url(self) -> str:
        """Where the program answers."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def trusted_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of the trusted proxies. Raises SettingsError."""
        named = [each.strip() for each in self.trusted_proxies.split(",") if each.strip()]
        try:
            return tuple(map(ip_network, named))
        except ValueError as error:
            raise SettingsError(
                f"WELLKEPT_TRUSTED_PROXIES is like 10.0.3.0/24,192.0.2.7: {error}"
            ) from None

    @property
    def mail_server(self) -> MailServer | None:
        """What takes e-mails, None where none is configured. Raises SettingsError."""
        if self.smtp_url is None:
            return None
        if self.mail_from is None:
            raise SettingsError("WELLKEPT_SMTP_URL is set and WELLKEPT_MAIL_FROM is not")
        try:
            return mail_server(self.smtp_url, self.mail_from, tls=self.receivers_tls)
        except MailServerUnknown as error:
            raise SettingsError(f"WELLKEPT_SMTP_URL {error}") from None
        except MailSenderUnknown as error:
            raise SettingsError(f"WELLKEPT_MAIL_FROM {error}") from None

    @property
    def guard(self) -> Guard:
        """Which hosts that a company names may be spoken to. Raises SettingsError."""
        named = [each.strip() for each in self.allowed_private_hosts.split(",") if each.strip()]
        return Guard(self.receivers_tls, frozenset(map(_host_and_port, named)))

    @property
    def receivers_tls(self) -> ssl.SSLContext:
        """How receivers prove who they are. Raises SettingsError."""
        return _tls(self.trusted_certificates)

    def _check(self) -> None:
        _check_public_url(self.public_url)
        self.mail_server, self.guard  # noqa: B018 -- raise where they cannot be used
        if not 1 <= self.port <= _LAST_PORT:
            raise SettingsError(f"WELLKEPT_PORT is 1 to {_LAST_PORT}, not {self.port}")
        if self.metrics_port > _LAST_PORT:
            raise SettingsError(f"WELLKEPT_METRICS_PORT is at most {_LAST_PORT}")
        if self.metrics_token is not None and len(self.metrics_token) < _SHORTEST_TOKEN:
            raise SettingsError(
                f"WELLKEPT_METRICS_TOKEN has at least {_SHORTEST_TOKEN} characters, at random"
            )
        _check_public_url(self.public_url)
        if self.pool_size < 1:
            raise SettingsError("WELLKEPT_POOL_SIZE is at least 1")
        if self.drain_seconds > _LONGEST_DRAIN_SECONDS:
            raise SettingsError(f"WELLKEPT_DRAIN_SECONDS is at most {_LONGEST_DRAIN_SECONDS}")
        _ = self.trusted_networks
        for variable in ("rate_per_address", "rate_per_principal"):
            _check_rate(variable, getattr(self, variable))
        for variable in ("database_url", "owner_url", "worker_url"):
            url = getattr(self, variable)
            if url is not None and not url.startswith(("postgresql://", "postgres://")):
                raise SettingsError(f"WELLKEPT_{variable.upper()} begins with postgresql://")
            if url is not None and self.database_url is None:
                raise SettingsError(
                    f"WELLKEPT_{variable.upper()} is set and WELLKEPT_DATABASE_URL is not"
                )


@functools.cache
def _tls(trusted: str | None) -> ssl.SSLContext:
    """Reading all the system's certificates takes a tenth of a second, so it is done once."""
    context = ssl.create_default_context()
    if trusted is not None:
        try:
            context.load_verify_locations(trusted)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                f"WELLKEPT_TRUSTED_CERTIFICATES: {trusted} is no readable PEM file"
            ) from error
    return context


def _host_and_port(text: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or text != parts.netloc or "@" in text:
        raise SettingsError(
            f"WELLKEPT_ALLOWED_PRIVATE_HOSTS is like intranet.example:8443, not {text!r}"
        )
    return host, port


def _check_public_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError(f"WELLKEPT_PUBLIC_URL is like https://wellkept.example, not {url!r}")


def _check_form(name: str, given: str | None) -> None:
    form, like = _FORMS[name]
    if given is not None and not form.fullmatch(given):
        raise SettingsError(f"WELLKEPT_{name.upper()} is like {like}")


def _check_rate(name: str, rate: str) -> None:
    try:
        parse(rate)
    except ValueError:
        raise SettingsError(
            f"WELLKEPT_{name.upper()} is like 100/second or 6000/minute, not {rate!r}"
        ) from None


def _converted(variable: str, text: str, default: object) -> object:
    match default:
        case LogFormat():
            if text not in list(LogFormat):
                raise SettingsError(f"{variable} is one of {', '.join(LogFormat)}, not {text!r}")
            return LogFormat(text)
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
