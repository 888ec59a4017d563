"""Appeals: levels, deadlines, approval of the packet, and the payer's answer."""

import datetime as dt
from dataclasses import replace
from uuid import UUID

import psycopg
import pytest

from app.approval_steps import STEPS
from services.approvals.asking import Asked
from services.approvals.deciding import Ruling, decide
from services.approvals.involvement import SecondPersonNeeded
from services.approvals.thresholds import NewThreshold, change_threshold
from services.claims.appealing import answering, approving, drafting, late, submitting
from services.claims.appealing.answering import Answer, Payment
from services.claims.appealing.approving import OtherPacket, PacketApproval
from services.claims.appealing.drafting import (
    AppealChanges,
    AppealUnderWay,
    NoAppealRights,
    NoSuchLevel,
    NothingToAppeal,
)
from services.claims.appealing.rules import NewAppealRule, record_rule
from services.claims.appealing.submitting import (
    DeadlinePassed,
    NothingLeftToAppeal,
    Submission,
    TooLittleInDispute,
)
from services.identity.authentication import PersonNeeded
from services.refusals import IllegalTransition, InvalidInput
from storage.embedded import RoleAddresses
from storage.errors import VersionConflict
from storage.files import FileVault
from storage.filters import MailboxFileFilter
from storage.postgres.transaction import PostgresStorage
from storage.tables.appeals import ClaimAppeal
from storage.tables.mailboxes import MailboxFields
from storage.vocabulary.appeals import AppealMethod, AppealStatus
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule, Verdict
from storage.vocabulary.claims import DenialStatus, PayerType
from storage.vocabulary.denials import DenialResolution
from tests.builders.appeals import Desk
from tests.builders.books import Books
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.denials import DENIED, denied
from tests.builders.remittance_files import Cas, Claim, Line
from tests.builders.tenant_rows import bind

pytestmark = pytest.mark.anyio

PAID_ON = dt.date(2025, 3, 31)
"""On which the payers of the books pay, and so say no."""
LAST_DAY = dt.date(2025, 6, 29)
"""90 days later."""
PAID = Claim(
    lines=(Line(adjustments=(Cas("CO", "45", 2_000),)),), payer_claim_number="ICN-corrected"
)


@pytest.fixture
def clock() -> FixedClock:
    """Noon of the first of April in New York, where the company is."""
    return FixedClock(dt.datetime(2025, 4, 1, 16, tzinfo=dt.UTC))


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    """A company's books."""
    return await Books.open(storage, vault, company)


@pytest.fixture
async def desk(books: Books) -> Desk:
    """Somebody to work a claim of 100.00 that its payer has refused."""
    await denied(books)
    return await Desk.open(books)


async def answered(desk: Desk, appeal: ClaimAppeal, **content: object) -> ClaimAppeal:
    async with desk.transaction() as store:
        return await answering.answer_appeal(
            store,
            appeal.id,
            Answer.model_validate(content),
            expected_version=appeal.version,
        )


async def lost(desk: Desk, appeal: ClaimAppeal, **content: object) -> ClaimAppeal:
    """An appeal that went out and was turned down."""
    sent = await desk.submitted(await desk.approved(appeal))
    return await answered(desk, sent, status="upheld", **content)


async def test_a_draft_is_about_all_that_can_be_appealed_at_the_first_level(desk: Desk) -> None:
    appeal = await desk.draft()
    assert (appeal.status, appeal.level, appeal.amount_cents) == (AppealStatus.DRAFT, 1, 10_000)
    assert (appeal.started_on, appeal.due_on) == (PAID_ON, LAST_DAY)
    assert not appeal.due_is_verified
    async with desk.transaction() as store:
        (denial,) = await drafting.denials_of(store, appeal.id)
    assert (denial.due_on, denial.appeal_level) == (LAST_DAY, 1)
    assert (await desk.books.row()).appeal_count == 1


