"""What adjustment reasons and remarks are called where people work: by the wording that the company
has loaded under its licence, else by our own short label, else by nothing but the code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.claims.remittances.adjustment_reasons import REASONS
from services.claims.scrubbing.code_lookup import code_sets_for
from services.claims.x12.scrub_tables import CodeSet
from storage.interface import Store
from storage.vocabulary.codes import CodeKind

_KINDS = (CodeKind.ADJUSTMENT_REASONS, CodeKind.REMARKS)


class WordingSource(StrEnum):
    """Whose words they are: the edition's that the company has loaded, ours, or nobody's."""

    LOADED = "loaded"
    OURS = "ours"
    NONE = "none"


@dataclass(frozen=True)
class CodeWording:
    """What a code is called; ``text`` is empty where nobody has words for it."""

    kind: CodeKind
    code: str
    text: str
    source: WordingSource


class Wordings:
    """The words for some codes."""

    def __init__(self, loaded: Mapping[CodeKind, CodeSet]) -> None:
        self._loaded = loaded

    def reason(self, code: str, on: dt.date) -> CodeWording:
        """A claim adjustment reason on the day of a decision."""
        known = REASONS.reason(code, on)
        ours = "" if known is REASONS.unknown else known.label
        return self._worded(CodeKind.ADJUSTMENT_REASONS, code, on, ours)

    def remark(self, code: str, on: dt.date) -> CodeWording:
        """A remittance advice remark on the day of a decision."""
        known = REASONS.remark(code)
        return self._worded(CodeKind.REMARKS, code, on, "" if known is None else known.label)

    def of(self, reasons: Iterable[str], remarks: Iterable[str], on: dt.date) -> list[CodeWording]:
        """Those of some codes, each once."""
        return [
            *(self.reason(code, on) for code in dict.fromkeys(reasons)),
            *(self.remark(code, on) for code in dict.fromkeys(remarks)),
        ]

    def _worded(self, kind: CodeKind, code: str, on: dt.date, ours: str) -> CodeWording:
        known = self._loaded.get(kind)
        if known is not None and (text := known.label(code, on)):
            return CodeWording(kind, code, text, WordingSource.LOADED)
        source = WordingSource.OURS if ours else WordingSource.NONE
        return CodeWording(kind, code, ours, source)


async def wordings_for(store: Store, codes: Collection[str]) -> Wordings:
    """The words for reasons and remarks with these codes, in two statements."""
    return Wordings(await code_sets_for(store, _KINDS, codes))
