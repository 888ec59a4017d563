"""The figures of one process, for Prometheus: by operation, job and pool, never by company."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from services.claims.clearing.silence_totals import SilenceTotal
from storage.backup.folder import BackupFolder
from storage.migrations import expected_revision
from storage.postgres.backlog import Backlog
from storage.postgres.deletions import DeletionFigures
from storage.postgres.log_archive import LogArchive
from storage.postgres.pool import PoolFigures
from storage.postgres.transaction import PostgresStorage
from storage.trail.root_folder import RootFolder
from storage.vocabulary.clearing import SilenceKind

_BACKLOG = {
    "jobs_waiting": "Jobs that are due and not begun",
    "jobs_oldest_waiting_seconds": "How long the oldest of them has been due",
    "jobs_failed": "Jobs that the worker gave up on",
    "unsealed_rows": "Rows of the logs that no seal covers yet",
    "unsealed_oldest_seconds": "Age of the oldest of them",
    "outbox_waiting": "Messages that are to leave the house and have not arrived",
    "outbox_oldest_seconds": "Age of the oldest of them",
    "outbox_failed": "Messages that were given up",
    "backlog_measured_timestamp_seconds": "When this backlog was measured",
}
_JOB_SECONDS = (0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 1800)


class Metrics:
    """What /metrics shows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        Info(
            "wellkept_build", "The program and the schema that it needs", registry=self.registry
        ).info({"version": version("wellkept"), "schema": expected_revision()})
        self.requests = Counter(
            "wellkept_requests_total",
            "Requests answered",
            ["operation", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "wellkept_request_seconds",
            "Time from request to answer",
            ["operation"],
            registry=self.registry,
        )
        self.job_seconds = Histogram(
            "wellkept_job_seconds",
            "Time that one attempt at a job took",
            ["job", "outcome"],
            buckets=_JOB_SECONDS,
            registry=self.registry,
        )
        self._ready = Gauge(
            "wellkept_ready",
            "1 while the process can work: the database answers with the schema that it needs",
            registry=self.registry,
        )
        self._pools = _Pools()
        self.registry.register(self._pools)
        self._backlog = _Backlogs()
        self.registry.register(self._backlog)
        self._log_archive = _LogArchives()
        self.registry.register(self._log_archive)
        self._deletions = _Deletions()
        self.registry.register(self._deletions)
        self._silences = _Silences()
        self.registry.register(self._silences)
        self._of_status = cache(self.requests.labels)
        self._of_operation = cache(self.seconds.labels)

    def observe(self, operation: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._of_status(operation, str(status)).inc()
        self._of_operation(operation).observe(seconds)

    def observe_job(self, job: str, outcome: str, seconds: float) -> None:
        """Count an attempt at a job."""
        self.job_seconds.labels(job, outcome).observe(seconds)

    def note_readiness(self, *, is_ready: bool) -> None:
        """Note whether the process can work."""
        self._ready.set(is_ready)

    def watch_roots(self, folder: RootFolder) -> None:
        """Show when the roots of the audit trail were exported last: 0 if they never were."""
        Gauge(
            "wellkept_roots_exported_timestamp_seconds",
            "When the roots of the audit trail were exported last",
            registry=self.registry,
        ).set_function(folder.exported_timestamp)

    def watch_backups(self, folder: BackupFolder) -> None:
        """Show how old the backups of a folder are: 0 if there is none."""
        Gauge(
            "wellkept_backup_taken_timestamp_seconds",
            "When the last backup was taken",
            registry=self.registry,
        ).set_function(folder.taken_timestamp)
        Gauge(
            "wellkept_backup_tried_timestamp_seconds",
            "When the last backup was taken that was restored as a trial",
            registry=self.registry,
        ).set_function(folder.tried_timestamp)

    def watch_pool(self, name: str, storage: PostgresStorage) -> None:
        """Show the connections of a storage from now on."""
        self._pools.watched[name] = storage

    def note_backlog(self, backlog: Backlog) -> None:
        """Show what waits in the whole installation, as it was measured now."""
        self._backlog.last = backlog

    def note_log_archive(self, archive: LogArchive | None) -> None:
        """Show what the server said of the archive of its log now; nothing where it has none."""
        self._log_archive.last = archive

    def note_deletions(self, deletions: Mapping[str, DeletionFigures]) -> None:
        """Show how the deletions of companies get on, as it was measured now."""
        self._deletions.last = deletions

    def note_silences(self, totals: Mapping[SilenceKind, SilenceTotal]) -> None:
        """Show what should have been answered in the whole installation, as it was measured now."""
        self._silences.last = totals


class _Pools(Collector):
    """Connections, read from the pools at each scrape."""

    def __init__(self) -> None:
        self.watched: dict[str, PostgresStorage] = {}

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        figures = {name: storage.pool_figures for name, storage in self.watched.items()}
        yield _by_pool("wellkept_pool_connections_limit", "The most connections", figures, "limit")
        yield _by_pool("wellkept_pool_connections", "Connections open", figures, "open")
        yield _by_pool("wellkept_pool_connections_in_use", "Connections in use", figures, "in_use")
        yield _by_pool("wellkept_pool_waiting", "Who waits for a connection", figures, "waiting")
        waited = CounterMetricFamily(
            "wellkept_pool_wait_seconds", "Time waited for connections", labels=["pool"]
        )
        for name, each in figures.items():
            waited.add_metric([name], each.waited_seconds)
        yield waited


def _by_pool(
    name: str, meaning: str, figures: Mapping[str, PoolFigures], field: str
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=["pool"])
    for pool, each in figures.items():
        family.add_metric([pool], getattr(each, field))
    return family


class _Backlogs(Collector):
    """The last backlog that this process measured; no sample in one that measures none."""

    def __init__(self) -> None:
        self.last: Backlog | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, meaning in _BACKLOG.items():
            family = GaugeMetricFamily(f"wellkept_{name}", meaning)
            if self.last is not None:
                family.add_metric([], getattr(self.last, name))
            yield family


_LOG_ARCHIVE = {
    "failing": "1 while the last try to archive the write-ahead log failed",
    "waiting_segments": "Segments of the log that are full and not archived",
    "late_seconds": "How long nothing was archived although something waits for it",
}


class _LogArchives(Collector):
    """What the server last said of its archive; no sample where it archives nothing."""

    def __init__(self) -> None:
        self.last: LogArchive | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, meaning in _LOG_ARCHIVE.items():
            family = GaugeMetricFamily(f"wellkept_log_archive_{name}", meaning)
            if self.last is not None:
                family.add_metric([], getattr(self.last, name))
            yield family


_DELETIONS = {
    "deletions_under_way": ("Companies that are closed and not wholly gone", "under_way"),
    "deletion_idle_seconds": ("How long one of them has not got on", "idle_seconds"),
}


class _Deletions(Collector):
    """The last deletions that this process measured, by their stage."""

    def __init__(self) -> None:
        self.last: Mapping[str, DeletionFigures] = {}

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, (meaning, field) in _DELETIONS.items():
            family = GaugeMetricFamily(f"wellkept_{name}", meaning, labels=["stage"])
            for stage, figures in self.last.items():
                family.add_metric([stage], getattr(figures, field))
            yield family


_SILENCES = {
    "silences": ("Files and payers without an answer that is overdue", "things"),
    "silent_claims": ("Claims about which an answer is overdue", "claims"),
    "silence_oldest_seconds": ("Age of the oldest that waits for it", "oldest_seconds"),
}


class _Silences(Collector):
    """The last silences that this process measured, by the kind of answer that has not come."""

    def __init__(self) -> None:
        self.last: Mapping[SilenceKind, SilenceTotal] = {}

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, (meaning, field) in _SILENCES.items():
            family = GaugeMetricFamily(f"wellkept_{name}", meaning, labels=["kind"])
            for kind, total in self.last.items():
                family.add_metric([kind.value], getattr(total, field))
            yield family