async def test_without_a_denial_there_is_nothing_to_appeal(books: Books) -> None:
    await books.claim()
    with pytest.raises(NothingToAppeal):
        await (await Desk.open(books)).draft()


async def test_a_remark_that_takes_the_right_of_appeal_is_respected(books: Books) -> None:
    """MA130: the claim was unprocessable; nothing was decided that could be appealed."""
    line = Line(adjustments=(Cas("CO", "16", 10_000),), remark_codes=("MA130",))
    denial = await denied(books, Claim(lines=(line,)))
    assert not denial.is_appealable
    assert denial.appeal_level is None
    desk = await Desk.open(books)
    with pytest.raises(NoAppealRights) as refused:
        await desk.draft(denial_ids=[str(denial.id)])
    assert refused.value.remark_codes == ["MA130"]
    with pytest.raises(NothingToAppeal):
        await desk.draft()


async def test_a_denial_is_not_appealed_twice_at_once(desk: Desk) -> None:
    first = await desk.draft()
    with pytest.raises(AppealUnderWay) as refused:
        await desk.draft()
    assert refused.value.appeal_id == first.id
    async with desk.transaction() as store:
        await submitting.withdraw_appeal(
            store, first.id, "Drafted by mistake", expected_version=first.version
        )
    assert (await desk.draft()).appeal_number == 2


async def test_denials_of_another_claim_or_none_are_faults(desk: Desk) -> None:
    await desk.books.claim("PCN0002")
    (denial,) = await desk.books.denials()
    with pytest.raises(InvalidInput) as refused:
        await desk.draft("PCN0002", denial_ids=[str(denial.id), str(UUID(int=7))])
    assert [each.pointer for each in refused.value.faults] == ["/denial_ids/0", "/denial_ids/1"]


async def test_a_person_approves_exactly_the_bytes_that_they_read(desk: Desk) -> None:
    appeal, made = await desk.rendered(await desk.draft())
    assert appeal.packet_sha256 is not None
    reader = await Desk.open(desk.books)
    async with reader.transaction() as store:
        with pytest.raises(PersonNeeded):
            await approving.approve_packet(
                store,
                desk.books.company.principal,
                appeal.id,
                PacketApproval(sha256=appeal.packet_sha256.hex()),
                expected_version=appeal.version,
            )
        with pytest.raises(OtherPacket):
            await approving.approve_packet(
                store,
                reader.principal,
                appeal.id,
                PacketApproval(sha256="0" * 64),
                expected_version=appeal.version,
            )
    ready = await reader.read_and_approved(appeal)
    assert isinstance(ready, ClaimAppeal)
    assert (ready.status, ready.approved_by_person_id) == (AppealStatus.READY, reader.principal.id)
    assert ready.packet_page_count == made.page_count
    assert not ready.is_approved_alone


async def test_whoever_made_the_packet_asks_and_somebody_else_approves(desk: Desk) -> None:
    appeal, _ = await desk.rendered(await desk.draft())
    asked = await desk.read_and_approved(appeal)
    assert isinstance(asked, Asked)
    assert asked.approval.kind is ApprovalKind.APPEAL_PACKET
    assert (await desk.read(appeal.id)).status is AppealStatus.DRAFT
    with pytest.raises(SecondPersonNeeded):
        await allow(desk, asked)
    other = await Desk.open(desk.books)
    await allow(other, asked)
    ready = await desk.read(appeal.id)
    assert (ready.status, ready.approved_by_person_id) == (AppealStatus.READY, other.principal.id)


async def test_one_person_suffices_where_the_company_says_so(desk: Desk) -> None:
    async with desk.transaction() as store:
        new = NewThreshold(kind=ApprovalKind.APPEAL_PACKET, rule=ThresholdRule.NEVER)
        await change_threshold(store, STEPS, new, expected_version=0)
    appeal, _ = await desk.rendered(await desk.draft())
    ready = await desk.read_and_approved(appeal)
    assert isinstance(ready, ClaimAppeal)
    assert (ready.status, ready.is_approved_alone) == (AppealStatus.READY, True)


