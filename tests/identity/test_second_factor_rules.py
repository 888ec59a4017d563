"""Codes of the clock, recovery codes and the states of a factor, without a database."""

import datetime as dt

import pyotp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.identity import recovery_codes
from services.identity.factor import OFFER_LIFETIME, Factor
from services.identity.time_codes import (
    STEP_SECONDS,
    code_at,
    is_time_code,
    new_secret,
    setup_address,
    step_at,
    step_of,
    without_blanks,
)

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
STEP = dt.timedelta(seconds=STEP_SECONDS)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OTHER = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
PUBLISHED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""The secret of RFC 6238, appendix B: the ASCII digits 12345678901234567890."""


def codes_around(secret: str, now: dt.datetime) -> set[str]:
    """The codes that are good at a moment; two steps may by chance have the same one."""
    return {code_at(secret, step_at(now) + off) for off in (-1, 0, 1)}


def enrolled(now: dt.datetime = NOON, secret: str = SECRET) -> Factor:
    factor = Factor().offered(secret, now).confirmed(code_at(secret, step_at(now)), now)
    assert factor is not None
    return factor


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """RFC 6238, appendix B, SHA-1, the last six digits."""
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    assert code_at(PUBLISHED, step_at(moment)) == code
    assert step_of(code, PUBLISHED, moment) == seconds // 30


@pytest.mark.parametrize(
    ("off", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_one_step_off_either_way(off: int, is_taken: bool) -> None:
    code = code_at(SECRET, step_at(NOON) + off)
    assert (step_of(code, SECRET, NOON) is not None) == is_taken


@pytest.mark.parametrize("text", ["", "12345", "1234567", "12345a", "１２３４５６", "123456\n"])
def test_nothing_but_six_plain_digits_is_a_code_of_the_clock(text: str) -> None:
    assert not is_time_code(text)
    assert step_of(text, SECRET, NOON) is None


def test_secrets_are_long_and_their_own() -> None:
    made = {new_secret() for _ in range(20)}
    assert len(made) == 20
    assert {len(secret) for secret in made} == {32}


def test_an_app_reads_whose_secret_it_is() -> None:
    address = setup_address(SECRET, person="ana@riverbend.example", company="riverbend")
    read = pyotp.parse_uri(address)
    assert isinstance(read, pyotp.TOTP)
    assert (read.secret, read.name, read.issuer) == (
        SECRET,
        "ana@riverbend.example",
        "Wellkept riverbend",
    )


def test_neither_secrets_nor_hashes_show() -> None:
    factor = enrolled().with_recovery_codes(["abcd"]).offered(OTHER, NOON)
    for hidden in (SECRET, OTHER, recovery_codes.hash_of("abcd")):
        assert hidden not in repr(factor)


@pytest.mark.parametrize("spelling", ["{} {}", " {}{}\n", "{}\u00a0{}"])
def test_blanks_in_a_code_do_not_matter(spelling: str) -> None:
    code = code_at(SECRET, step_at(NOON))
    typed = spelling.format(code[:3], code[3:])
    assert Factor().offered(SECRET, NOON).confirmed(typed, NOON) is not None
    assert Factor(SECRET).used(typed, NOON) is not None


def test_an_offer_that_was_not_confirmed_is_no_factor() -> None:
    factor = Factor().offered(SECRET, NOON)
    assert factor.used(code_at(SECRET, step_at(NOON)), NOON) is None


def test_an_offer_expires() -> None:
    factor, late = Factor().offered(SECRET, NOON), NOON + OFFER_LIFETIME
    assert factor.confirmed(code_at(SECRET, step_at(late)), late) is None


def test_a_new_offer_leaves_the_factor_as_it_was_until_it_is_confirmed() -> None:
    now = NOON + STEP
    factor = enrolled().with_recovery_codes(["abcd"]).offered(OTHER, now)
    used = factor.used(code_at(SECRET, step_at(now)), now)
    replaced = factor.confirmed(code_at(OTHER, step_at(now)), now)
    assert used is not None
    assert replaced is not None
    assert replaced.used(code_at(SECRET, step_at(now)), now) is None
    assert replaced.used("abcd", now) is None


def test_the_code_that_confirmed_does_not_serve_again() -> None:
    assert enrolled().used(code_at(SECRET, step_at(NOON)), NOON) is None


def test_a_code_before_the_last_one_does_not_serve() -> None:
    """Of two codes that somebody saw, the older is not good once the newer was used."""
    now = NOON + 2 * STEP
    used = enrolled().used(code_at(SECRET, step_at(now)), now)
    assert used is not None
    assert used.used(code_at(SECRET, step_at(now) - 1), now) is None
    assert used.used(code_at(SECRET, step_at(now) + 1), now) is not None


def test_after_a_clock_jumped_ahead_and_back_only_recovery_codes_serve() -> None:
    ahead = NOON + dt.timedelta(days=365)
    factor = enrolled().with_recovery_codes(["abcd"]).used(code_at(SECRET, step_at(ahead)), ahead)
    assert factor is not None
    later = NOON + 5 * STEP
    assert factor.used(code_at(SECRET, step_at(later)), later) is None
    assert factor.used("abcd", later) is not None


@pytest.mark.parametrize("spelling", ["{}", " {} ", "{}\n"])
def test_a_recovery_code_serves_once_however_it_is_typed(spelling: str) -> None:
    codes = recovery_codes.new_codes()
    factor = enrolled().with_recovery_codes(codes)
    typed = spelling.format(codes[3].upper().replace("-", " "))
    used = factor.used(typed, NOON)
    assert used is not None
    assert len(used.recovery_hashes) == recovery_codes.COUNT - 1
    assert used.used(codes[3], NOON) is None
    assert used.used(codes[4], NOON) is not None


def test_recovery_codes_are_many_random_and_unlike_codes_of_the_clock() -> None:
    codes = [code for _ in range(20) for code in recovery_codes.new_codes()]
    assert len(set(codes)) == len(codes)
    assert not any(is_time_code(code.replace("-", "")) for code in codes)


@given(st.text(max_size=70))
def test_what_is_no_code_serves_never(text: str) -> None:
    factor = Factor(SECRET, 0).with_recovery_codes(recovery_codes.new_codes())
    assert without_blanks(text) in codes_around(SECRET, NOON) or factor.used(text, NOON) is None


class FactorLife(RuleBasedStateMachine):
    """Whatever happens in whatever order, a step of a secret and a recovery code serve once."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = Factor()
        self.now = NOON
        self.served: list[tuple[str, int]] = []
        self.recovered: list[str] = []
        self.codes: list[str] = []
        self.replaced: list[str] = []

    @rule(seconds=st.integers(-3000, 3000))
    def pass_time(self, seconds: int) -> None:
        """Clocks are set back, too."""
        self.now += dt.timedelta(seconds=seconds)

    @rule()
    def offer(self) -> None:
        self.factor = self.factor.offered(new_secret(), self.now)

    @precondition(lambda self: self.factor.offer is not None)
    @rule(off=st.integers(-2, 2))
    def confirm(self, off: int) -> None:
        assert self.factor.offer is not None
        secret, is_open = self.factor.offer.secret, self.now < self.factor.offer.expires_at
        code = code_at(secret, step_at(self.now) + off)
        confirmed = self.factor.confirmed(code, self.now)
        assert (confirmed is not None) == (is_open and code in codes_around(secret, self.now))
        if confirmed is not None:
            self.factor = confirmed
            self.served.append((secret, confirmed.last_step))
            self.renew()

    @precondition(lambda self: self.factor.secret is not None)
    @rule()
    def renew(self) -> None:
        self.replaced += self.codes
        self.codes = recovery_codes.new_codes()
        self.factor = self.factor.with_recovery_codes(self.codes)

    @rule(off=st.integers(-2, 2))
    def use(self, off: int) -> None:
        secret = self.factor.secret
        code = code_at(secret or SECRET, step_at(self.now) + off)
        used = self.factor.used(code, self.now)
        assert used is None or secret is not None
        if used is not None and secret is not None:
            assert code in codes_around(secret, self.now)
            self.served.append((secret, used.last_step))
            self.factor = used

    @precondition(lambda self: self.codes)
    @rule(at=st.integers(0, recovery_codes.COUNT - 1))
    def recover(self, at: int) -> None:
        used = self.factor.used(self.codes[at], self.now)
        assert (used is not None) == (self.codes[at] not in self.recovered)
        if used is not None:
            self.recovered.append(self.codes[at])
            self.factor = used

    @precondition(lambda self: self.replaced)
    @rule(data=st.data())
    def recover_with_a_replaced_code(self, data: st.DataObject) -> None:
        assert self.factor.used(data.draw(st.sampled_from(self.replaced)), self.now) is None

    @rule()
    def reset(self) -> None:
        self.factor = Factor()
        self.replaced += self.codes
        self.codes = []

    @invariant()
    def no_step_and_no_code_serves_twice(self) -> None:
        assert len(set(self.served)) == len(self.served)
        assert len(set(self.recovered)) == len(self.recovered)

    @invariant()
    def no_code_that_served_would_serve_again(self) -> None:
        for secret, step in self.served[-3:]:
            if secret == self.factor.secret:
                again = self.factor.used(code_at(secret, step), self.now)
                assert again is None or again.last_step > step


FactorLife.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
TestFactorLife = FactorLife.TestCase
