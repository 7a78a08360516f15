"""Grants: evidence checked by the registrar alone, at a pace, for one's own places."""

import secrets
import sqlite3
from typing import Any

import pytest

from isoloir.credentials.registrar.evidence import FREE_FAILURES, LONGEST_WAIT
from isoloir.credentials.registrar.service import Service
from isoloir.credentials.registrar_client import Registrar, RegistrarRefused
from tests.registrar_world import ATTEMPT, RegistrarWorld, make_registrar_world, nir_of, numen_of


def refusal(world: RegistrarWorld, client: Registrar, voter: str = "V000", **options: Any) -> RegistrarRefused:
    with pytest.raises(RegistrarRefused) as refused:
        world.grant(client, **{"voter": voter, **options})
    return refused.value


@pytest.mark.parametrize(
    "evidence",
    [
        {"numen": numen_of("V000")},
        {"numen": "15 e 88 00000 abc"},
        {"nir": nir_of("V000")},
        {"nir": nir_of("V000"), "challenge": True},
        {"numen": numen_of("V000"), "birth_date": "1980-01-01"},
        {"numen": numen_of("V000"), "birth_date": "01/01/1980", "challenge": True},
    ],
)
def test_right_evidence_is_granted(world: RegistrarWorld, client: Registrar, evidence: dict[str, Any]) -> None:
    request = world.grant(client, "V000", evidence=evidence)
    assert len(client.sign_entries(request=request, attempt=ATTEMPT, entries=world.entries("V000"))) == 2


@pytest.mark.parametrize(
    "evidence",
    [
        {"numen": numen_of("V001")},
        {"numen": "nothing like one"},
        {"numen": ""},
        {"nir": nir_of("V001")},
        {"numen": numen_of("V000"), "birth_date": "1980-01-02"},
        {"numen": numen_of("V001"), "birth_date": "1980-01-01"},
        {"numen": numen_of("V000"), "nir": nir_of("V001")},
        # Right, and not enough.
        {"birth_date": "1980-01-01"},
        {"challenge": True},
        {"birth_date": "1980-01-01", "challenge": True},
        # Nobody's tokens are believed without a provider.
        {"franceconnect": {"id_token": "a.b.c", "userinfo": "a.b.c", "nonce": "n"}},
    ],
)
def test_evidence_that_is_wrong_in_any_part_is_refused_alike(
    world: RegistrarWorld, client: Registrar, evidence: dict[str, Any]
) -> None:
    refused = refusal(world, client, evidence=evidence)
    assert (refused.code, refused.seconds, refused.detail) == ("evidence-refused", 0, "")


def test_unknown_person_is_refused_as_one_who_errs(world: RegistrarWorld, client: Registrar) -> None:
    known = [refusal(world, client, evidence={"numen": numen_of("V002")}) for _ in range(FREE_FAILURES + 2)]
    unknown = [refusal(world, client, voter="V000", evidence={"numen": numen_of("V002")}) for _ in range(1)]
    stranger = [
        refusal(world, client, "NOBODY", evidence={"numen": numen_of("V002")}, places=world.places("V000"))
        for _ in range(FREE_FAILURES + 2)
    ]
    assert unknown[0].code == "slow-down"
    assert [(one.code, one.seconds) for one in stranger] == [(one.code, one.seconds) for one in known]


def test_wrong_tries_wait_longer_and_longer_and_never_for_ever(
    world: RegistrarWorld, client: Registrar, clock: Any
) -> None:
    waits = []
    for _ in range(16):
        assert refusal(world, client, evidence={"numen": numen_of("V001")}).code == "evidence-refused"
        before = refusal(world, client).seconds if len(waits) >= FREE_FAILURES else 0
        # Asking during the wait does not prolong it.
        if before:
            assert refusal(world, client).seconds == before
        waits.append(before)
        clock.now += before
    assert waits[:5] == [0, 0, 2, 4, 8]
    assert waits[-1] == LONGEST_WAIT
    world.grant(client, "V000")
    # The right evidence wiped the slate.
    assert refusal(world, client, evidence={"numen": numen_of("V001")}).code == "evidence-refused"
    assert refusal(world, client, evidence={"numen": numen_of("V001")}).code == "evidence-refused"


def test_waiting_of_one_person_is_not_that_of_another(world: RegistrarWorld, client: Registrar) -> None:
    for _ in range(FREE_FAILURES + 1):
        refusal(world, client, evidence={"numen": numen_of("V001")})
    assert refusal(world, client).code == "slow-down"
    world.grant(client, "V001")