async def test_the_database_itself_takes_no_approval_by_whoever_made_the_packet(
    desk: Desk, addresses: RoleAddresses
) -> None:
    appeal, _ = await desk.rendered(await desk.draft())
    with psycopg.connect(addresses.owner) as owner:
        bind(owner, desk.books.company.id)
        with pytest.raises(psycopg.errors.CheckViolation, match="approved_by_another"):
            owner.execute(
                "UPDATE claim_appeals SET status = 'ready', approved_at = now(),"
                " approved_by_person_id = packet_made_by WHERE id = %s",
                [appeal.id],
            )


async def test_what_is_changed_afterwards_is_not_approved_any_more(desk: Desk) -> None:
    ready = await desk.approved(await desk.draft())
    async with desk.transaction() as store:
        changed = await drafting.change_appeal(
            store, ready.id, AppealChanges(reason="Otherwise"), expected_version=ready.version
        )
    assert (changed.status, changed.packet_sha256, changed.approved_at) == (
        AppealStatus.DRAFT,
        None,
        None,
    )
    with pytest.raises(IllegalTransition):
        await desk.submitted(changed)


async def test_notes_of_ones_own_change_nothing_of_the_packet(desk: Desk) -> None:
    ready = await desk.approved(await desk.draft())
    async with desk.transaction() as store:
        changed = await drafting.change_appeal(
            store, ready.id, AppealChanges(notes="Faxed twice"), expected_version=ready.version
        )
    assert changed.status is AppealStatus.READY


@pytest.mark.parametrize(
    ("now", "is_in_time"),
    [
        ("2025-06-29T23:59:00-04:00", True),
        ("2025-06-30T00:00:00-04:00", False),
        ("2025-06-30T02:00:00+00:00", True),  # still the day before in New York
    ],
)
async def test_the_last_day_counts_whole_in_the_companys_time(
    desk: Desk, clock: FixedClock, now: str, is_in_time: bool
) -> None:
    ready = await desk.approved(await desk.draft())
    clock.set(dt.datetime.fromisoformat(now).astimezone(dt.UTC))
    if is_in_time:
        assert (await desk.submitted(ready)).appealed_on == LAST_DAY
        return
    with pytest.raises(DeadlinePassed) as refused:
        await desk.submitted(ready)
    assert refused.value.due_on == LAST_DAY


async def test_late_it_goes_out_only_if_a_second_person_allows_it(
    desk: Desk, clock: FixedClock
) -> None:
    ready = await desk.approved(await desk.draft())
    clock.set(dt.datetime(2025, 7, 15, 16, tzinfo=dt.UTC))
    async with desk.transaction() as store:
        asked = await late.ask_for_late_submission(
            store,
            desk.principal,
            ready.id,
            "The payer's portal was down on the last day",
            expected_version=ready.version,
        )
    with pytest.raises(DeadlinePassed):
        await desk.submitted(ready)
    with pytest.raises(SecondPersonNeeded):
        await allow(desk, asked)
    await allow(await Desk.open(desk.books), asked)
    allowed = await desk.read(ready.id)
    assert allowed.late_reason == "The payer's portal was down on the last day"
    sent = await desk.submitted(allowed)
    assert (sent.appealed_on, sent.due_on) == (dt.date(2025, 7, 15), LAST_DAY)


async def allow(desk: Desk, asked: Asked[ClaimAppeal]) -> None:
    """Approve what was asked for, with a proof of who one is from just now."""
    async with desk.transaction() as store:
        await decide(
            store,
            replace(desk.principal, proven_at=store.now),
            STEPS,
            asked.approval.id,
            Ruling(Verdict.APPROVE, None),
            expected_version=1,
        )


