"""What people note while they work a denial: never changed, never removed."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.inputs import Input, LongText
from storage.filters import ByDenial
from storage.interface import Page, Store
from storage.tables.denial_work import DenialNote, DenialNoteFields


class NewNote(Input):
    """What was done or found out."""

    text: Annotated[
        LongText, Field(examples=["Called provider services: the authorization is on file."])
    ]


async def add_note(store: Store, denial_id: UUID, note: NewNote) -> DenialNote:
    """Note something about a denial, in whatever state it is. Raises RowNotFound."""
    denial = await store.denials.get(denial_id)
    return await store.denial_notes.create(
        DenialNoteFields(denial_id=denial.id, patient_id=denial.patient_id, text=note.text)
    )


async def list_notes(
    store: Store, denial_id: UUID, *, limit: int, after: UUID | None
) -> Page[DenialNote]:
    """The notes about a denial, newest first. Raises RowNotFound."""
    await store.denials.get(denial_id)
    return await store.denial_notes.list(ByDenial(denial_id=denial_id), limit=limit, after=after)
