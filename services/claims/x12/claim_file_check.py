"""The second look at a file of claims before it leaves: pyx12 against the guides' structure.

What pyx12 4.0.0 does not see, and this module therefore does not either: that the claim's charge
is the sum of its lines, check digits, whether a code exists in its code set, pointers to absent
diagnoses, a corrected claim without the payer's claim number, a patient without birth date. Those
are the scrubber's rules. It knows the guides 005010X222A1 and 005010X223A2 and no later addenda.

pyx12's own entry point parses a map of 1.1 MB on every call, keeps a node for every segment,
reads configuration files from the home directory and writes reports; so its walker and its maps
are driven from here: the maps are loaded once in a process, nothing but they is read from disk,
nothing is written, and memory does not grow with the file. Its messages quote the values that it
finds wrong, so they are replaced by codes, labels of our own and places.
"""

from __future__ import annotations

import io
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec
from pyx12.errors import EngineError, X12Error  # type: ignore[import-untyped]
from pyx12.map_if import load_map_file  # type: ignore[import-untyped]
from pyx12.map_walker import walk_tree  # type: ignore[import-untyped]
from pyx12.params import ParamsBase  # type: ignore[import-untyped]
from pyx12.x12file import X12Reader  # type: ignore[import-untyped]

from services.claims.x12.acknowledgement_codes import CODES, CodeList

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CONTROL_MAP = "x12.control.00501.xml"
_MAPS = {
    "005010X222A1": "837.5010.X222.A1.xml",
    "005010X223A2": "837Q3.I.5010.X223.A1.xml",
}
_LISTS = {
    "isa": CodeList.INTERCHANGE_NOTES,
    "gs": CodeList.GROUP_ERRORS,
    "st": CodeList.SET_ERRORS,
    "seg": CodeList.SEGMENT_ERRORS,
}
# Codes of pyx12's own.
_OWN_LABELS = {
    "HL1": "Levels are not numbered one by one",
    "HL2": "A level names a parent that is not open",
    "LX": "Service lines are not numbered one by one",
    "SEG1": "Segment holds an empty element at its end",
}
# What makes pyx12 give up is a verdict on the file, wherever in pyx12 that happens.
_GIVEN_UP = (X12Error, EngineError, LookupError, AttributeError, AssertionError, ValueError)
_MISSING = "3"
_CLAIM = "/2300/"  # in the path of a node
_UNREADABLE = "unreadable"
_NO_MAP = "no_map"


class StructureFault(msgspec.Struct, frozen=True, gc=False):
    """One thing that breaks the guide. Nothing in it quotes the file but its own numbers.

    ``code`` is of the list of a 999 or TA1 that ``code_list`` names, or ``unreadable`` or
    ``no_map``; ``place`` is the element (``NM109``, ``CLM05-01``) where it is of one.
    """

    code_list: CodeList | None
    code: str
    detail: str
    position: int  # of the segment in the file, from 1
    segment_identifier: str | None = None
    place: str | None = None
    patient_control_number: str | None = None  # of the claim that it is in, or that follows


def check_claim_file(chunks: Iterable[bytes], *, most: int = 1_000) -> list[StructureFault]:
    """The first ``most`` faults of a file of claims; none if it may leave.

    Never raises on content. Takes 3 to 10 ms a claim, so keep it off the event loop.
    """
    return list(islice(_Check().faults(chunks), most))