async def test_the_database_itself_takes_no_late_appeal_without_an_override(
    desk: Desk, addresses: RoleAddresses
) -> None:
    ready = await desk.approved(await desk.draft())
    with psycopg.connect(addresses.owner) as owner:
        bind(owner, desk.books.company.id)
        with pytest.raises(psycopg.errors.CheckViolation, match="late_only_with_an_override"):
            owner.execute(
                "UPDATE claim_appeals SET status = 'submitted', appealed_on = '2025-06-30'"
                " WHERE id = %s",
                [ready.id],
            )


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"method": "fax"}, "/reference"),
        ({"method": "mailbox"}, "/mailbox_id"),
        ({"method": "fax", "reference": "r", "mailbox_id": str(UUID(int=7))}, "/mailbox_id"),
        ({"method": "fax", "reference": "r", "sent_on": "2025-04-02"}, "/sent_on"),
        ({"method": "fax", "reference": "r", "sent_on": "2025-03-31"}, "/sent_on"),
    ],
)
async def test_a_submission_says_how_and_when_and_shows_its_proof(
    desk: Desk, content: dict[str, object], pointer: str
) -> None:
    ready = await desk.approved(await desk.draft())
    with pytest.raises(InvalidInput) as refused:
        await desk.submitted(ready, Submission.model_validate(content))
    assert [each.pointer for each in refused.value.faults] == [pointer]


async def test_by_mailbox_the_approved_bytes_are_sent_from_here(desk: Desk) -> None:
    ready = await desk.approved(await desk.draft())
    async with desk.transaction() as store:
        mailbox = await store.mailboxes.create(
            MailboxFields(
                name="Payer",
                host="sftp.example.org",
                port=22,
                host_key="",
                host_key_fingerprint="",
                user_name="us",
                sealed_password=b"",
                write_folder="/in",
            )
        )
    by_mailbox = Submission(method=AppealMethod.MAILBOX, mailbox_id=mailbox.id)
    sent = await desk.submitted(ready, by_mailbox)
    async with desk.transaction() as store:
        (file,) = await store.mailbox_files.all(MailboxFileFilter(mailbox_id=mailbox.id))
    assert file.file_id == ready.packet_file_id
    assert sent.reference == f"Outbox message {file.message_id}"
    assert str(ready.patient_id) not in file.name


async def test_of_two_submissions_one_counts(desk: Desk) -> None:
    ready = await desk.approved(await desk.draft())
    await desk.submitted(ready)
    with pytest.raises(VersionConflict):
        await desk.submitted(ready)


async def test_an_appeal_that_is_turned_down_starts_the_days_of_the_next_level(
    storage: PostgresStorage, vault: FileVault, company: CompanyForTests, clock: FixedClock
) -> None:
    """Medicare: 180 days for a reconsideration, from receipt of the redetermination."""
    books = await Books.open(storage, vault, company, payers=0)
    await books.payer("MED01", trace_identifier="1999999999", type=PayerType.MEDICARE)
    await denied(books)
    desk = await Desk.open(books)
    first = await desk.draft()
    assert first.due_on == dt.date(2025, 4, 1) + dt.timedelta(days=120)
    clock.move(dt.timedelta(days=30))
    await lost(desk, first, received_on="2025-05-01")
    (denial,) = await books.denials()
    assert (denial.status, denial.appeal_level) == (DenialStatus.OPEN, 2)
    assert denial.due_on == dt.date(2025, 5, 1) + dt.timedelta(days=180)
    assert "Qualified Independent Contractor" in denial.next_action
    second = await desk.draft()
    assert (second.level, second.started_on) == (2, dt.date(2025, 5, 1))
    await lost(desk, second)
    third = await desk.draft()
    assert third.level == 3
    ready = await desk.approved(third)
    with pytest.raises(TooLittleInDispute) as refused:  # $100.00 of $190.00
        await desk.submitted(ready)
    assert refused.value.least_cents == 19_000
    together = Submission(method=AppealMethod.MAIL, reference="RR123", is_aggregated=True)
    assert (await desk.submitted(ready, together)).is_aggregated


