"""The key ceremony, as its trustees and its server live it."""

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.trustees import GROUP, Group
from isoloir_protocol.channels import keys_of_seed
from isoloir_protocol.errors import ProtocolError, TrusteesRefused
from isoloir_protocol.group import generator_power
from isoloir_protocol.pedersen import check_certificate
from isoloir_protocol.trustees import (
    build_trustees,
    check_certificates,
    check_polynomial,
    check_share,
    decryption_key_message,
    generate_seed,
    make_certificate,
    make_polynomial,
    make_single_key,
    open_decryption_key,
    read_trustees,
    route_polynomials,
)


@settings(max_examples=8)
@given(st.integers(1, 4).flatmap(lambda size: st.tuples(st.integers(1, size), st.just(size))))
def test_ceremony_gives_each_member_the_key_that_is_published(rule: tuple[int, int]) -> None:
    threshold, size = rule
    group = Group(f"{threshold} of {size}", threshold, size)
    (item,) = read_trustees(build_trustees([("Pedersen", group.parameters)])).items
    assert (item.threshold, len(item.public_shares)) == rule
    assert list(item.public_shares) == [generator_power(secret) for secret in group.secrets]


def test_owners_are_numbered_through_all_items() -> None:
    _, single = make_single_key(os.urandom)
    trustees = read_trustees(build_trustees([("Pedersen", GROUP.parameters), ("Single", single)]))
    assert [list(item.owners) for item in trustees.items] == [[1, 2], [3]]
    assert len(trustees.owners) == 3


def test_server_checks_each_message_as_it_comes() -> None:
    common = {"certificates": GROUP.certificates}
    for index in (1, 2):
        check_polynomial(**common, index=index, text=GROUP.polynomials[index - 1])
        key = check_share(**common, polynomials=GROUP.polynomials, index=index, text=GROUP.shares[index - 1])
        assert key == generator_power(GROUP.secrets[index - 1])
        with pytest.raises(ProtocolError):
            check_polynomial(**common, index=3 - index, text=GROUP.polynomials[index - 1])
        with pytest.raises(TrusteesRefused, match="wrong-verification-key"):
            check_share(**common, polynomials=GROUP.polynomials, index=3 - index, text=GROUP.shares[index - 1])


def test_server_is_given_no_secret() -> None:
    public = "".join([*GROUP.certificates, *GROUP.polynomials, *GROUP.vinputs, *GROUP.shares, GROUP.parameters])
    for seed, secret in zip(GROUP.seeds, GROUP.secrets, strict=True):
        keys = keys_of_seed(seed)
        for hidden in (seed, str(secret), str(keys.signing), str(keys.decryption)):
            assert hidden not in public


def test_a_trustee_opens_its_own_key_only() -> None:
    message = decryption_key_message(GROUP.shares[0])
    assert open_decryption_key(seed=GROUP.seeds[0], message=message) == GROUP.secrets[0]
    with pytest.raises(TrusteesRefused, match="message-not-opened"):
        open_decryption_key(seed=GROUP.seeds[1], message=message)


def test_polynomials_in_another_order_are_not_routed() -> None:
    with pytest.raises(ProtocolError):
        route_polynomials(certificates=GROUP.certificates, polynomials=GROUP.polynomials[::-1])


def test_no_certificate_is_no_group() -> None:
    with pytest.raises(TrusteesRefused, match="wrong-threshold"):
        route_polynomials(certificates=[], polynomials=[])


@pytest.mark.parametrize(("index", "size", "threshold"), [(0, 2, 1), (3, 2, 1), (1, 2, 3), (1, 2, 0), (1, 101, 1)])
def test_impossible_place_is_not_certified(index: int, size: int, threshold: int) -> None:
    with pytest.raises(TrusteesRefused, match="wrong-threshold"):
        make_certificate(seed=generate_seed(os.urandom), index=index, size=size, threshold=threshold, random=os.urandom)


def test_a_seed_makes_the_same_keys_again() -> None:
    seed = generate_seed(os.urandom)
    texts = [make_certificate(seed=seed, index=1, size=2, threshold=1, random=os.urandom) for _ in range(2)]
    first, second = (json.loads(json.loads(text)["message"]) for text in texts)
    assert first == second


def test_an_outsider_makes_no_polynomial() -> None:
    with pytest.raises(TrusteesRefused, match="not-a-member"):
        make_polynomial(seed=generate_seed(os.urandom), certificates=GROUP.certificates, random=os.urandom)


def test_certificates_tell_their_group() -> None:
    checked = check_certificates(GROUP.certificates, threshold=2)
    assert (checked.size, checked.threshold) == (2, 2)


def test_a_certificate_is_checked_for_its_place_as_it_comes() -> None:
    second = GROUP.certificates[1]
    assert (
        check_certificate(second, index=2, size=2, threshold=2).verification
        == keys_of_seed(GROUP.seeds[1]).verification
    )
    for place in ({"index": 1, "size": 2, "threshold": 2}, {"index": 2, "size": 3, "threshold": 2}):
        with pytest.raises(TrusteesRefused, match="wrong-context"):
            check_certificate(second, **place)
