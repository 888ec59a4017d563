"""Every job there is. A new one is a function and a line here."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.runtime import Installation
from services.claims.remittances import post_remittance
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage


@dataclass(frozen=True)
class Workplace:
    """What jobs work with: storage is open as the worker's role."""

    storage: PostgresStorage
    installation: Installation


@dataclass(frozen=True)
class CompanyJob:
    """A job that a company's own work has asked for.

    ``work`` takes the workplace, the company and the arguments that ``store.enqueue`` was given;
    it may run more than once and must then do nothing more.
    """

    name: str
    work: Callable[[Workplace, UUID, Mapping[str, str]], Awaitable[None]]


@dataclass(frozen=True)
class PeriodicJob:
    """A job of the installation, for all companies one after another.

    ``schedule`` is in the form of cron with seconds as a sixth field, in UTC. Two may run at
    once, when the first takes longer than the time between two.
    """

    name: str
    schedule: str
    work: Callable[[Workplace], Awaitable[None]]
    needs_owner: bool = False


async def _post_remittance(
    place: Workplace, company_id: UUID, arguments: Mapping[str, str]
) -> None:
    """Post what is left of a remittance: nothing, if the request that brought it has done so."""
    actor = Actor(SYSTEM_ACTOR_ID, new_id())
    remittance_id = UUID(arguments["remittance_id"])
    await post_remittance(place.storage, place.installation.vault, company_id, actor, remittance_id)


COMPANY_JOBS = (CompanyJob("post_remittance", _post_remittance),)

PERIODIC_JOBS: tuple[PeriodicJob, ...] = ()
