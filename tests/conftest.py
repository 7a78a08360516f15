"""Strict surroundings for every test of the portal, and the few fixtures that all rooms share."""

import inspect
import itertools
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.db import connections, transaction
from django.db.backends.sqlite3 import base as sqlite_backend
from django.db.models import QuerySet
from django.utils import translation
from playwright.sync_api import Locator

from isoloir.assistance.queues import measured_wait
from isoloir.common import appendonly
from isoloir.texts import announcements
from tests import postgres
from tests.portal_server import PortalServer
from tests.registrar_server import registrar_server  # noqa: F401  # A fixture, for every test.
from tests.surroundings import private_folder

_DATABASE_FIXTURES = frozenset({"db", "transactional_db", "live_server", "portal_server"})
_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
_secrets_numbers = itertools.count(1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the long ones, still in random order; on PostgreSQL, play again only what touches a database.

    How a page looks in a browser, and what its checkers say, does not depend on it: the same views are asked there by
    the tests without a browser.
    """
    items.sort(key=_rank)
    for item in items:
        if {"page", "browser", "context"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
    if not _on_postgres():
        return
    kept = [item for item in items if _touches_database(item) and not item.get_closest_marker("browser")]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def _rank(item: pytest.Item) -> tuple[int, str]:
    """Put what shares a demonstration first, since one worker plays all of it; then whole elections and crashes.

    The walks of the seeds move one clock, which never goes back: they come after what needs its beginning, in their order.
    """
    if item.get_closest_marker("xdist_group"):
        return 0, item.name if item.path.stem == "test_seed_walks" else ""
    return 1 if {"scenarios", "browser", "load"} & set(item.path.parts) else 2, ""


def _on_postgres() -> bool:
    return "ISOLOIR_POSTGRES" in os.environ


def _touches_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    markers = (item.get_closest_marker("django_db"), item.get_closest_marker("database"))
    return bool(fixtures & _DATABASE_FIXTURES) or any(markers)


# ---- Databases ----


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Give each worker a database of its own: a file for SQLite, since servers and threads must share it."""
    if not _on_postgres():
        connections["default"].settings_dict["TEST"]["NAME"] = str(private_folder() / "tests.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def _append_only_tables_are_emptied_between_tests() -> Iterator[None]:
    """On SQLite Django empties tables by DELETE, which the triggers refuse: they stand aside for that moment.

    PostgreSQL empties them by TRUNCATE, which row triggers do not see.
    """
    operations = sqlite_backend.DatabaseWrapper.ops_class
    really_flush = operations.execute_sql_flush

    def flush(self: Any, sql_list: list[str]) -> None:
        with transaction.atomic(using=self.connection.alias):
            for table in appendonly.APPEND_ONLY_TABLES:
                appendonly.remove(self.connection, table)
            really_flush(self, sql_list)
            for table in appendonly.APPEND_ONLY_TABLES:
                appendonly.install(self.connection, table)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "execute_sql_flush", flush)
        yield


@pytest.fixture(scope="session", autouse=True)
def _locks_say_what_they_lock() -> Iterator[None]:
    """Refuse `select_for_update()` without `of=` in our code: with a join it would lock the joined rows too."""
    really_lock = QuerySet.select_for_update

    def select_for_update(
        self: Any, nowait: bool = False, skip_locked: bool = False, of: Any = (), **others: Any
    ) -> Any:
        caller = inspect.currentframe().f_back  # type: ignore[union-attr]
        while caller is not None and caller.f_globals.get("__name__") == "django.db.models.manager":
            caller = caller.f_back
        module = caller.f_globals.get("__name__", "") if caller else ""
        if not of and module.startswith(("isoloir.", "config.")):
            raise AssertionError(f"{module}: select_for_update() without of=")
        return really_lock(self, nowait, skip_locked, of, **others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QuerySet, "select_for_update", select_for_update)
        yield


@pytest.fixture
def durable_database() -> Iterator[None]:
    """For tests about power cuts and crashes: an acknowledged commit is on the disk, as in production.

    SQLite always is so here (synchronous=FULL); the tests' PostgreSQL is told to.
    """
    if not _on_postgres():
        yield
        return
    host = os.environ["ISOLOIR_POSTGRES_HOST"]
    postgres.set_durable(host, True)
    yield
    postgres.set_durable(host, False)


# ---- Language ----


@pytest.fixture(autouse=True)
def _language_of_this_test() -> Iterator[None]:
    """Begin in the portal's own language: a request in English leaves it in force after it, for the next test too."""
    translation.deactivate()
    yield
    translation.deactivate()


# ---- Private folders ----


@pytest.fixture(autouse=True)
def _secrets_of_this_test(settings: LazySettings) -> Path:
    """Give each test its own folder of secrets, so that none finds the keys of another's contests."""
    folder = private_folder() / f"secrets-{next(_secrets_numbers)}"
    settings.SECRETS_DIR = folder
    return folder


# ---- The real server ----


@pytest.fixture
def portal_server(transactional_db: None, tmp_path: Path) -> Iterator[PortalServer]:
    """Serve the portal by granian, in a process of its own, on the database of this test."""
    server = PortalServer(log=tmp_path / "portal.log")
    server.start()
    yield server
    server.stop()


# ---- Chromium ----


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Launch Debian's Chromium, which must ask nothing of the world outside."""
    path = next(filter(None, map(shutil.which, _CHROMIUM_NAMES)), None)
    if path is None:
        pytest.fail("Chromium is not installed: run `make test`, or install the package chromium")
    return {
        **browser_type_launch_args,
        "executable_path": path,
        "args": [
            "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        ],
    }  # fmt: skip


@pytest.fixture(scope="session")
def base_url() -> None:
    """Stand in for the fixture of pytest-base-url, whose form pytest 9 warns about: each test opens its own addresses."""


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "fr-FR", "timezone_id": "Europe/Paris"}


@pytest.fixture(scope="session", autouse=True)
def _clicks_end_when_the_page_they_lead_to_is_read() -> Iterator[None]:
    """Make what a test reads after a click the next page, whole.

    Playwright's click returns when the next document begins to arrive: on a busy machine a count or a measure
    made then reads half a page.
    """
    with pytest.MonkeyPatch.context() as patch:
        for act in ("click", "press"):
            patch.setattr(Locator, act, _then_wait_for_the_page(getattr(Locator, act)))
        yield


def _then_wait_for_the_page(act: Callable[..., None]) -> Callable[..., None]:
    def acted(self: Locator, *given: Any, **options: Any) -> None:
        act(self, *given, **options)
        if not self.page.is_closed():
            self.page.wait_for_load_state("load")

    return acted


# ---- What a failure shows ----


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the end of the server's log to the report of a test that failed."""
    report = yield
    server = getattr(item, "funcargs", {}).get("portal_server")
    if report.failed and isinstance(server, PortalServer):
        report.sections.append(("log of the portal", server.last_lines()))
    return report


@pytest.fixture(autouse=True)
def _nothing_is_announced_from_one_test_to_the_next() -> Iterator[None]:
    """A process keeps what is announced for ten seconds: here it has just read that nothing is."""
    announcements.memory.keep((), until=float("inf"))
    yield
    announcements.memory.keep((), until=float("inf"))


@pytest.fixture(autouse=True)
def _nothing_counted_is_known_from_one_test_to_the_next() -> None:
    """A process keeps how long answers take and how long rolls are; tests have contests of the same name and key."""
    measured_wait.cache_clear()
    cache.clear()
