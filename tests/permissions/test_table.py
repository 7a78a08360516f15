"""Every address of the portal lets in whom the table says, and nobody else."""

import copy
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.permissions.scene import Scene, make_scene
from tests.permissions.table import TABLE, Row


def walk(patterns, namespaces=()) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from walk(pattern.url_patterns, inner)
        else:
            yield ":".join((*namespaces, pattern.name or pattern.lookup_str)), pattern


def outcome(answer: HttpResponseBase) -> str:
    """Say in one word what became of a request at the door."""
    location = answer.headers.get("Location", "")
    program = answer.headers.get("Content-Type", "").startswith("application/json")
    if answer.status_code == 401 or location == "/identification/":
        return "identify"
    if location.startswith("/bureau/connexion/?next="):
        return "sign in"
    if answer.status_code == 404:
        return "absent"
    if answer.status_code == 405:
        return "no such method"
    # A refusal in JSON is the act's own answer (a voting code to give first): the door itself answers with a page.
    if answer.status_code == 403 and not program:
        return "forbidden"
    return "let in" if answer.status_code < 500 else f"broken ({answer.status_code})"


def address(name: str, row: Row, scene: Scene, **replaced: object) -> str:
    values = {}
    for argument, key in row.arguments.items():
        value = scene.values[key]
        values[argument] = value if isinstance(value, str | int) else getattr(value, argument)
    return reverse(name, kwargs=values | replaced)


def knock(client: Client, method: str, path: str) -> str:
    """Ask, then take back whatever it did, to the database and to the visitor's cookies."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        mark = transaction.savepoint()
        found = outcome(getattr(client, method)(path))
        transaction.savepoint_rollback(mark)
    client.cookies = cookies
    return found


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    names = {name for name, _pattern in walk(get_resolver().url_patterns)}
    assert names - set(TABLE) == set(), "addresses without a row in tests/permissions/table.py"
    assert set(TABLE) - names == set(), "rows without an address"


def test_every_view_is_marked_as_the_table_says() -> None:
    marked = {name: getattr(pattern.callback, "audience", None) for name, pattern in walk(get_resolver().url_patterns)}
    assert {name: row.audience for name, row in TABLE.items() if name in marked} == marked


@pytest.mark.django_db
def test_everyone_gets_in_where_the_table_says_and_nowhere_else() -> None:
    scene, faults = make_scene(), []
    for name, row in TABLE.items():
        if name.startswith("demo:"):
            # The demonstration lives in a folder of its own, with one bureau: its doors are open, as their marks say.
            continue
        path = address(name, row, scene)
        kept_out = scene.kept_out(row.audience, row.rank)
        for person, client in scene.clients.items():
            expected = kept_out.get(person, row.answer)
            for method in ("get", "post") if person in kept_out else (row.method,):
                found = knock(client, method, path)
                if row.audience == "public" and found in ("identify", "sign in"):
                    # An open page may send back to the step before it: that is no door.
                    continue
                if found == "no such method" and method != row.method and expected != "identify":
                    # Refused before anything is looked at: it tells nothing.
                    continue
                if found != expected:
                    faults.append(f"{name}: {person} by {method}: {found}, not {expected}")
    assert faults == [], "\n".join(faults)


@pytest.mark.django_db
def test_object_of_somebody_else_does_not_exist() -> None:
    scene, faults = make_scene(), []
    insiders = {
        "voter": ("voter",),
        "bureau": ("president", "delegate"),
        "public": ("anonymous", "voter", "president"),
        "desk": ("agent",),
    }
    for name, row in TABLE.items():
        for argument in set(row.arguments) & set(scene.foreign):
            for value in scene.foreign[argument]:
                path = address(name, row, scene, **{argument: value})
                for person in insiders[row.audience]:
                    if person in scene.kept_out(row.audience, row.rank):
                        continue
                    for method in {"get", row.method}:
                        found = knock(scene.clients[person], method, path)
                        if found != "absent" and not (found == "no such method" and method != row.method):
                            faults.append(f"{name}: {person} by {method} with {argument}={value}: {found}")
    assert faults == [], "\n".join(faults)


@pytest.mark.django_db
def test_pages_for_people_are_never_stored_nor_indexed_by_default() -> None:
    scene = make_scene()
    for name, row in TABLE.items():
        if row.audience == "public" or row.method == "post":
            continue
        person = {"voter": "voter", "bureau": "president", "desk": "agent", "console": "administrator"}[row.audience]
        answer = scene.clients[person].get(address(name, row, scene))
        assert "noindex" in answer.headers["X-Robots-Tag"], name
        assert "no-store" in answer["Cache-Control"] or "private" in answer["Cache-Control"], name