def test_nobody_obtains_the_place_of_another(world: RegistrarWorld, client: Registrar) -> None:
    own, other = world.places("V000"), world.places("V001")
    assert refusal(world, client, places=[own[0], other[1]]).code == "not-own-place"
    assert refusal(world, client, places=[(own[0][0], "1" * 22)]).code == "not-own-place"
    # A place is of one contest.
    assert refusal(world, client, places=[(own[0][0], own[1][1])]).code == "not-own-place"
    assert refusal(world, client, places=[("1" * 22, own[0][1])]).code == "contest-unknown"


def test_same_request_again_is_granted_without_new_evidence_and_another_is_not(
    world: RegistrarWorld, client: Registrar
) -> None:
    request = world.grant(client, "V000")
    world.grant(client, "V000", request=request)
    assert refusal(world, client, "V001", request=request).code == "request-used"
    assert refusal(world, client, request=request, places=world.places("V000")[:1]).code == "request-used"


def test_limit_is_per_person_and_told_only_to_right_evidence(world: RegistrarWorld, client: Registrar) -> None:
    entries = world.reissued(client, "V000")
    for generation in (2, 3):
        entries = world.reissued(client, "V000", generation=generation, previous=entries)
    assert refusal(world, client, evidence={"numen": numen_of("V001")}).code == "evidence-refused"
    assert refusal(world, client).code == "limit-reached"
    world.grant(client, "V001")


def test_only_accepted_sets_are_enough(tmp_path: Any) -> None:
    world = make_registrar_world(tmp_path / "strict", voters=1, accept=(("2018", ("nir", "birth_date")),))
    client = world.client(Service(world.store))
    assert refusal(world, client).code == "evidence-refused"
    world.grant(client, "V000", evidence={"nir": nir_of("V000"), "birth_date": "1980-01-01"})


def test_what_is_enough_for_a_way_is_not_for_another(tmp_path: Any) -> None:
    accept = (("2018", ("numen", "birth_date")), ("challenge", ("nir",)))
    world = make_registrar_world(tmp_path / "ways", voters=1, accept=accept)
    client = world.client(Service(world.store))
    nir, numen = {"nir": nir_of("V000")}, {"numen": numen_of("V000")}
    for policy, evidence in (("2018", nir), ("challenge", numen)):
        assert refusal(world, client, policy=policy, evidence=evidence).code == "evidence-refused"
    world.grant(client, "V000", policy="challenge", evidence=nir)
    # Right for a way that this registrar was not told of.
    assert refusal(world, client, policy="unheard-of", evidence=nir).code == "evidence-refused"


def test_nothing_typed_is_in_the_store(world: RegistrarWorld, client: Registrar, service: Service) -> None:
    world.grant(client, "V000")
    world.grant(client, "V001", evidence={"nir": nir_of("V001")})
    service.close()
    everything = b"".join(path.read_bytes() for path in sorted(world.store.iterdir()))
    for text in (numen_of("V000"), nir_of("V001"), "V001", "DUPONT", "1980-01-01"):
        assert text.encode() not in everything, text


def test_evidence_is_hashed_under_a_pepper_of_this_store_alone(world: RegistrarWorld, tmp_path: Any) -> None:
    other = make_registrar_world(tmp_path / "other")
    seen = [
        sqlite3.connect(one.store / "store.sqlite3").execute("SELECT numen, nir, identity FROM people").fetchall()
        for one in (world, other)
    ]
    assert len(seen[0]) == 3
    assert not {text for row in seen[0] for text in row} & {text for row in seen[1] for text in row}
    assert len({text for row in seen[0] for text in row}) == 9


def test_request_must_have_its_form(world: RegistrarWorld, client: Registrar) -> None:
    for options in (
        {"request": "short"}, {"request": secrets.token_hex(16).upper()}, {"policy": "a b"}, {"evidence": {}},
        {"evidence": {"shoe_size": "43"}}, {"evidence": {"numen": 12}}, {"evidence": {"numen": "x" * 65}},
        {"places": []}, {"places": [("x", "y")]}, {"places": world.places("V000") * 2}, *({"voter": name, "evidence": {"challenge": True}, "places": world.places("V000")} for name in ("a b", "", "x" * 65)),
        {"places": world.places("V000") * 60}, {"evidence": {"franceconnect": "token"}},
    ):  # fmt: skip
        expected = "evidence-refused" if "franceconnect" in str(options) else "bad-request"
        assert refusal(world, client, **options).code == expected, options
