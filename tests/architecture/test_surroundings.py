"""The strictness of the tests is itself tested: what must fail does."""

import os
import socket
import warnings

import httpx
import pytest
from django.conf import settings
from django.template import Context, Template

from isoloir.journal.models import JournalEntry
from tests import postgres
from tests.surroundings import NetworkForbidden, private_folder


def test_another_machine_cannot_be_reached():
    with socket.socket() as probe, pytest.raises(NetworkForbidden):
        probe.connect(("192.0.2.1", 80))


def test_no_name_is_asked_of_a_server():
    with pytest.raises(NetworkForbidden):
        socket.getaddrinfo("elections.example", 443)


def test_the_loopback_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername()[0] == "127.0.0.1"


def test_a_warning_is_an_error():
    with pytest.raises(UserWarning):
        warnings.warn("attention", stacklevel=1)


def test_an_undefined_variable_of_a_template_fails():
    with pytest.raises(pytest.fail.Exception, match="Undefined template variable"):
        Template("{{ nobody }}").render(Context({}))


@pytest.mark.django_db
def test_a_lock_without_its_tables_is_refused_in_our_code():
    ours = {"__name__": "isoloir.journal.actions", "entries": JournalEntry.objects}
    with pytest.raises(AssertionError, match="without of="):
        exec("entries.select_for_update()", ours)
    exec("entries.select_for_update(of=('self',))", ours)


def test_secrets_and_files_are_this_process_s_own():
    for folder in (settings.SECRETS_DIR, settings.VAR_DIR):
        assert str(folder).startswith(str(private_folder()))


@pytest.mark.django_db
def test_the_database_is_the_one_that_was_asked_for():
    from django.db import connection

    assert connection.vendor == ("postgresql" if "ISOLOIR_POSTGRES" in os.environ else "sqlite")
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous")
            assert cursor.fetchone()[0] == 2  # FULL
        else:
            cursor.execute("SHOW fsync")
            assert cursor.fetchone()[0] in ("on", "off")


@pytest.mark.django_db
def test_a_durable_database_writes_to_the_disk_before_it_answers(durable_database):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync" if connection.vendor == "postgresql" else "PRAGMA synchronous")
        assert cursor.fetchone()[0] in ("on", 2)


def test_the_real_server_answers_dies_at_once_and_starts_again(portal_server):
    assert httpx.get(portal_server.url).status_code < 500
    portal_server.kill()
    with pytest.raises(httpx.TransportError):
        httpx.get(portal_server.url)
    portal_server.start()
    assert httpx.get(portal_server.url).status_code < 500


def test_a_private_cluster_leaves_nothing_behind():
    cluster = postgres.Cluster()
    try:
        cluster.start()
        with cluster.connect("postgres") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        cluster.stop()
    assert not cluster.folder.exists()