class _Check:
    """One walk through one file."""

    def __init__(self) -> None:
        self._position = 0
        self._claim: str | None = None
        self._before_claim: list[StructureFault] = []  # since the last HL, of the claim to come
        self._walker = walk_tree()
        self._segment_identifier = ""

    def faults(self, chunks: Iterable[bytes]) -> Iterator[StructureFault]:
        """Every fault, in the order of the file."""
        try:
            yield from self._walk(chunks)
        except _GIVEN_UP:
            yield from self._before_claim
            detail = "the file cannot be read on from here"
            yield StructureFault(None, _UNREADABLE, detail, self._position)

    def _walk(self, chunks: Iterable[bytes]) -> Iterator[StructureFault]:
        source = X12Reader(_Text(chunks))
        control = _map_named(_CONTROL_MAP)
        node = control.getnodebypath("/ISA_LOOP/ISA")
        for segment in source:
            self._position += 1
            self._segment_identifier = segment.get_seg_id() or ""
            earlier = self._claim
            yield from self._enter(segment)
            found, walked = self._step(control, node, segment, source)
            left_out = [each for each in walked if each.is_of_claim]  # told by what comes after it
            yield from self._told(left_out, earlier or self._claim)
            yield from self._told([each for each in walked if not each.is_of_claim])
            yield from self._told([_of_reader(*error[:2]) for error in source.pop_errors()])
            if found is None:
                continue
            node = found
            if self._segment_identifier == "GS":
                guide = segment.get_value("GS08")
                if guide not in _MAPS:
                    yield StructureFault(
                        None, _NO_MAP, "GS08 names no guide that is checked", self._position, "GS"
                    )
                    return
                claims = _map_named(_MAPS[guide])
                source.check_837_lx = True
                node = claims.getnodebypath("/ISA_LOOP/GS_LOOP/GS")
            _, wrong = node.is_valid_errors(segment)
            yield from self._told([_of_element(self._segment_identifier, each) for each in wrong])
        source.cleanup()
        yield from self._told([_of_reader(*error[:2]) for error in source.pop_errors()])
        yield from self._before_claim

    def _step(self, control: Any, node: Any, segment: Any, source: Any) -> tuple[Any, list[_Wrong]]:
        """The node of the map that the segment belongs to, and what was missing on the way."""
        walker, name = self._walker, self._segment_identifier
        if name == "ISA":
            walker.forceWalkCounterToLoopStart("/ISA_LOOP", "/ISA_LOOP/ISA")
            return control.getnodebypath("/ISA_LOOP/ISA"), []
        if name == "GS":
            walker.forceWalkCounterToLoopStart("/ISA_LOOP/GS_LOOP", "/ISA_LOOP/GS_LOOP/GS")
            return control.getnodebypath("/ISA_LOOP/GS_LOOP/GS"), []
        found, _, _, errors = walker.walk_errors(
            node, segment, source.get_seg_count(), source.get_cur_line(), source.get_ls_id()
        )
        walked = [
            _Wrong(
                CodeList.SEGMENT_ERRORS,
                error.err_cde,
                segment=error.map_node.id if error.err_cde == _MISSING else None,
                is_of_claim=error.err_cde == _MISSING and _CLAIM in error.map_node.get_path(),
            )
            for error in errors
        ]
        return found, walked

    def _enter(self, segment: Any) -> Iterator[StructureFault]:
        if self._segment_identifier == "CLM":
            self._claim = segment.get_value("CLM01")
            for fault in self._before_claim:
                yield msgspec.structs.replace(fault, patient_control_number=self._claim)
            self._before_claim = []
        elif self._segment_identifier in ("HL", "SE"):
            yield from self._before_claim
            self._claim, self._before_claim = None, []

    def _told(self, wrong: list[_Wrong], claim: str | None = None) -> Iterator[StructureFault]:
        """The faults of ``claim``, or of the one that the segment is in, or that follows."""
        claim = claim or self._claim
        for each in wrong:
            label = CODES.label(each.code_list, each.code) or _OWN_LABELS.get(each.code, "")
            fault = StructureFault(
                code_list=each.code_list,
                code=each.code,
                detail=label,
                position=self._position,
                segment_identifier=each.segment or self._segment_identifier,
                place=each.place,
                patient_control_number=claim,
            )
            if claim is None and self._segment_identifier not in ("ISA", "GS", "GE", "IEA"):
                self._before_claim.append(fault)
            else:
                yield fault


class _Wrong(msgspec.Struct, frozen=True, gc=False):
    """An error of pyx12 without the values that it quotes."""

    code_list: CodeList
    code: str
    segment: str | None = None
    place: str | None = None
    is_of_claim: bool = False  # a segment of a claim is missing


def _of_reader(level: str, code: str) -> _Wrong:
    return _Wrong(_LISTS.get(level, CodeList.SEGMENT_ERRORS), code)


def _of_element(segment: str, error: Any) -> _Wrong:
    """An error with a node of the map is of its element, one without is of the segment."""
    place = error.refdes or ""
    if isinstance(place, int) or not str(place).startswith(segment):
        place = f"{segment}{place:02}" if isinstance(place, int) else f"{segment}{place}"
    return _Wrong(CodeList.ELEMENT_ERRORS, error.err_cde, place=place)


@cache
def _map_named(name: str) -> Any:
    """A map of pyx12, read once: walking does not change it, so threads may share it."""
    return load_map_file(name, ParamsBase())


class _Text(io.TextIOBase):
    """Chunks of bytes as the text that pyx12 reads; Latin-1 loses nothing, and the check tells."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        super().__init__()
        self._chunks = iter(chunks)
        self._buffer = ""

    def read(self, size: int | None = -1) -> str:
        """The next ``size`` characters; fewer only at the end."""
        wanted = -1 if size is None else size
        while wanted < 0 or len(self._buffer) < wanted:
            chunk = next(self._chunks, None)
            if chunk is None:
                wanted = len(self._buffer)
                break
            self._buffer += chunk.decode("latin-1")
        taken, self._buffer = self._buffer[:wanted], self._buffer[wanted:]
        return taken
