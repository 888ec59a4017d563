"""Appeals to test with, as far along as a test needs them."""

import io
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from uuid import UUID

import typst
from pypdf import PdfWriter

from services.approvals.asking import Asked
from services.claims.appealing import approving, drafting, packet, submitting
from services.claims.appealing.approving import PacketApproval
from services.claims.appealing.drafting import NewAppeal
from services.claims.appealing.submitting import Submission
from services.claims.appealing.typesetting import Enclosure, Typeset, typeset
from services.files.keeping import Bytes, NewFile, keep, written
from services.identity.authentication import Principal
from storage.interface import Store
from storage.tables.appeals import ClaimAppeal
from storage.tables.files import StoredFile
from storage.vocabulary.appeals import AppealMethod
from storage.vocabulary.files import FilePurpose
from tests.approvals.conftest import signed_in
from tests.builders.books import Books
from tests.builders.clocks import FixedClock

REASON = "The authorization was granted before the service, under number AUTH-5521."
FAXED = Submission(method=AppealMethod.FAX, reference="Fax confirmation 88213")


def a_pdf(pages: int = 1) -> bytes:
    """A readable PDF of so many pages."""
    source = "#pagebreak()\n".join(f"Page {at}\n" for at in range(1, pages + 1))
    made = typst.compile(source.encode(), ignore_system_fonts=True)
    assert isinstance(made, bytes)
    return made


def a_png() -> bytes:
    """A readable picture."""
    source = b"#set page(width: 200pt, height: 90pt)\nAuthorization"
    made = typst.compile(source, format="png", ignore_system_fonts=True)
    assert isinstance(made, bytes)
    return made


def locked_pdf() -> bytes:
    """A PDF that takes a password."""
    writer = PdfWriter(clone_from=io.BytesIO(a_pdf()))
    writer.encrypt("secret")
    packed = io.BytesIO()
    writer.write(packed)
    return packed.getvalue()


@dataclass
class Desk:
    """Somebody who works appeals in a company's books, and may approve them."""

    books: Books
    principal: Principal

    @classmethod
    async def open(cls, books: Books) -> "Desk":
        """A desk with somebody at it who has just proved who they are."""
        clock = FixedClock(books.storage.clock.now())
        return cls(books, await signed_in(books.storage, clock, books.company))

    def transaction(self) -> AbstractAsyncContextManager[Store]:
        """A transaction in the person's name."""
        actor = self.books.company.actor.named(self.principal.id)
        return self.books.storage.transaction(self.books.company.id, actor)

    async def file(
        self, content: bytes, *, media_type: str = "application/pdf", name: str = "notes.pdf"
    ) -> StoredFile:
        """A kept attachment."""
        new = NewFile(purpose=FilePurpose.ATTACHMENT, name=name, media_type=media_type)
        async with self.transaction() as store:
            return await keep(store, self.books.vault, new, content)

    async def draft(self, number: str = "PCN0001", **content: object) -> ClaimAppeal:
        """An appeal about all that was denied of a claim."""
        claim = await self.books.row(number)
        new = NewAppeal.model_validate({"reason": REASON} | content)
        async with self.transaction() as store:
            return await drafting.draft_appeal(store, claim.id, new, expected_version=claim.version)

    async def read(self, appeal_id: UUID) -> ClaimAppeal:
        """The appeal as it stands."""
        async with self.transaction() as store:
            return await drafting.get_appeal(store, appeal_id)

    async def rendered(self, appeal: ClaimAppeal) -> tuple[ClaimAppeal, Typeset]:
        """The appeal with its packet, and the packet."""
        books = self.books
        async with self.transaction() as store:
            content = await packet.content_of(store, appeal.id, expected_version=appeal.version)
        made = typeset(
            content.facts,
            [
                Enclosure(title, file.row.media_type, b"".join(books.vault.read(file.key)))
                for title, file in content.enclosures
            ],
        )
        actor = books.company.actor.named(self.principal.id)
        async with (
            written(
                books.storage,
                books.vault,
                books.company.id,
                actor,
                content.new_file,
                Bytes(made.content),
            ) as file,
            self.transaction() as store,
        ):
            recorded = await packet.record_packet(
                store, appeal.id, file, made.page_count, expected_version=appeal.version
            )
        return recorded, made

    async def approved(self, appeal: ClaimAppeal) -> ClaimAppeal:
        """The appeal with a packet that somebody else has approved."""
        recorded, _ = await self.rendered(appeal)
        approved = await (await Desk.open(self.books)).read_and_approved(recorded)
        assert isinstance(approved, ClaimAppeal)
        return approved

    async def read_and_approved(self, appeal: ClaimAppeal) -> ClaimAppeal | Asked[ClaimAppeal]:
        """What comes of approving the packet on record."""
        assert appeal.packet_sha256 is not None
        async with self.transaction() as store:
            return await approving.approve_packet(
                store,
                replace(self.principal, proven_at=store.now),
                appeal.id,
                PacketApproval(sha256=appeal.packet_sha256.hex()),
                expected_version=appeal.version,
            )

    async def submitted(self, appeal: ClaimAppeal, submission: Submission = FAXED) -> ClaimAppeal:
        """A ready appeal, sent."""
        async with self.transaction() as store:
            return await submitting.submit_appeal(
                store, appeal.id, submission, expected_version=appeal.version
            )
