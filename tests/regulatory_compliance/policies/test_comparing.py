"""What changed between two texts."""

from hypothesis import given
from hypothesis import strategies as st

from services.regulatory_compliance.policies.comparing import Block, Edit, compare_texts

TEXTS = st.lists(st.sampled_from(["a", "b", "a b", "a c.", "", "ä\u2028é", "\t"])).map("\n".join)


def side(blocks: list[Block], edit: Edit) -> str:
    return "".join(
        piece.text for block in blocks for piece in block.pieces if piece.edit in (Edit.KEPT, edit)
    )


@given(TEXTS | st.text(max_size=60), TEXTS | st.text(max_size=60))
def test_both_texts_can_be_put_together_again(earlier: str, later: str) -> None:
    blocks = list(compare_texts(earlier, later))
    assert side(blocks, Edit.REMOVED) == earlier
    assert side(blocks, Edit.ADDED) == later


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert not any(block.is_changed for block in compare_texts(text, text))


@given(TEXTS, TEXTS)
def test_blocks_name_the_lines_that_they_begin_with(earlier: str, later: str) -> None:
    old_line = new_line = 1
    for block in compare_texts(earlier, later):
        assert (block.earlier_line, block.later_line) == (old_line, new_line)
        old_line += len(side([block], Edit.REMOVED).splitlines())
        new_line += len(side([block], Edit.ADDED).splitlines())


def test_very_long_changes_are_shown_whole() -> None:
    (block,) = compare_texts("a " * 5000, "b " * 5000)
    assert [(piece.edit, len(piece.text)) for piece in block.pieces] == [
        (Edit.REMOVED, 10_000),
        (Edit.ADDED, 10_000),
    ]
