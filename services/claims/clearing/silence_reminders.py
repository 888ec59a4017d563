"""Telling people, once each, of what should have been answered by now and was not."""

from collections import defaultdict
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from services.claims.clearing.silence import overdue_answers
from services.identity.holders import holders_of
from services.identity.scopes import Scope
from services.notifications.reminders import Due, Reminding, remind
from storage.interface import Store
from storage.vocabulary.clearing import SilenceKind
from storage.vocabulary.notifications import NotificationKind, ReminderSubject

_REMINDINGS: Mapping[SilenceKind, Reminding] = {
    kind: Reminding(subject, NotificationKind.ANSWER_OVERDUE, entity, leads=(0,))
    for kind, subject, entity in (
        (
            SilenceKind.NO_FUNCTIONAL_ACKNOWLEDGEMENT,
            ReminderSubject.FUNCTIONAL_ACKNOWLEDGEMENT,
            "claim_files",
        ),
        (
            SilenceKind.NO_CLAIM_ACKNOWLEDGEMENT,
            ReminderSubject.CLAIM_ACKNOWLEDGEMENT,
            "claim_files",
        ),
        (SilenceKind.NO_REMITTANCE, ReminderSubject.PAYER_REMITTANCE, "payers"),
    )
}


async def remind_of_silences(store: Store) -> int:
    """Tell whoever sends claims of a file without its answer, and of a payer that does not decide,
    once for the day since which it is silent; returns of how many.

    A payer is told of again when the claim that it is silent about longest is another one.
    """
    found = (await overdue_answers(store)).silences
    if not found:
        return 0
    company = await store.companies.get(store.company_id)
    zone = ZoneInfo(company.time_zone)
    people = frozenset(person.id for person in await holders_of(store, Scope.CLAIMS_WRITE))
    due: dict[SilenceKind, list[Due]] = defaultdict(list)
    for each in found:
        entity_id = each.claim_file_id or each.payer_id
        assert entity_id is not None
        due[each.kind].append(Due(entity_id, each.since.astimezone(zone).date(), people))
    today = store.now.astimezone(zone).date()
    told = 0
    for kind, things in due.items():  # three kinds at most
        told += await remind(store, _REMINDINGS[kind], things, today=today)
    return told
