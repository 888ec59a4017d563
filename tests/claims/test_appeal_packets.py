"""The packet of an appeal: one PDF of a cover sheet, a letter and what goes along."""

import hashlib
import io
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from services.claims.appealing import drafting, packet
from services.claims.appealing.drafting import NewAttachment
from services.claims.appealing.packet import money
from services.claims.appealing.typesetting import (
    Addressee,
    Enclosure,
    PacketFacts,
    Sender,
    Service,
    typeset,
)
from services.files.media_types import JPEG, PDF, PNG, TIFF
from services.refusals import InvalidInput
from storage.files import FileVault
from storage.filters import AppealAttachmentFilter, StoredFileFilter
from storage.postgres.transaction import PostgresStorage
from storage.tables.addresses import PostalAddress
from storage.tables.parties import CareProviderFields
from storage.vocabulary.files import FilePurpose
from storage.vocabulary.parties import PartyKind
from tests.builders.appeals import Desk, a_pdf, a_png, locked_pdf
from tests.builders.books import Books
from tests.builders.companies import CompanyForTests
from tests.builders.denials import denied

pytestmark = pytest.mark.anyio

FACTS = PacketFacts(
    title="Appeal 1 of claim C-1",
    level="Level 1: First-level provider appeal",
    date="November 26, 2026",
    sender=Sender("Riverbend Clinic", ["12 Harbor Drive"], ["NPI 1234567893"]),
    payer=Addressee("Lakes Health Plan", ["P.O. Box 9000"]),
    cover=[("Claim number", "94060555410000")],
    subject=[("Re:", "First-level provider appeal")],
    opening="We ask you to reconsider.",
    services=[Service("99213-25", "03/03/2026", "CO-197", "$180.00", "$180.00")],
    amount="$180.00",
    argument=["It was authorized."],
    request="Please pay.",
    closing="Thank you.",
    footer="Appeal 1 of claim C-1",
    separately=["X-ray films by courier"],
)


