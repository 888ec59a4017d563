"""The words of moving records over from another installation."""

from enum import StrEnum


class ImportStatus(StrEnum):
    """Where an import stands.

    RECEIVED: its files are kept, and nothing of them is on record.
    CHECKING: every record is being checked and gets its outcome.
    WRITING: what can be placed is being written, one transaction a map.
    DONE: all of it was written; of a trial, all of it was checked.
    REFUSED: a file cannot be read, nobody agreed to what it changes, or another import was written
    before it went on; ``refusal`` says which, and what then was written.
    """

    RECEIVED = "received"
    CHECKING = "checking"
    WRITING = "writing"
    DONE = "done"
    REFUSED = "refused"


class ImportOutcome(StrEnum):
    """What becomes of one record, by its check; it has become so once its map is written.

    PLACED: a new row. CHANGED: a row of an earlier import follows. UNCHANGED: it is as an earlier
    import left it. MERGED: a duplicate of a row that is there. QUARANTINED: it waits to be mended.
    HELD: nothing here can hold its kind yet; it is kept byte for byte.
    """

    PLACED = "placed"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    MERGED = "merged"
    QUARANTINED = "quarantined"
    HELD = "held"
