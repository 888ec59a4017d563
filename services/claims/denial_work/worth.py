"""What working a denial is expected to bring, with all of the arithmetic.

``denied amount x P(overturn | payer, category) - cost of the work``, in whole cents. P is the part
of denied money that came back when the payer decided again. It comes from the company's own
outcomes: those of one payer and category, shrunk to the rate of the whole company, which is itself
shrunk to a stated prior. Everything is an integer (basis points are parts of 10,000), so that a
statement of the database and the explanation of a single denial say the same to the cent.
"""

import tomllib
from collections.abc import Sequence
from importlib.resources import files
from uuid import UUID

import msgspec

from storage.figures import DenialWorth, OutcomeTotals

WHOLE = 10_000
"""Basis points of all of an amount."""


class Prior(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rate of a company of which nothing is known, and how many outcomes it counts as."""

    basis_points: int
    outcomes: int
    source: str


class Shrinkage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many outcomes of a payer and category weigh as much as the company's rate."""

    outcomes: int
    source: str


class WorkCosts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it costs to work a denial once."""

    correction_cents: int
    appeal_cents: int
    verified: bool
    source: str


class _WorthFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    edition: object
    prior: Prior
    shrinkage: Shrinkage
    work_costs: WorkCosts


_TABLE = msgspec.convert(
    tomllib.loads(files("services.claims").joinpath("data/denial_worth.toml").read_text("utf-8")),
    _WorthFile,
)
PRIOR, SHRINKAGE, WORK_COSTS = _TABLE.prior, _TABLE.shrinkage, _TABLE.work_costs


class Odds(msgspec.Struct, frozen=True):
    """P(overturn) of a payer and category, and what it is made of."""

    decided: int
    recovered_basis_points: int
    company_decided: int
    company_recovered_basis_points: int
    company_basis_points: int
    basis_points: int


class ExpectedValue(msgspec.Struct, frozen=True):
    """What working a denial is expected to bring: ``denied_cents x odds.basis_points / 10,000``,
    rounded half up, less ``work_cost_cents``."""

    denied_cents: int
    odds: Odds
    work_cost_cents: int
    work_cost_is_assumed: bool
    expected_cents: int
    formula: str


class Experience:
    """What a company has learned, by payer and category, and what it says that the work costs;
    what it does not say is assumed."""

    def __init__(
        self,
        totals: Sequence[OutcomeTotals],
        *,
        correction_cost_cents: int | None = None,
        appeal_cost_cents: int | None = None,
    ) -> None:
        self._is_assumed = (appeal_cost_cents is None, correction_cost_cents is None)
        self._costs = (
            WORK_COSTS.appeal_cents if appeal_cost_cents is None else appeal_cost_cents,
            WORK_COSTS.correction_cents if correction_cost_cents is None else correction_cost_cents,
        )
        self._cells = {(each.payer_id, each.category): each for each in totals}
        self._decided = sum(each.decided for each in totals)
        self._recovered = sum(each.recovered_basis_points for each in totals)
        self._company = shrunk(
            decided=self._decided,
            recovered_basis_points=self._recovered,
            towards_basis_points=PRIOR.basis_points,
            weight=PRIOR.outcomes,
        )

    def odds(self, payer_id: UUID, category: str) -> Odds:
        """P(overturn) of a payer and category."""
        cell = self._cells.get((payer_id, category))
        decided = 0 if cell is None else cell.decided
        recovered = 0 if cell is None else cell.recovered_basis_points
        return Odds(
            decided=decided,
            recovered_basis_points=recovered,
            company_decided=self._decided,
            company_recovered_basis_points=self._recovered,
            company_basis_points=self._company,
            basis_points=shrunk(
                decided=decided,
                recovered_basis_points=recovered,
                towards_basis_points=self._company,
                weight=SHRINKAGE.outcomes,
            ),
        )

    @property
    def worth(self) -> DenialWorth:
        """The same for a statement that sorts many denials."""
        return DenialWorth(
            basis_points={key: self.odds(*key).basis_points for key in self._cells},
            other_basis_points=self._company,
            correction_cost_cents=self._costs[True],
            appeal_cost_cents=self._costs[False],
        )

    def value(
        self, *, payer_id: UUID, category: str, amount_cents: int, is_correctable: bool
    ) -> ExpectedValue:
        """What working one denial is expected to bring."""
        odds = self.odds(payer_id, category)
        denied = max(amount_cents, 0)
        cost, is_assumed = self._costs[is_correctable], self._is_assumed[is_correctable]
        gross = divided(denied * odds.basis_points, WHOLE)
        return ExpectedValue(
            denied_cents=denied,
            odds=odds,
            work_cost_cents=cost,
            expected_cents=gross - cost,
            work_cost_is_assumed=is_assumed,
            formula=_formula(
                odds, denied, gross, cost, is_correctable=is_correctable, is_assumed=is_assumed
            ),
        )


def shrunk(
    *, decided: int, recovered_basis_points: int, towards_basis_points: int, weight: int
) -> int:
    """A rate in basis points, drawn towards another as if that had been seen ``weight`` times."""
    return divided(recovered_basis_points + weight * towards_basis_points, decided + weight)


def divided(dividend: int, divisor: int) -> int:
    """The quotient of two numbers that are not negative, rounded half up."""
    return (2 * dividend + divisor) // (2 * divisor)


def _formula(
    odds: Odds, denied: int, gross: int, cost: int, *, is_correctable: bool, is_assumed: bool
) -> str:
    """The arithmetic as a person reads it."""
    company = (
        f"company ({odds.company_recovered_basis_points} + {PRIOR.outcomes} x"
        f" {PRIOR.basis_points}) / ({odds.company_decided} + {PRIOR.outcomes}) ="
        f" {odds.company_basis_points}"
    )
    cell = (
        f"payer and category ({odds.recovered_basis_points} + {SHRINKAGE.outcomes} x"
        f" {odds.company_basis_points}) / ({odds.decided} + {SHRINKAGE.outcomes}) ="
        f" {odds.basis_points} basis points"
    )
    work = "a correction" if is_correctable else "an appeal"
    if is_assumed:
        work += " (assumed)"
    value = (
        f"{denied} x {odds.basis_points} / {WHOLE} = {gross};"
        f" less {cost} for {work} = {gross - cost} cents"
    )
    return f"{company}; {cell}; {value}"
