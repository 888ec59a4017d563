"""What retention holds of a closed company, for whoever may demand it: told by the operator, handed
out as an archive, and that it was is in the company's own trail, with the reason."""

import datetime as dt
import json
from pathlib import Path

from storage.archive.exporting import export_company
from storage.archive.manifest import Connection, Manifest
from storage.clock import Clock, SystemClock
from storage.deletion.closing import as_owner, bound
from storage.deletion.errors import DeletionRefused
from storage.deletion.planning import PlannedTable, tables_of_company
from storage.deletion.register import Deletion, all_deletions, certificate_of
from storage.files import FileVault
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.secrets.keyring import Keyring

LONGEST_REASON = 500
_NOTE = """
UPDATE company_deletions SET openings = openings || %(opening)s::jsonb WHERE id = %(id)s"""
_ON_RECORD = """
INSERT INTO audit_log (company_id, id, recorded_at, recorded_by, request_id, action, entity,
                       entity_id, after)
VALUES (%(company_id)s, %(id)s, %(now)s, %(by)s, %(request_id)s, 'update', 'company_deletions',
        %(entity_id)s, %(after)s::jsonb)"""


def held_tables(
    owner_url: str, slug: str, *, clock: Clock | None = None
) -> tuple[Deletion, list[PlannedTable]]:
    """What is held of a company that was deleted. Raises DeletionRefused where nothing is, or
    nothing was removed yet; psycopg.OperationalError."""
    with as_owner(owner_url) as owner:
        deletion = _held(owner, slug)
        now = (clock or SystemClock()).now()
        with bound(owner, deletion.company_id):
            found = tables_of_company(
                owner,
                deletion.company_id,
                years=deletion.retention_years,
                is_handed_over=deletion.is_handed_over,
                now=now,
            )
    return deletion, [each for each in found if each.held]


def hand_out(
    owner_url: str,
    slug: str,
    target: Path,
    passphrase: str,
    *,
    reason: str,
    vault: FileVault,
    keyring: Keyring,
    clock: Clock | None = None,
) -> Manifest:
    """Write what is held of a company to a new archive of the form of its export. That somebody
    wants it, and why, is in the trail before anything is read, whatever becomes of it.

    No deletion is at work meanwhile. Raises DeletionRefused, ExportFailed, SchemaUnfit,
    psycopg.OperationalError.
    """
    assert 0 < len(reason) <= LONGEST_REASON
    clock = clock or SystemClock()
    with as_owner(owner_url) as owner:
        deletion = _held(owner, slug)
        with bound(owner, deletion.company_id):
            _put_on_record(owner, deletion, reason, clock.now())
        return export_company(
            owner_url, slug, target, passphrase, vault=vault, keyring=keyring, clock=clock
        )


def _held(owner: Connection, slug: str) -> Deletion:
    """The newest deletion of a company of that slug of which something is held."""
    known = [each for each in all_deletions(owner) if each.slug == slug]
    if not known:
        raise DeletionRefused(f"no company of the slug {slug!r} was deleted")
    if known[-1].ended_at is not None:
        raise DeletionRefused(f"nothing is held of {slug} any more: it is gone")
    if certificate_of(owner, known[-1].id) is None:
        raise DeletionRefused(f"{slug} is still on its way out (`wellkept company deletions`)")
    return known[-1]


def _put_on_record(owner: Connection, deletion: Deletion, reason: str, now: dt.datetime) -> None:
    opening = {"at": now.isoformat(), "reason": reason}
    owner.execute(_NOTE.encode(), {"id": deletion.id, "opening": json.dumps([opening])})
    owner.execute(
        _ON_RECORD.encode(),
        {
            "company_id": deletion.company_id,
            "id": new_id(),
            "now": now,
            "by": OPERATOR_ACTOR_ID,
            "request_id": new_id(),
            "entity_id": deletion.id,
            "after": json.dumps({"opening": opening}),
        },
    )
