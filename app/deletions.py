"""Companies that are on their way out, as the installation's settings say."""

from collections.abc import Sequence
from uuid import UUID

from app.runtime import Installation
from storage.deletion.removing import BACKUPS_UNKNOWN, Outcome, go_on


def gone_on_with(
    place: Installation, *, only_new: bool = False, company_id: UUID | None = None
) -> Sequence[Outcome]:
    """Take out of every closed company what nothing holds any more; with ``only_new``, of those of
    which nothing was taken out yet; with ``company_id``, of that one.

    Raises SettingsError, SchemaUnfit, psycopg.OperationalError.
    """
    days = place.settings.backup_days
    backups = (
        BACKUPS_UNKNOWN
        if days == 0
        else "Backups that were made before hold the company; the installation keeps each of them"
        f" for {days} days."
    )
    return go_on(
        place.owner,
        vault=place.vault,
        signer=place.signing.signer,
        backups=backups,
        only_new=only_new,
        company_id=company_id,
    )
