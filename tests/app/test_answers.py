"""What goes out is what the answer's model names, and nothing else of a row."""

from dataclasses import dataclass

import pytest

from app.answers import Answer, encode
from storage.tables.claims import PayerFields
from storage.vocabulary.claims import PayerType


class NameAnswer(Answer):
    name: str


class NamesAnswer(Answer):
    first: NameAnswer
    others: list[NameAnswer]


ROW = PayerFields(name="Aetna", payer_identifier="60054", type=PayerType.COMMERCIAL)


@dataclass(frozen=True)
class Names:
    first: PayerFields
    others: list[PayerFields]


@dataclass(frozen=True, slots=True)
class NamesInSlots:
    first: PayerFields
    others: list[PayerFields]


def test_rows_within_an_answer_show_only_what_its_model_names() -> None:
    assert encode(NamesAnswer, Names(ROW, [ROW])) == (
        b'{"first":{"name":"Aetna"},"others":[{"name":"Aetna"}]}'
    )


def test_an_object_with_slots_which_would_show_all_is_not_encoded() -> None:
    with pytest.raises(TypeError, match="NamesInSlots has slots"):
        encode(NamesAnswer, NamesInSlots(ROW, [ROW]))
