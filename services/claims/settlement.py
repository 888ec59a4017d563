"""What a claim's adjudications make of its balances: a function of their set, not of their order.

``settle`` says what the ledger of a claim has to hold; ``ledger_deltas`` says what must be appended
to make it so. Both may run again at any time, in any order of arrival, with the same end. Amounts
are cents.

Rules and their sources:

- Every CLP that counts is a payment of its own, and a reversal is the contra payment of what it
  reverses (X12 RFI 1147, 1429: a reversal negates every charge, payment and adjustment). A reversal
  of something that is not in the set does nothing, so it never makes a balance negative; the second
  reversal of one adjudication, and the reversal of a reversal, do nothing either.
  ``reversal_fault`` tells the caller beforehand. Predeterminations and claims that are not the
  payer's move no money at all (CLP02 25, 23).
- Among the decisions of one payer, a full denial gives way to any decision that is none; among
  full denials only the latest counts; all others add up, because payers split a claim over several
  CLPs. ``exceeds_claim_charge`` tells the caller when they add up to too much.
- Written off are amounts of the groups CO, PI and OA whose reason is contractual or a payment
  reduction. Denials stay in the insurance balance, because somebody has to work them (openemr#7186
  is what happens otherwise); so do reasons that the table does not know. PR is never written off.
- A later payer states again what an earlier one has written off (CARC 45 forbids it, payers do it).
  For payer k let C be the write-offs that it states, E what it puts down to earlier payers (CARC
  23), P the payments and W the posted write-offs of the earlier payers. Payer k's own arithmetic is
  ``charge = paid + C + E + PR + denied``; the claim's is ``charge = P + W + paid + posted + PR +
  denied``. Hence ``posted = C + E - P - W``, kept between 0 and C. Without a decision of an earlier
  payer all of C is posted. It is reckoned for the claim and not for its lines: CARC 23 and CARC 45
  also come at claim level, payers recode, split and merge lines, and only CLP03 is the same figure
  for all of them.
- The patient owes the PR of the last payer, once it has decided; until then all that is open is the
  payers'. The last payer is the highest of ``payer_count`` and the sequences that have decided. A
  payer that forwards a claim (CLP02 19 to 21) is not the last: the caller counts the next one in
  ``payer_count`` even when its name is not known yet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.claims.adjudication_status import AdjudicationStatus, adjudication_status
from services.claims.adjustment_reasons import REASONS, ReasonNature
from services.claims.outcomes import UNDECIDED_OUTCOMES, AdjudicationOutcome
from storage.vocabulary.claims import LedgerKind
