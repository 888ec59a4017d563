"""The lines of a claim; its total follows them, and its version rises with every change."""

import datetime as dt
from uuid import UUID

from services.claims.claims import (
    ClaimWithLines,
    hold_claim,
    line_fields,
    lines_of,
    publish_reopened,
    reopening,
    require_editable,
    too_many_lines,
)
from services.claims.drafts import LineChanges, NewLine
from services.refusals import Fault, InvalidInput
from storage.errors import RowNotFound
from storage.interface import Store
from storage.tables.claims import Claim, ClaimLine


async def add_line(
    store: Store, claim_id: UUID, new: NewLine, *, expected_version: int
) -> ClaimWithLines:
    """Add a line at the end, under a number that no line of the claim has ever had.

    Raises RowNotFound, VersionConflict, ClaimNotEditable, InvalidInput.
    """
    claim, lines = await _hold(store, claim_id, expected_version=expected_version)
    if faults := too_many_lines(claim.type, len(lines) + 1):
        raise InvalidInput(faults)
    _require_period(new.service_date or claim.service_date, new.service_until)
    added = await store.claim_lines.create(
        line_fields(
            new,
            claim_id=claim_id,
            control_number=claim.patient_control_number,
            line_number=len(lines) + len(claim.removed_line_ids) + 1,
            claim_date=claim.service_date,
        )
    )
    return await _save_total(store, claim, [*lines, added])


async def change_line(
    store: Store, claim_id: UUID, line_id: UUID, changes: LineChanges, *, expected_version: int
) -> ClaimWithLines:
    """Change a line. Raises RowNotFound, VersionConflict, ClaimNotEditable, InvalidInput."""
    claim, lines = await _hold(store, claim_id, expected_version=expected_version)
    line = _line(lines, line_id)
    given = changes.given()
    _require_period(
        changes.service_date or line.service_date,
        changes.service_until if "service_until" in given else line.service_until,
    )
    changed = await store.claim_lines.update(line_id, given, expected_version=line.version)
    return await _save_total(
        store, claim, [changed if each.id == line_id else each for each in lines]
    )


async def remove_line(
    store: Store, claim_id: UUID, line_id: UUID, *, expected_version: int
) -> ClaimWithLines:
    """Remove a line; the others keep their numbers.

    Raises RowNotFound, VersionConflict, ClaimNotEditable.
    """
    claim, lines = await _hold(store, claim_id, expected_version=expected_version)
    line = _line(lines, line_id)
    await store.claim_lines.delete(line_id, expected_version=line.version)
    return await _save_total(
        store, claim, [each for each in lines if each.id != line_id], removed=[line_id]
    )


async def _hold(
    store: Store, claim_id: UUID, *, expected_version: int
) -> tuple[Claim, list[ClaimLine]]:
    claim = await hold_claim(store, claim_id, expected_version=expected_version)
    require_editable(claim)
    return claim, await lines_of(store, claim_id)


def _line(lines: list[ClaimLine], line_id: UUID) -> ClaimLine:
    for line in lines:
        if line.id == line_id:
            return line
    raise RowNotFound("claim_lines")


def _require_period(first: dt.date, until: dt.date | None) -> None:
    """Raises InvalidInput."""
    if until is not None and until < first:
        raise InvalidInput([Fault("/service_until", "lies before the service begins")])


async def _save_total(
    store: Store, claim: Claim, lines: list[ClaimLine], *, removed: list[UUID] | None = None
) -> ClaimWithLines:
    changes = reopening(claim) | {"total_charge_cents": sum(line.charge_cents for line in lines)}
    if removed:
        changes["removed_line_ids"] = [*claim.removed_line_ids, *removed]
    saved = await store.claims.update(claim.id, changes, expected_version=claim.version)
    await publish_reopened(store, claim)
    return ClaimWithLines(saved, lines)
