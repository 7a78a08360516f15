"""A registrar served in the test's own process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from isoloir.credentials.registrar.service import Service
from isoloir.credentials.registrar_client import Registrar
from tests.registrar_world import RegistrarWorld, make_registrar_world


class Clock:
    """The registrar's clock, which a test moves."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(tmp_path: Path) -> RegistrarWorld:
    return make_registrar_world(tmp_path)


@pytest.fixture
def service(world: RegistrarWorld, clock: Clock) -> Iterator[Service]:
    serving = Service(world.store, clock=clock)
    yield serving
    serving.close()


@pytest.fixture
def client(world: RegistrarWorld, service: Service) -> Registrar:
    return world.client(service)
