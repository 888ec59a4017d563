"""Every job there is. A new one is a function and a line here."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

import structlog

from app.approval_steps import STEPS
from app.deletions import gone_on_with
from app.folders import drop_folders, root_folder
from app.runtime import Installation
from services.approvals.closing import expire, overdue
from services.claims.clearing.delivery import ClaimFileCarrier
from services.claims.clearing.drop_folder import DropFolderCarrier
from services.claims.clearing.inboxes import inboxes
from services.claims.clearing.pickup import InboxUnavailable, pick_up
from services.claims.clearing.preparing import prepare_file
from services.claims.clearing.sending import PREPARE
from services.claims.clearing.silence_reminders import remind_of_silences
from services.claims.contracts.comparing import COMPARE, compare_as_asked
from services.claims.figures.checking import CHECK, check_figures
from services.claims.remittances.remittances import post_remittance
from services.claims.statements.runs import RUN, run_statements
from services.claims.work_reminders import remind_of_claim_work
from services.emergency_access.reminding import remind_of_emergency_reviews
from services.files.sweeping import retire_files, sweep_files
from services.identity.access_reviews import remind_of_review
from services.importing.receiving import IMPORT_RECORDS
from services.importing.running import run_import
from services.notifications.telling import tell
from services.outbox.delivering import Carrier, deliver_due, sweep
from services.outbox.mail_carrier import MailCarrier
from services.outbox.mailbox_files import MailboxCarrier
from services.outbox.sending import DELIVER
from services.outbox.webhooks import WebhookCarrier
from services.regulatory_compliance.auditing.reminding import remind_of_finding_acceptances
from services.regulatory_compliance.corrective_actions.escalating import escalate_overdue
from services.regulatory_compliance.corrective_actions.reminding import remind_of_actions
from services.regulatory_compliance.due.reminding import remind_of_due_things
from services.regulatory_compliance.policies.reminding import remind_of_policies
from services.trail.root_lateness import remind_of_late_roots
from services.trail.root_sending import send_roots
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import MAXIMUM_LIMIT, Actor
from storage.maintenance import keep_up_with_bulk, maintain
from storage.postgres.directory import companies
from storage.postgres.transaction import PostgresStorage
from storage.trail.keys import Signer
from storage.trail.root_export import export_roots
from storage.trail.sealer import seal_company
from storage.vocabulary.outbox import Channel
from storage.vocabulary.work import Queue

log = structlog.get_logger("wellkept.jobs")


@dataclass
class FilesMissing(Exception):
    """So many files of a company have a row and no object: ``wellkept files check`` names them."""

    files: int


@dataclass(frozen=True)
class Workplace:
    """What jobs work with: storage is open as the worker's role."""

    storage: PostgresStorage
    installation: Installation
    is_stopping: Callable[[], bool] = lambda: False
    """Whether jobs are to come to their ends; may be asked in any thread."""

    @cached_property
    def carriers(self) -> Mapping[Channel, Carrier]:
        """What takes messages out of the house, by channel; the others wait."""
        settings = self.installation.settings
        carriers: dict[Channel, Carrier] = {
            Channel.WEBHOOK: WebhookCarrier(settings.guard),
            Channel.MAILBOX: ClaimFileCarrier(
                MailboxCarrier(settings.guard, self.installation.vault)
            ),
        }
        if (folders := drop_folders(settings)) is not None:
            by_folder = DropFolderCarrier(folders, self.installation.vault)
            carriers[Channel.DROP_FOLDER] = ClaimFileCarrier(by_folder)
        if (server := settings.mail_server) is not None:
            carriers[Channel.EMAIL] = MailCarrier(server)
        return carriers


@dataclass(frozen=True)
class CompanyJob:
    """A job that a company's own work has asked for.

    ``work`` takes the workplace, the company and the arguments that ``store.enqueue`` was given;
    it may run more than once and must then do nothing more.
    """

    name: str
    work: Callable[[Workplace, UUID, Mapping[str, str]], Awaitable[None]]
    queue: Queue = Queue.WORK


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
    actor = Actor(UUID(arguments["asked_by"]), new_id())
    remittance_id = UUID(arguments["remittance_id"])
    await post_remittance(place.storage, place.installation.vault, company_id, actor, remittance_id)


async def _prepare_claim_file(
    place: Workplace, company_id: UUID, arguments: Mapping[str, str]
) -> None:
    """Write and check a file of claims, and have it delivered."""
    await prepare_file(
        place.storage,
        place.installation.vault,
        company_id,
        Actor(UUID(arguments["asked_by"]), new_id()),
        UUID(arguments["claim_file_id"]),
    )


async def _import_records(place: Workplace, company_id: UUID, arguments: Mapping[str, str]) -> None:
    """Go through an import from another installation."""
    actor = Actor(UUID(arguments["asked_by"]), new_id())
    await run_import(
        place.storage,
        place.installation.vault,
        company_id,
        actor,
        UUID(arguments["import_id"]),
    )


