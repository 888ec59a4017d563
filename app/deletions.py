"""Companies that are on their way out, as the installation's settings say."""

from collections.abc import Callable, Sequence
from uuid import UUID

from app.runtime import Installation
from storage.deletion.removing import BACKUPS_UNKNOWN, Outcome, go_on


def gone_on_with(
    place: Installation,
    *,
    only_new: bool = False,
    company_id: UUID | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
    waits: bool = True,
) -> Sequence[Outcome]:
    """Take out of every closed company what nothing holds any more; with ``only_new``, of those of
    which nothing was taken out yet; with ``company_id``, of that one. Once the program
    ``is_stopping``, the piece at hand is the last one; without ``waits`` nothing is done while
    maintenance or another deletion is at work.

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
        is_stopping=is_stopping,
        waits=waits,
    )
