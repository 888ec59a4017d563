"""The lists that CMS publishes in JSON (CMSgov/qpp-measures-data): read whole, or told why not."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec


class ListFault(msgspec.Struct, frozen=True):
    """What is wrong with one entry of a list, counted from 1; 0 is the list itself."""

    entry: int
    message: str


class InvalidList(Exception):
    """A list that cannot be used; ``faults`` names everything that is wrong."""

    def __init__(self, faults: list[ListFault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


Entry = TypeVar("Entry")


def read_list(
    content: bytes,
    decoder: msgspec.json.Decoder[Entry],
    *,
    name_of: Callable[[Entry], str],
    faults_of: Callable[[Entry], Iterator[str]],
) -> list[Entry]:
    """The entries of a list, of which no two have one name.

    Raises InvalidList with every fault: what is not JSON of this form, what ``faults_of`` an entry
    tells, and an entry that stands there twice.
    """
    try:
        raw = msgspec.json.decode(content, type=list[msgspec.Raw])
    except msgspec.DecodeError as error:
        raise InvalidList([ListFault(0, f"is no list in JSON: {error}")]) from None
    if not raw:
        raise InvalidList([ListFault(0, "is empty")])
    entries: dict[str, Entry] = {}
    faults: list[ListFault] = []
    for number, text in enumerate(raw, start=1):
        try:
            entry = decoder.decode(text)
        except msgspec.DecodeError as error:
            faults.append(ListFault(number, str(error)))
            continue
        name = name_of(entry)
        if name in entries:
            faults.append(ListFault(number, f"{name} stands there twice"))
        entries[name] = entry
        faults += [ListFault(number, message) for message in faults_of(entry)]
    if faults:
        raise InvalidList(faults)
    return list(entries.values())
