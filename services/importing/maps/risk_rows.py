"""The rows of risks and their controls that come over, gathered for many assessments and written
together; and what a record says of each."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from services.importing.declaration import Values
from storage.identifiers import new_id
from storage.interface import Store
from storage.tables.risks import AssessedRiskFields, RiskControlFields
from storage.vocabulary.risks import RiskTreatment

RISK, CONTROL, DOCUMENT = "risk", "control", "document"
"""The kinds of parts of an assessment; a risk's controls come behind it."""
OWNER = "owner_person_id"
WORDS = {
    RISK: ("category", "description", "likelihood", "impact"),
    CONTROL: ("state", "description"),
    DOCUMENT: ("description",),
}
"""What a record says of a part, beside whose it is."""

Words = tuple[object, ...]


def words_of(kind: str, values: Mapping[str, object]) -> Words:
    """What is said of a part, in a record or in its row."""
    return tuple(values[name] for name in WORDS[kind])


def with_controls(parts: Iterable[Values]) -> list[tuple[Values, list[Values]]]:
    """The risks among the parts of an assessment, each with its controls."""
    risks: list[tuple[Values, list[Values]]] = []
    for part in parts:
        if part["of"] == RISK:
            risks.append((part, []))
        elif part["of"] == CONTROL:
            risks[-1][1].append(part)
    return risks


class NewRisks:
    """Risks with their controls: until somebody assesses what is left, it is what it was."""

    def __init__(self) -> None:
        self._risks: dict[UUID, AssessedRiskFields] = {}
        self._controls: list[RiskControlFields] = []

    def add(self, assessment_id: UUID, risk: Values, controls: Iterable[Values]) -> None:
        """One risk of an assessment."""
        risk_id = new_id()
        self._risks[risk_id] = AssessedRiskFields.model_construct(
            assessment_id=assessment_id,
            residual_likelihood=risk["likelihood"],
            residual_impact=risk["impact"],
            treatment=RiskTreatment.MITIGATE,
            owner_person_id=risk[OWNER],
            **{name: risk[name] for name in WORDS[RISK]},
        )
        for each in controls:
            self.add_control(assessment_id, risk_id, words_of(CONTROL, each))

    def add_control(self, assessment_id: UUID, risk_id: UUID, words: Words) -> None:
        """A control of a risk."""
        given: Values = dict(zip(WORDS[CONTROL], words, strict=True))
        self._controls.append(
            RiskControlFields.model_construct(assessment_id=assessment_id, risk_id=risk_id, **given)
        )

    async def write(self, store: Store) -> None:
        """Write what was added."""
        await store.assessed_risks.create_many(list(self._risks.values()), ids=list(self._risks))
        await store.risk_controls.create_many(self._controls)
