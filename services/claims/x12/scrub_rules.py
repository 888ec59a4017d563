"""All rules of the scrubber, in the order in which their answers are shown."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from services.claims.x12.scrub_addresses import ADDRESS_RULES
from services.claims.x12.scrub_amounts import AMOUNT_RULES
from services.claims.x12.scrub_codes import CODE_RULES
from services.claims.x12.scrub_content import CONTENT_RULES
from services.claims.x12.scrub_identifiers import IDENTIFIER_RULES

if TYPE_CHECKING:
    from services.claims.x12.scrubbing import Rule

EDITION = dt.date(2026, 11, 26)
"""Of the rules as a whole; what one rule finds changes with its version."""

RULES: tuple[Rule, ...] = (
    *CONTENT_RULES,
    *AMOUNT_RULES,
    *IDENTIFIER_RULES,
    *ADDRESS_RULES,
    *CODE_RULES,
)
