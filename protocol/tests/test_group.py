"""The group behaves as a group, the neutral element included (§2.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isoloir_protocol.errors import ElementRefused
from isoloir_protocol.group import GENERATOR, NEUTRAL, ORDER, Claimed, Element, generator_power, product

exponents = st.one_of(st.integers(0, 5), st.integers(0, ORDER - 1), st.integers(-ORDER, 2 * ORDER), st.just(ORDER))


@given(exponents, exponents)
def test_powers_add_up(left: int, right: int) -> None:
    assert generator_power(left) * generator_power(right) == generator_power(left + right)
    assert generator_power(left) / generator_power(right) == generator_power(left - right)
    assert generator_power(left) ** right == generator_power(left * right)


@given(exponents)
def test_text_form_comes_back(exponent: int) -> None:
    element = generator_power(exponent)
    assert Element.parse(element.text) == element
    assert Claimed.read(element.text).proved_with_power(3) == (element, element**3)
    assert Claimed.read(element.text).proved_with_power(0) == (element, NEUTRAL)


@given(exponents)
def test_neutral_element_changes_nothing(exponent: int) -> None:
    element = generator_power(exponent)
    assert element * NEUTRAL == NEUTRAL * element == element / NEUTRAL == element
    assert element / element == element**0 == element**ORDER == NEUTRAL**exponent == NEUTRAL
    assert NEUTRAL / element == element**-1


def test_known_elements_have_their_texts() -> None:
    assert GENERATOR.text == "6" * 62 + "58"
    assert NEUTRAL.text == "1".rjust(64, "0")
    assert (GENERATOR**2).text == "2260cdf3092329c21da25ee8c9a21f5697390f51643851560e5f46ae6af8a3c9"
    assert (GENERATOR**-1).text == "e" + "6" * 61 + "58"


def test_product_of_none_is_neutral() -> None:
    assert product([]) == NEUTRAL
    assert product([GENERATOR, GENERATOR]) == GENERATOR**2


@given(st.text(alphabet="0123456789abcdef", min_size=64, max_size=64))
def test_any_64_digits_are_a_member_or_refused(text: str) -> None:
    try:
        element = Element.parse(text)
    except ElementRefused:
        with pytest.raises(ElementRefused, match="element-not-in-group"):
            Claimed.read(text).proved_with_power(5)
    else:
        assert element.text == text
        assert element**ORDER == NEUTRAL


def test_representation_shows_little() -> None:
    assert repr(GENERATOR) == "Element(66666666…)"