async def test_what_stands_at_another_level_does_not_go_along(
    storage: PostgresStorage, vault: FileVault, company: CompanyForTests, clock: FixedClock
) -> None:
    """Else the days of a denial that nobody has appealed would begin anew with those of another."""
    books = await Books.open(storage, vault, company, payers=0)
    await books.payer("MED01", trace_identifier="1999999999", type=PayerType.MEDICARE)
    await books.claim(charges=(10_000, 10_000))
    refused_line = Line(adjustments=(Cas("CO", "197", 10_000),))
    await books.pay(Claim(lines=(refused_line, refused_line)))
    desk = await Desk.open(books)
    appealed, forgotten = await books.denials()
    await lost(desk, await desk.draft(denial_ids=[str(appealed.id)]))
    clock.move(dt.timedelta(days=121))
    with pytest.raises(InvalidInput) as refused:
        await desk.draft(denial_ids=[str(appealed.id), str(forgotten.id)])
    assert [each.pointer for each in refused.value.faults] == ["/denial_ids"]
    late_one = await desk.draft()
    assert (late_one.level, late_one.amount_cents) == (1, 10_000)
    assert late_one.due_on == forgotten.due_on
    with pytest.raises(DeadlinePassed):
        await desk.submitted(await desk.approved(late_one))
    assert (await desk.draft(denial_ids=[str(appealed.id)])).level == 2


async def test_an_appeal_about_what_was_decided_otherwise_meanwhile_does_not_go_out(
    desk: Desk,
) -> None:
    ready = await desk.approved(await desk.draft())
    await desk.books.pay(DENIED.reversed(), PAID)
    with pytest.raises(NothingLeftToAppeal):
        await desk.submitted(ready)
    async with desk.transaction() as store:
        withdrawn = await submitting.withdraw_appeal(
            store, ready.id, "The payer paid", expected_version=ready.version
        )
    assert withdrawn.status is AppealStatus.WITHDRAWN


async def test_what_is_with_the_payer_is_due_when_its_answer_should_have_come(
    desk: Desk,
) -> None:
    """Else everything that was appealed in time stands first in the queue, as overdue."""
    sent = await desk.submitted(await desk.approved(await desk.draft()))
    (waiting,) = await desk.books.denials()
    today = dt.date(2025, 4, 1)
    assert (waiting.status, waiting.due_on) == (DenialStatus.OPEN, today + dt.timedelta(days=60))
    assert not waiting.due_is_verified
    assert "ask the payer for its answer" in waiting.next_action
    await rule_of(desk, days=30)
    assert (await desk.books.denials())[0].due_on == waiting.due_on
    async with desk.transaction() as store:
        await submitting.withdraw_appeal(
            store, sent.id, "Corrected instead", expected_version=sent.version
        )
    (again,) = await desk.books.denials()
    assert (again.due_on, again.appeal_level) == (PAID_ON + dt.timedelta(days=30), 1)


async def test_what_was_won_is_due_when_its_money_should_have_come(
    desk: Desk, clock: FixedClock
) -> None:
    sent = await desk.submitted(await desk.approved(await desk.draft()))
    clock.move(dt.timedelta(days=50))
    await answered(desk, sent, status="overturned")
    (won,) = await desk.books.denials()
    assert won.due_on == dt.date(2025, 5, 21) + dt.timedelta(days=60)
    assert "ask for the remittance" in won.next_action


async def rule_of(desk: Desk, *, days: int) -> None:
    """The company says how long its payer can be asked."""
    new = NewAppealRule(
        payer_id=desk.books.payers[0].id,
        level=1,
        name="Provider dispute",
        days=days,
        source="Provider manual",
        effective_from=dt.date(2025, 1, 1),
    )
    async with desk.transaction() as store:
        await record_rule(store, desk.principal, new)


