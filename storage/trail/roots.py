"""The ends of all chains, written down to be kept where the database's owner cannot reach them.

A chain that lies beside the rows proves little to someone who owns both: they could rewrite it.
They cannot rewrite what was exported before.
"""

from collections.abc import Iterable
from uuid import UUID

import msgspec

from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor, IStorage
from storage.trail.chain import seal_message
from storage.trail.forms import SEALED_LOGS
from storage.trail.keys import KnownKeys, SignatureCheck
from storage.trail.verification import Roots


class RootsUnusable(Exception):
    """The file of exported roots cannot be read, or was altered itself; says which line."""


class Root(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last seal of one log of one company; hash and signature in hexadecimal."""

    company: str
    company_id: UUID
    log: str
    sequence: int
    hash: str
    key_id: str
    signature: str
    sealed_at: str
    exported_at: str | None = None


async def roots_of(storage: IStorage, company_id: UUID, slug: str) -> list[Root]:
    """The present ends of a company's chains. Raises StorageUnavailable."""
    found = []
    async with storage.transaction(company_id, Actor(SYSTEM_ACTOR_ID, new_id())) as store:
        for log in SEALED_LOGS:
            last = await store.sealing.last_seal(log)
            if last is not None:
                found.append(
                    Root(
                        company=slug,
                        company_id=company_id,
                        log=log,
                        sequence=last.sequence,
                        hash=last.hash.hex(),
                        key_id=last.key_id,
                        signature=last.signature.hex(),
                        sealed_at=last.recorded_at.isoformat(),
                        exported_at=store.now.isoformat(),
                    )
                )
    return found


def write_roots(roots: Iterable[Root]) -> str:
    """Roots as JSON lines."""
    return "".join(msgspec.json.encode(root).decode() + "\n" for root in roots)


def read_roots(text: str, keys: KnownKeys) -> Roots:
    """Roots from JSON lines, any number of exports one after another.

    Raises RootsUnusable, also for a root that no known key signed.
    """
    roots: dict[tuple[UUID, str], dict[int, set[bytes]]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            root = msgspec.json.decode(line, type=Root)
            hash_, signature = bytes.fromhex(root.hash), bytes.fromhex(root.signature)
        except (msgspec.DecodeError, ValueError) as error:
            raise RootsUnusable(f"line {number} is not an exported root: {error}") from error
        known = roots.setdefault((root.company_id, root.log), {}).setdefault(root.sequence, set())
        if hash_ in known:
            continue
        signed = keys.check(key_id=root.key_id, signature=signature, message=seal_message(hash_))
        if signed is not SignatureCheck.GOOD:
            raise RootsUnusable(f"line {number}: the signature is not good ({signed} signature)")
        known.add(hash_)
    return roots


def merged_roots(exports: Iterable[Roots]) -> Roots:
    """Everything that several exports say."""
    merged: dict[tuple[UUID, str], dict[int, set[bytes]]] = {}
    for export in exports:
        for chain, hashes in export.items():
            for sequence, known in hashes.items():
                merged.setdefault(chain, {}).setdefault(sequence, set()).update(known)
    return merged
