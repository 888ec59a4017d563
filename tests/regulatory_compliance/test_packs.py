"""Packs are whole, say where they come from, and tell what an upgrade changes."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.regulatory_compliance.packs import (
    InvalidPack,
    Pack,
    PackRequirement,
    difference,
    read_pack,
    shipped_packs,
)
from storage.vocabulary.compliance import Frequency, Program, Specification


def test_the_security_rule_is_there_as_its_appendix_counts_it() -> None:
    """Appendix A to subpart C of part 164: what is required and what is addressable."""
    sections = ("164.308", "164.310", "164.312")
    counted = Counter(
        (section, each.specification)
        for each in shipped_packs()["hipaa-security"].requirements
        for section in sections
        if section in each.code and each.specification
    )
    assert counted == {
        ("164.308", Specification.REQUIRED): 12,
        ("164.308", Specification.ADDRESSABLE): 11,
        ("164.310", Specification.REQUIRED): 4,
        ("164.310", Specification.ADDRESSABLE): 6,
        ("164.312", Specification.REQUIRED): 4,
        ("164.312", Specification.ADDRESSABLE): 5,
    }


def test_every_section_of_the_security_rule_is_there() -> None:
    codes = " ".join(each.code for each in shipped_packs()["hipaa-security"].requirements)
    for section in ("164.308(b)", "164.310(c)", "164.312(e)", "164.314(b)", "164.316(b)(2)(iii)"):
        assert section in codes


def test_every_program_with_a_pack_is_the_original_s() -> None:
    assert {each.program for each in shipped_packs().values()} == {
        Program.HIPAA,
        Program.MIPS,
        Program.OSHA,
        Program.STATE_LICENSING,
    }
    assert shipped_packs()["state-licensing"].requirements == ()


def test_codes_are_unique_over_all_packs_and_known_by_their_earlier_ones() -> None:
    codes = [each.code for pack in shipped_packs().values() for each in pack.requirements]
    assert len(set(codes)) == len(codes)
    earlier = {
        name
        for pack in shipped_packs().values()
        for each in pack.requirements
        for name in each.earlier_codes
    }
    assert {"HIPAA-SEC-001", "HIPAA-PRIV-001"} <= earlier
    assert {"MIPS-QUAL-001", "MIPS-IA-001"} <= set(codes)


HEAD = 'id = "x"\nversion = "1"\nprogram = "HIPAA"\nname = "X"\nsource = "a law"\n'
ONE = """
[[requirements]]
code = "{code}"
citation = "1 CFR 1"
name = "Something"
description = "Do it."
category = "all"
frequency = "annual"
"""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "missing required field"),
        ("id = ", "Invalid value"),
        (HEAD, "requirements"),
        (HEAD + ONE.format(code="A") + 'colour = "red"', "unknown field `colour`"),
        (HEAD + ONE.format(code="A") * 2, "A stands there twice"),
        (HEAD + ONE.format(code=" "), "are needed"),
        (HEAD + ONE.format(code="A") + 'standard = "B"', "the standard B is not in the pack"),
        (HEAD + ONE.format(code="A") + 'due_day = "02-30"', "is no MM-DD"),
        (HEAD + ONE.format(code="A") + 'due_day = "2-3"', "is no MM-DD"),
    ],
)
def test_a_pack_that_cannot_be_used_says_why(text: str, fault: str) -> None:
    with pytest.raises(InvalidPack) as refused:
        read_pack(text)
    assert fault in str(refused.value)


def test_a_due_day_may_be_the_29th_of_february() -> None:
    pack = read_pack(HEAD + ONE.format(code="A") + 'due_day = "02-29"')
    assert pack.requirements[0].due_day == "02-29"


requirements = st.dictionaries(
    st.sampled_from("ABCDEF"),
    st.builds(
        PackRequirement,
        code=st.just(""),
        citation=st.just("1 CFR 1"),
        name=st.sampled_from(["One", "Other"]),
        description=st.just("Do it."),
        category=st.just("all"),
        frequency=st.sampled_from(Frequency),
    ),
).map(lambda chosen: tuple(replace(each, code=code) for code, each in chosen.items()))
packs = st.builds(
    Pack,
    id=st.just("x"),
    version=st.just("1"),
    program=st.just(Program.OSHA),
    name=st.just("X"),
    source=st.just("a law"),
    requirements=requirements,
)


@given(before=packs, after=packs)
def test_the_difference_turns_one_version_into_the_other(before: Pack, after: Pack) -> None:
    found = difference(before, after)
    upgraded = {each.code: each for each in before.requirements}
    for each in found.removed:
        del upgraded[each.code]
    upgraded |= {each.code: each for each in found.added}
    for change in found.changed:
        assert upgraded[change.after.code] == change.before
        assert change.fields
        upgraded[change.after.code] = change.after
    assert upgraded == {each.code: each for each in after.requirements}


@given(pack=packs)
def test_a_version_does_not_differ_from_itself(pack: Pack) -> None:
    found = difference(pack, pack)
    assert (found.added, found.removed, found.changed) == ((), (), ())