async def test_where_no_further_level_is_known_a_person_ends_the_work(desk: Desk) -> None:
    await lost(desk, await desk.draft())
    (denial,) = await desk.books.denials()
    assert (denial.status, denial.appeal_level) == (DenialStatus.OPEN, None)
    assert denial.due_on == dt.date(2025, 5, 1)
    with pytest.raises(NoSuchLevel):
        await desk.draft()


async def test_what_is_won_is_posted_from_the_remittance_and_only_named_here(desk: Desk) -> None:
    books = desk.books
    sent = await desk.submitted(await desk.approved(await desk.draft()))
    before = len(await books.ledger())
    won = await answered(desk, sent, status="overturned", resolution_cents=8_000)
    assert len(await books.ledger()) == before
    (denial,) = await books.denials()
    assert denial.status is DenialStatus.OPEN
    await books.pay(DENIED.reversed(), PAID)
    decision = (await books.adjudications())[-1]
    async with desk.transaction() as store:
        linked = await answering.link_payment(
            store,
            won.id,
            Payment(adjudication_id=decision.id),
            expected_version=won.version,
        )
    assert linked.adjudication_id == decision.id
    (overturned,) = await books.denials()
    assert (overturned.resolution, overturned.recovered_cents) == (
        DenialResolution.OVERTURNED,
        8_000,
    )
    assert (await books.balances()).payments == 8_000
    await books.assert_sound()


@pytest.mark.parametrize("which", ["the denial", "another claim", "taken back", "nothing"])
async def test_a_decision_that_brought_no_money_of_this_appeal_is_not_named(
    desk: Desk, which: str
) -> None:
    books = desk.books
    sent = await desk.submitted(await desk.approved(await desk.draft()))
    won = await answered(desk, sent, status="partly_overturned")
    (denial,) = await books.denials()
    named = denial.adjudication_id if which == "the denial" else UUID(int=7)
    if which == "another claim":
        await books.claim("PCN0002")
        await books.pay(Claim(patient_control_number="PCN0002"))
        named = (await books.adjudications())[-1].id
    if which == "taken back":
        await books.pay(PAID)
        named = (await books.adjudications())[-1].id
        await books.pay(PAID.reversed())
    with pytest.raises(InvalidInput) as refused:
        async with desk.transaction() as store:
            await answering.link_payment(
                store, won.id, Payment(adjudication_id=named), expected_version=won.version
            )
    assert [each.pointer for each in refused.value.faults] == ["/adjudication_id"]


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"status": "pending"}, "/status"),
        ({"status": "upheld", "received_on": "2025-04-02"}, "/received_on"),
        ({"status": "upheld", "received_on": "2025-03-31"}, "/received_on"),
        ({"status": "upheld", "resolution_cents": 1}, "/resolution_cents"),
    ],
)
async def test_only_an_answer_ends_an_appeal_and_only_one_that_is_won_has_an_amount(
    desk: Desk, content: dict[str, object], pointer: str
) -> None:
    sent = await desk.submitted(await desk.approved(await desk.draft()))
    with pytest.raises(InvalidInput) as refused:
        await answered(desk, sent, **content)
    assert [each.pointer for each in refused.value.faults] == [pointer]


async def test_an_answer_comes_after_the_appeal_and_once(desk: Desk) -> None:
    ready = await desk.approved(await desk.draft())
    with pytest.raises(IllegalTransition):
        await answered(desk, ready, status="upheld")
    sent = await desk.submitted(ready)
    async with desk.transaction() as store:
        pending = await submitting.confirm_receipt(store, sent.id, expected_version=sent.version)
    upheld = await answered(desk, pending, status="upheld")
    with pytest.raises(IllegalTransition):
        await answered(desk, upheld, status="overturned")
