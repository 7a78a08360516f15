"""The registrar of the demonstration: it follows the visitor's clock, and believes the simulator of FranceConnect."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings

from isoloir.credentials.registrar.configuration import Configuration
from isoloir.credentials.registrar.franceconnect import TokenReader
from isoloir.demo.clock import advance_to, now
from isoloir.demo.franceconnect import issuer, signed
from isoloir.demo.registrar import connect_registrar
from isoloir.demo.registrar_clock import shifted_time
from tests.registrar_world import RegistrarWorld, make_registrar_world


@pytest.fixture
def world(tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> RegistrarWorld:
    settings.VAR_DIR = tmp_path
    for name in ("REGISTRAR_URL", "REGISTRAR_KEY"):
        setattr(settings, name, "")
        monkeypatch.setenv(f"ISOLOIR_{name}", "")
    made = make_registrar_world(tmp_path / "made", voters=1, contests=1)
    made.store.rename(tmp_path / "registrar")
    return made


@pytest.mark.django_db
def test_its_clock_follows_the_visitor_s(tmp_path: Path, world: RegistrarWorld) -> None:
    assert shifted_time(tmp_path) == pytest.approx(time.time(), abs=5)
    advance_to(now() + timedelta(days=3))
    assert shifted_time(tmp_path) == pytest.approx(time.time() + 3 * 24 * 3600, abs=5)
    assert shifted_time(tmp_path) == pytest.approx(now().timestamp(), abs=5)


def test_portal_finds_it_and_it_believes_the_simulator(
    tmp_path: Path, world: RegistrarWorld, settings: LazySettings
) -> None:
    store = connect_registrar(tmp_path, port=8123)
    assert settings.REGISTRAR_URL == "http://127.0.0.1:8123"
    assert world.key == settings.REGISTRAR_KEY
    # A second run, perhaps at another address of the portal.
    assert connect_registrar(tmp_path, port=8124) == store
    provider = Configuration.read(store).franceconnect
    assert provider is not None
    at = time.time()
    both = {"iss": issuer(), "aud": "isoloir", "sub": "s1v1", "iat": int(at), "exp": int(at) + 60}
    claims = {"family_name": "ZÉPHYR", "given_name": "Léa Rose", "birthdate": "1980-02-03", "birthplace": "2A004"}
    tokens = {
        "id_token": signed({**both, "nonce": "n" * 22, "acr": "eidas1"}), "userinfo": signed({**both, **claims}),
        "nonce": "n" * 22,
    }  # fmt: skip
    proved = TokenReader(provider).read(tokens, at=at)
    assert proved is not None
    assert (proved.identity, proved.identity_with_place) == ("ZEPHYR|LEA|1980-02-03", "ZEPHYR|LEA|1980-02-03|2A004")
    assert TokenReader(provider).read(tokens, at=at + 3600) is None
