"""That a company which is not there was deleted: its certificate has to say so, signed."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import psycopg

from storage.deletion.certificate import DeletionCertificate, checked
from storage.deletion.errors import CertificateUnusable
from storage.deletion.register import Deletion, all_deletions, certificate_of
from storage.trail.verification import Roots


@dataclass(frozen=True)
class ClosedCompany:
    """A company that was closed; what speaks against its deletion where it is over."""

    deletion: Deletion
    objection: str | None = None

    @property
    def has_trail(self) -> bool:
        """Whether its chain is still there to be verified, as the owner."""
        return self.deletion.ended_at is None


def closed_companies(
    owner_url: str, key_ids: Collection[str], exported: Roots
) -> Iterator[ClosedCompany]:
    """Every company that was closed here, held against keys and roots that are not in the
    database. Raises psycopg.OperationalError."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for deletion in all_deletions(connection):
            if deletion.ended_at is None:
                yield ClosedCompany(deletion)
                continue
            text = certificate_of(connection, deletion.id)
            yield ClosedCompany(deletion, _objection(deletion, text, key_ids, exported))


def _objection(
    deletion: Deletion, text: str | None, key_ids: Collection[str], exported: Roots
) -> str | None:
    if text is None:
        return "there is no certificate of its deletion"
    try:
        said, signature = checked(text)
    except CertificateUnusable as error:
        return str(error)
    if signature.key_id not in key_ids:
        return "the certificate of its deletion is signed with a key that is not known"
    if not said.is_final or said.company_id != deletion.company_id:
        return "the certificate does not say that all of it is gone"
    return _objection_of_roots(said, exported)


def _objection_of_roots(said: DeletionCertificate, exported: Roots) -> str | None:
    """A chain that was exported must lead to the end that the certificate names."""
    ends = {root.log: (root.sequence, bytes.fromhex(root.hash)) for root in said.roots}
    for (company_id, log), seals in exported.items():
        if company_id != said.company_id:
            continue
        last, end = ends.get(log, (0, b""))
        if any(sequence > last or (sequence == last and {end} != hashes)
               for sequence, hashes in seals.items()):  # fmt: skip
            return f"{log} was longer or another one than the certificate says"
    return None