async def _compare_payments(
    place: Workplace, company_id: UUID, arguments: Mapping[str, str]
) -> None:
    """Hold payments against contracts: those of some transactions, or what a contract or a fee
    schedule is about."""
    await compare_as_asked(place.storage, company_id, _system(), arguments)


async def _run_statements(place: Workplace, company_id: UUID, arguments: Mapping[str, str]) -> None:
    """Bill all patients who qualify: nobody, if the run is done."""
    actor = Actor(UUID(arguments["asked_by"]), new_id())
    vault = place.installation.vault
    await run_statements(place.storage, vault, company_id, actor, UUID(arguments["run_id"]))


async def _check_figures(place: Workplace, company_id: UUID, arguments: Mapping[str, str]) -> None:
    """Compute anew what is kept for figures, and keep what differs."""
    actor = Actor(UUID(arguments["asked_by"]), new_id())
    await check_figures(place.storage, company_id, actor, UUID(arguments["check_id"]))


async def _pick_up_files(place: Workplace) -> None:
    """Read what trading partners have left for each company since the last time."""
    settings = place.installation.settings
    guard, folders = settings.guard, drop_folders(settings)

    async def look(company_id: UUID) -> None:
        actor = Actor(SYSTEM_ACTOR_ID, new_id())
        async with place.storage.transaction(company_id, actor) as store:
            found = await inboxes(store, guard, folders)
        for partner_id, inbox in found.items():
            try:
                await pick_up(
                    place.storage,
                    place.installation.vault,
                    company_id,
                    actor,
                    partner_id=partner_id,
                    inbox=inbox,
                )
            except InboxUnavailable as error:
                log.warning("inbox left out", reason=str(error), partner_id=str(partner_id))

    await _for_each_company(place, "pick_up_files", look)


async def _seal_companies(place: Workplace) -> None:
    """Seal what every company has written since the last time."""
    signer = Signer(place.installation.signing_key)
    await _for_each_company(
        place, "seal_companies", lambda company_id: seal_company(place.storage, company_id, signer)
    )


async def _sweep_files(place: Workplace) -> None:
    """Remove objects that no row names, and tell of rows whose object is gone."""
    vault = place.installation.vault

    async def sweep(company_id: UUID) -> None:
        found = await sweep_files(place.storage, vault, company_id)
        if not found.is_sound:
            log.error("files missing", files=[str(each) for each in found.missing[:20]])
            raise FilesMissing(len(found.missing))

    await _for_each_company(place, "sweep_files", sweep)


async def _retire_files(place: Workplace) -> None:
    """Remove the content of files that are past their retention."""
    vault = place.installation.vault
    await _for_each_company(
        place, "retire_files", lambda company_id: retire_files(place.storage, vault, company_id)
    )


async def _for_each_company(
    place: Workplace, job: str, work: Callable[[UUID], Awaitable[object]]
) -> None:
    """Do a company's part of a job for each in turn; one that fails stops no other."""
    failures: list[Exception] = []
    for company in await companies(place.storage):
        try:
            await work(company.id)
        except Exception as error:
            log.warning("company left out", job=job, exc_info=error)
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"companies left out of {job}", failures)


async def _export_roots(place: Workplace) -> None:
    """Write the ends of all chains to the folder outside of the database, if there is one."""
    folder = root_folder(place.installation.settings)
    if folder is None:
        return
    if (silence := folder.silence(place.storage.clock.now())) is not None:
        log.warning("roots were not exported in time", detail=silence)
    await export_roots(place.storage, folder)


async def _send_roots(place: Workplace) -> None:
    """Send every company the ends of its chains where it wants them, and tell people where they
    have not left the house for too long, to the folder or there."""
    folder = root_folder(place.installation.settings)
    is_late = folder is not None and folder.silence(place.storage.clock.now()) is not None

    async def send(company_id: UUID) -> None:
        async with place.storage.transaction(company_id, _system()) as store:
            await remind_of_late_roots(store, is_folder_late=is_late)
        await send_roots(place.storage, place.installation.vault, company_id)

    await _for_each_company(place, "send_roots", send)


async def _remind_people(place: Workplace) -> None:
    """Remind people of reviews that are due or overdue, of answers that have not come, of claim
    work whose deadline comes near, and of what was found in audits."""

    async def remind(company_id: UUID) -> None:
        async with place.storage.transaction(company_id, _system()) as store:
            await remind_of_emergency_reviews(store)
        async with place.storage.transaction(company_id, _system()) as store:
            await remind_of_review(store)
        async with place.storage.transaction(company_id, _system()) as store:
            await remind_of_silences(store)
        async with place.storage.transaction(company_id, _system()) as store:
            await remind_of_claim_work(store)
        async with place.storage.transaction(company_id, _system()) as store:
            await remind_of_actions(store)
            await escalate_overdue(store)
        async with place.storage.transaction(company_id, _system()) as store:
            await remind_of_finding_acceptances(store)
        async with place.storage.transaction(company_id, _system()) as store:
            await remind_of_due_things(store)
        async with place.storage.transaction(company_id, _system()) as store:
            await remind_of_policies(store)

    await _for_each_company(place, "remind_people", remind)