@pytest.fixture
async def desk(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Desk:
    """Somebody to work a claim of 100.00 that its payer has refused."""
    books = await Books.open(storage, vault, company)
    await denied(books)
    return await Desk.open(books)


def texts(content: bytes) -> list[str]:
    """The text of each page, its lines joined."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]


async def test_a_packet_is_a_cover_sheet_a_letter_and_the_attachments_in_their_order(
    desk: Desk,
) -> None:
    notes = await desk.file(a_pdf(2), name="chart notes.pdf")
    letter = await desk.file(a_png(), media_type=PNG, name="authorization.png")
    appeal = await desk.draft(
        file_ids=[str(notes.id), str(letter.id)], supporting_documents=["X-ray films by courier"]
    )
    recorded, made = await desk.rendered(appeal)
    pages = texts(made.content)
    assert len(pages) == recorded.packet_page_count == 5
    cover, written, first, second, picture = pages
    assert "Lakes" not in cover
    for said in ("Payer 99999", "PCN0001", "MEM0001", "$100.00", "Ada Quill", "June 29, 2025"):
        assert said in cover
    for listed in ("chart notes.pdf 3–4", "authorization.png 5", "courier separately"):
        assert listed in cover
    for said in ("March 31, 2025", "EFT00001", "CO-197", "99213", "AUTH-5521", "Page 2 of 5"):
        assert said in written
    assert (first, second) == ("Page 1", "Page 2")
    assert "authorization.png" in picture
    outline = PdfReader(io.BytesIO(made.content)).outline
    assert [item.title for item in outline] == [
        "Letter of appeal",
        "chart notes.pdf",
        "authorization.png",
    ]


async def test_the_letter_goes_to_the_address_of_the_payer(desk: Desk) -> None:
    payer = desk.books.payers[0]
    where = PostalAddress(
        line_1="P.O. Box 9000", city="Duluth", state="MN", postal_code="558021234"
    )
    appeal = await desk.draft()
    async with desk.transaction() as store:
        await store.payers.update(payer.id, {"address": where}, expected_version=payer.version)
        content = await packet.content_of(store, appeal.id, expected_version=appeal.version)
    assert content.facts.payer.address == ["P.O. Box 9000", "Duluth, MN 55802-1234"]


async def test_what_is_kept_is_what_was_approved(desk: Desk) -> None:
    ready = await desk.approved(await desk.draft())
    async with desk.transaction() as store:
        file = await packet.readable_packet(store, ready.id)
    content = b"".join(desk.books.vault.read(file.key))
    assert hashlib.sha256(content).digest() == ready.packet_sha256 == file.row.sha256
    assert file.row.purpose is FilePurpose.APPEAL_PACKET
    assert file.row.patient_id == ready.patient_id
    assert file.row.retain_until is not None


async def test_the_letterhead_is_the_registered_billing_providers(desk: Desk) -> None:
    async with desk.transaction() as store:
        await store.care_providers.create(
            CareProviderFields(
                identifier="1234567893",
                kind=PartyKind.ORGANIZATION,
                name="Riverbend Clinic",
                npi="1234567893",
                address=PostalAddress(
                    line_1="12 Harbor Drive", city="Duluth", state="MN", postal_code="55802"
                ),
            )
        )
    _, made = await desk.rendered(await desk.draft())
    for page in texts(made.content):
        assert "Riverbend Clinic" in page
        assert "12 Harbor Drive" in page
        assert "NPI 1234567893" in page


async def test_attachments_come_and_go_before_the_appeal_does(desk: Desk) -> None:
    notes = await desk.file(a_pdf())
    ready = await desk.approved(await desk.draft())
    async with desk.transaction() as store:
        changed = await drafting.attach(
            store,
            ready.id,
            NewAttachment(file_id=notes.id, title="Chart notes"),
            expected_version=ready.version,
        )
        assert changed.packet_sha256 is None
        with pytest.raises(InvalidInput):
            await drafting.attach(
                store,
                ready.id,
                NewAttachment(file_id=notes.id, title="Again"),
                expected_version=changed.version,
            )
        (attached,) = await store.appeal_attachments.all(AppealAttachmentFilter(appeal_id=ready.id))
        await drafting.detach(store, ready.id, attached.id, expected_version=changed.version)
        assert await drafting.attachments_of(store, ready.id) == []


async def test_what_cannot_be_typeset_or_is_about_somebody_else_does_not_go_along(
    desk: Desk,
) -> None:
    fax = await desk.file(b"II*\x00", media_type=TIFF, name="fax.tif")
    (remittance_file,) = await kept_remittances(desk)
    with pytest.raises(InvalidInput) as refused:
        await desk.draft(file_ids=[str(fax.id), str(remittance_file)])
    assert [each.pointer for each in refused.value.faults] == ["/file_ids/0", "/file_ids/1"]


async def kept_remittances(desk: Desk) -> list[UUID]:
    """The files of the books' remittances."""
    async with desk.transaction() as store:
        found = await store.stored_files.all(StoredFileFilter(purpose=FilePurpose.REMITTANCE))
    return [each.id for each in found]


@pytest.mark.parametrize(
    "enclosure",
    [
        Enclosure("cut off", PDF, a_pdf()[:300]),
        Enclosure("no PDF", PDF, b"%PDF-1.7 and nothing more"),
        Enclosure("protected", PDF, locked_pdf()),
        Enclosure("no picture", PNG, b"\x89PNG\r\n\x1a\n"),
        Enclosure("no photograph", JPEG, b"\xff\xd8\xff\xe0"),
    ],
    ids=lambda each: each.title,
)
def test_a_file_that_cannot_be_read_is_named(enclosure: Enclosure) -> None:
    with pytest.raises(InvalidInput) as refused:
        typeset(FACTS, [Enclosure("good", PDF, a_pdf()), enclosure])
    assert [each.pointer for each in refused.value.faults] == ["/attachments/1"]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60))
@settings(max_examples=60, deadline=None)
def test_whatever_people_write_is_text_and_never_markup(said: str) -> None:
    facts = replace_everywhere(said)
    made = typeset(facts, [])
    assert made.page_count >= 2


def replace_everywhere(said: str) -> PacketFacts:
    tricky = f"{said} #panic() $x$ *b* _i_ @r <l> \\ ` ```"
    return PacketFacts(
        **{
            **{name: getattr(FACTS, name) for name in PacketFacts.__struct_fields__},
            "title": tricky,
            "argument": [tricky],
            "separately": [tricky],
            "payer": Addressee(tricky, [tricky]),
            "services": [Service(tricky, tricky, tricky, tricky, tricky)],
        }
    )


def test_markup_in_a_letter_is_shown_as_it_was_written() -> None:
    pages = texts(typeset(replace_everywhere("so"), []).content)
    assert "#panic() $x$ *b* _i_ @r <l>" in pages[1]


@pytest.mark.parametrize(
    ("cents", "written"),
    [(0, "$0.00"), (5, "$0.05"), (123_456_789, "$1,234,567.89"), (-100, "-$1.00")],
)
def test_amounts_are_written_as_in_a_letter(cents: int, written: str) -> None:
    assert money(cents) == written
