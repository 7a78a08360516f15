"""FranceConnect's tokens, verified by the registrar itself: for this person, this visit, once."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from isoloir.credentials.registrar.configuration import FranceConnect
from isoloir.credentials.registrar.evidence import FREE_FAILURES
from isoloir.credentials.registrar.service import Service
from isoloir.credentials.registrar_client import Registrar, RegistrarAway, RegistrarRefused
from tests.registrar_world import ATTEMPT, RegistrarWorld, make_registrar_world

ISSUER = "https://fc.example/api/v2"
Tokens = Callable[..., dict[str, Any]]


@pytest.fixture
def key() -> ECKey:
    return ECKey.generate_key("P-256", auto_kid=True)


@pytest.fixture
def world(tmp_path: Path, key: ECKey) -> RegistrarWorld:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [{**key.as_dict(private=False), "use": "sig"}]}))
    provider = FranceConnect(issuer=ISSUER, client_id="isoloir", jwks=str(keys))
    return make_registrar_world(tmp_path / "world", voters=3, contests=1, franceconnect=provider)


@pytest.fixture
def tokens(key: ECKey, clock: Any) -> Tokens:
    """Give what the portal passes on for V000: `id_…` and `info_…` change a claim, None leaves it out."""
    number = iter(range(1000))

    def signed(claims: dict[str, Any], by: ECKey) -> str:
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": by.kid}, kept, by)

    def make(*, by: ECKey | None = None, nonce: str = "n" * 22, **changed: Any) -> dict[str, Any]:
        now = int(clock.now)
        both = {"iss": ISSUER, "aud": "isoloir", "sub": "s1v1", "iat": now, "exp": now + 60}
        id_claims = {**both, "nonce": "n" * 22, "acr": "eidas1", "jti": str(next(number))}
        info = {
            **both, "family_name": "DUPONT-ÉLOI", "given_name": "Anne Marie", "birthdate": "1980-01-01",
            "birthplace": "75056", "birthcountry": "99100",
        }  # fmt: skip
        for name, value in changed.items():
            side, _, claim = name.partition("_")
            (id_claims if side == "id" else info)[claim] = value
        return {"franceconnect": {
            "id_token": signed(id_claims, by or key), "userinfo": signed(info, by or key), "nonce": nonce,
        }}  # fmt: skip

    return make


def refusal(world: RegistrarWorld, client: Registrar, voter: str, evidence: dict[str, Any]) -> str:
    with pytest.raises(RegistrarRefused) as refused:
        world.grant(client, voter, evidence=evidence)
    return refused.value.code


def test_right_tokens_are_granted(world: RegistrarWorld, client: Registrar, tokens: Tokens) -> None:
    request = world.grant(client, "V000", evidence=tokens())
    assert len(client.sign_entries(request=request, attempt=ATTEMPT, entries=world.entries("V000"))) == 1
    # The same names as people write them, and an unknown place: what both sides know agrees.
    world.grant(client, "V000", evidence=tokens(info_family_name="Dupont Eloi", info_given_name="ANNE"))
    world.grant(client, "V000", evidence=tokens(info_birthplace="", info_birthcountry=None))


@pytest.mark.parametrize(
    "changed",
    [
        {"id_iss": "https://other.example"}, {"id_aud": "another"}, {"id_nonce": "m" * 22}, {"nonce": "m" * 22},
        {"id_nonce": None}, {"id_acr": "eidas0"}, {"id_acr": None}, {"id_exp": 1}, {"id_iat": 1}, {"id_sub": "other"},
        {"info_sub": "other"}, {"info_iss": "https://other.example"}, {"info_aud": "another"},
        {"info_family_name": "MARTIN"}, {"info_given_name": "Jeanne"}, {"info_birthdate": "1980-01-02"},
        {"info_birthplace": "13055"}, {"info_family_name": ""}, {"info_birthdate": None},
    ],
    ids=str,
)  # fmt: skip
def test_tokens_wrong_in_any_part_are_refused_alike(
    world: RegistrarWorld, client: Registrar, tokens: Tokens, changed: dict[str, Any]
) -> None:
    assert refusal(world, client, "V000", tokens(**changed)) == "evidence-refused"


def test_tokens_of_one_person_are_nobody_else_s(world: RegistrarWorld, client: Registrar, tokens: Tokens) -> None:
    """V001 differs from V000 by the day of birth alone."""
    assert refusal(world, client, "V001", tokens()) == "evidence-refused"


def test_token_serves_once_even_with_its_twin_signature(
    world: RegistrarWorld, client: Registrar, tokens: Tokens
) -> None:
    evidence = tokens()
    request = world.grant(client, "V000", evidence=evidence)
    # The answer was lost: the very same request is told yes again.
    world.grant(client, "V000", evidence=evidence, request=request)
    assert refusal(world, client, "V000", evidence) == "evidence-refused"
    assert refusal(world, client, "V000", {"franceconnect": _twin(evidence["franceconnect"])}) == "evidence-refused"


def _twin(tokens: dict[str, str]) -> dict[str, str]:
    """Return the tokens with the other signature (r, n − s) of ES256, which is right too."""
    import base64

    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    signed, _, signature = tokens["id_token"].rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    other = raw[:32] + (order - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    return {**tokens, "id_token": f"{signed}.{base64.urlsafe_b64encode(other).decode().rstrip('=')}"}


def test_token_that_failed_for_one_person_serves_no_other(
    world: RegistrarWorld, client: Registrar, tokens: Tokens
) -> None:
    evidence = tokens()
    assert refusal(world, client, "V001", evidence) == "evidence-refused"
    assert refusal(world, client, "V000", evidence) == "evidence-refused"


def test_another_key_signs_nothing(world: RegistrarWorld, client: Registrar, tokens: Tokens, key: ECKey) -> None:
    forger = ECKey.import_key({**ECKey.generate_key("P-256").as_dict(private=True), "kid": key.kid})
    assert refusal(world, client, "V000", tokens(by=forger)) == "evidence-refused"
    assert refusal(world, client, "V001", tokens(by=ECKey.generate_key("P-256", auto_kid=True))) == "evidence-refused"
    unsigned = {"id_token": "eyJhbGciOiJub25lIn0.e30.", "userinfo": "eyJhbGciOiJub25lIn0.e30.", "nonce": "n"}
    assert refusal(world, client, "V002", {"franceconnect": unsigned}) == "evidence-refused"


def test_wrong_tokens_slow_down_too(world: RegistrarWorld, client: Registrar, tokens: Tokens) -> None:
    for _ in range(FREE_FAILURES + 1):
        refusal(world, client, "V000", tokens(info_given_name="Jeanne"))
    assert refusal(world, client, "V000", tokens()) == "slow-down"


def test_without_the_provider_s_keys_nothing_is_decided(
    world: RegistrarWorld, clock: Any, tokens: Tokens, tmp_path: Path
) -> None:
    (tmp_path / "keys.json").write_text("{")
    client = world.client(Service(world.store, clock=clock))
    for _ in range(FREE_FAILURES + 2):
        with pytest.raises(RegistrarAway):
            world.grant(client, "V000", evidence=tokens())