def _system() -> Actor:
    return Actor(SYSTEM_ACTOR_ID, new_id())


async def _deliver(place: Workplace, company_id: UUID, arguments: Mapping[str, str]) -> None:
    """Deliver what is due in one line of the outbox."""
    await deliver_due(
        place.storage,
        place.carriers,
        company_id,
        Actor(SYSTEM_ACTOR_ID, new_id()),
        line=arguments["destination"],
        channel=Channel(arguments["channel"]),
    )


async def _sweep_outbox(place: Workplace) -> None:
    """Give every line of the outbox that has lost its job a new one."""

    async def swept(company_id: UUID) -> None:
        async with place.storage.transaction(company_id, _system()) as store:
            await sweep(store)

    await _for_each_company(place, "sweep_outbox", swept)


async def _expire_approvals(place: Workplace) -> None:
    """Close the requests for approval whose time is over, each in a transaction of its own:
    putting an item back is the business of its step."""

    async def close(company_id: UUID) -> None:
        async with place.storage.transaction(company_id, _system()) as store:
            over = await overdue(store, limit=MAXIMUM_LIMIT)
        for approval_id in over:
            async with place.storage.transaction(company_id, _system()) as store:
                await expire(store, STEPS, approval_id)

    await _for_each_company(place, "expire_approvals", close)


async def _tell_people(place: Workplace) -> None:
    """Send the notifications that people want by e-mail now."""
    public_url = place.installation.settings.public_url

    async def told(company_id: UUID) -> None:
        async with place.storage.transaction(company_id, _system()) as store:
            await tell(store, public_url=public_url)

    await _for_each_company(place, "tell_people", told)


async def _fold_figures(place: Workplace) -> None:
    """Add up what changes have appended to each company's sums."""

    async def fold(company_id: UUID) -> None:
        actor = Actor(SYSTEM_ACTOR_ID, new_id())
        async with place.storage.transaction(company_id, actor) as store:
            await store.figures.fold()

    await _for_each_company(place, "fold_figures", fold)


async def _maintain(place: Workplace) -> None:
    """Partitions ahead, retirement, leftovers: the daily round of the owner."""
    signer = Signer(place.installation.signing_key)
    deeds = await asyncio.to_thread(maintain, place.installation.owner, signer)
    log.info("maintained", deeds=len(deeds))
    await _delete_companies(place, only_new=False)


async def _renew_statistics(place: Workplace) -> None:
    """What came in bulk is known to the planner before its company asks for it."""
    await asyncio.to_thread(keep_up_with_bulk, place.installation.owner)


async def _delete_companies(place: Workplace, *, only_new: bool = True) -> None:
    """Take out of closed companies what nothing holds any more: soon after they were closed, and
    with the daily round what was held until then. Who finds another deletion at work leaves it to
    that one: jobs that waited would keep all others from theirs."""
    outcomes = await asyncio.to_thread(
        gone_on_with,
        place.installation,
        only_new=only_new,
        is_stopping=place.is_stopping,
        waits=False,
    )
    for outcome in outcomes:
        if outcome.kept_from is not None:
            log.warning("company not deleted", reason=outcome.obstacle)
        elif outcome.certificate is not None:
            log.info("company deleted", is_final=outcome.certificate.is_final)


COMPANY_JOBS = (
    CompanyJob("post_remittance", _post_remittance),
    CompanyJob(PREPARE, _prepare_claim_file),
    CompanyJob(COMPARE, _compare_payments),
    CompanyJob(CHECK, _check_figures),
    CompanyJob(IMPORT_RECORDS, _import_records),
    CompanyJob(RUN, _run_statements),
    CompanyJob(DELIVER, _deliver, Queue.DELIVERIES),
)

PERIODIC_JOBS = (
    PeriodicJob("seal_companies", "* * * * * */30", _seal_companies),
    PeriodicJob("export_roots", "10 */6 * * *", _export_roots),
    PeriodicJob("send_roots", "20 */6 * * *", _send_roots),
    PeriodicJob("remind_people", "25 * * * *", _remind_people),
    PeriodicJob("sweep_outbox", "* * * * * 15", _sweep_outbox),
    PeriodicJob("pick_up_files", "*/5 * * * * 30", _pick_up_files),
    PeriodicJob("retire_files", "40 6 * * *", _retire_files),
    PeriodicJob("sweep_files", "50 6 * * *", _sweep_files),
    PeriodicJob("expire_approvals", "* * * * *", _expire_approvals),
    PeriodicJob("tell_people", "* * * * * 45", _tell_people),
    PeriodicJob("fold_figures", "* * * * * 50", _fold_figures),
    PeriodicJob("maintain", "20 7 * * *", _maintain, needs_owner=True),
    PeriodicJob("renew_statistics", "*/10 * * * * 25", _renew_statistics, needs_owner=True),
    PeriodicJob("delete_companies", "*/10 * * * * 35", _delete_companies, needs_owner=True),
)
