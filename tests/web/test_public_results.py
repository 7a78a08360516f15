"""Published results: nothing before publication, then exactly what was counted, with all that is needed to check it."""

import hashlib
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from isoloir_protocol import verify_command
from isoloir_protocol.archive import read_archive
from isoloir_protocol.election import read_election
from isoloir_protocol.verify import verify_archive

from isoloir.board.archive import write_archive
from isoloir.elections.models import Contest
from tests.electorate import text
from tests.stations import counted_world, sign_and_publish
from tests.uploads.hostile import honest_pdf

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("", "resultat.json", "archive.bel", "candidats.json", "proces-verbal.pdf")


@pytest.fixture
def published(db):
    world, devices = counted_world([1, 1, 1, 2, 0])
    sign_and_publish(devices[0])
    return Contest.objects.get(pk=world.contest.pk)


def archive_of(client, contest):
    return b"".join(client.get(f"/resultats/{contest.uuid}/archive.bel").streaming_content)


def test_nothing_is_public_before_publication(client):
    world, _devices = counted_world([1, 2])
    for name in DOCUMENTS:
        assert client.get(f"/resultats/{world.contest.uuid}/{name}").status_code == 404
    page = text(client.get("/resultats/"))
    assert "Pas encore publiés" in page
    assert f'href="/resultats/{world.contest.uuid}/"' not in page


def test_unknown_contest_is_not_found(client, election):
    for name in DOCUMENTS:
        assert client.get(f"/resultats/{'1' * 22}/{name}").status_code == 404


def test_portal_without_an_election_says_so(client, db):
    assert "Aucun scrutin" in text(client.get("/resultats/"))


def test_index_leads_to_the_published_results(client, published):
    assert f"/resultats/{published.uuid}/" in text(client.get("/resultats/"))


def test_page_gives_the_counts_the_seats_and_the_elected(client, published):
    answer = client.get(f"/resultats/{published.uuid}/")
    rows = answer.context["rows"]
    assert [(row.label, row.votes, row.seats) for row in rows] == [
        ("Liste 1", 3, 3), ("Liste 2", 1, 1), ("Votes blancs", 1, 0),
    ]  # fmt: skip
    result = answer.context["result"]
    assert (result.registered, result.voters, result.blank, result.expressed) == (5, 5, 1, 4)
    page = text(answer)
    assert "Quotient électoral : 4 suffrages exprimés ÷ 4 sièges = 1." in page
    assert "Mme Anne NOM1, Mme Anne NOM2, Mme Anne NOM3" in page
    assert page.count('<rect class="chart__amount"') == 3


def test_page_shows_the_keys_that_the_register_names(client, published, monkeypatch):
    keys = {"portal": "a" * 64, "registrar": "b" * 64}
    monkeypatch.setattr("isoloir.web.public.views.register_named", lambda _contest: ("growing", keys))
    page = client.get(f"/resultats/{published.uuid}/").content.decode()
    shown = "".join(re.sub(r"<[^>]*>", "", page).split())
    assert keys["portal"] in shown
    assert keys["registrar"] in shown


def test_seats_by_highest_average_are_told_one_by_one(client):
    world, devices = counted_world([1, 1, 1, 2, 2], contest={"seats": 3})
    sign_and_publish(devices[0])
    steps = client.get(f"/resultats/{world.contest.uuid}/").context["steps_of_attribution"]
    told = [step.replace("\u00a0", " ") for step in steps]
    assert told == [
        "Quotient électoral : 5 suffrages exprimés ÷ 3 sièges = 1,66.",
        "Au quotient : Liste 1 1, Liste 2 1.",
        "Siège 3, à la plus forte moyenne : Liste 1, 1,50. (Autres moyennes : Liste 2 1.)",
    ]


def test_archive_is_the_boards_and_passes_the_verifier(client, published, tmp_path, capsys):
    path = tmp_path / f"{published.uuid}.bel"
    path.write_bytes(archive_of(client, published))
    with (tmp_path / "again").open("wb") as stream:
        write_archive(published, stream)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()
    assert verify_archive(path).fault is None
    # The command on the page, word for word.
    page = text(client.get(f"/resultats/{published.uuid}/"))
    assert f"isoloir-verify {path.name}" in page
    assert verify_command.main([str(path)]) == 0
    assert "Liste 1" in capsys.readouterr().out


def test_commands_of_belenios_on_the_page_accept_the_archive(client, published, tmp_path):
    found = subprocess.run(
        [ROOT / "tools" / "get-belenios-tool", "trixie"], capture_output=True, text=True, check=False
    )
    if found.returncode != 0:
        if os.environ.get("ISOLOIR_REQUIRE_BELENIOS") == "1":
            pytest.fail("belenios-tool is required and cannot be had")
        pytest.skip("belenios-tool cannot be had")
    (tmp_path / "urne").mkdir()
    (tmp_path / "urne" / f"{published.uuid}.bel").write_bytes(archive_of(client, published))
    page = text(client.get(f"/resultats/{published.uuid}/"))
    commands = [line.strip().removeprefix("<code>") for line in page.replace("</code>", "\n").splitlines()]
    commands = [line[line.index("belenios-tool") :].split() for line in commands if "belenios-tool election" in line]
    assert len(commands) == 2
    for words in commands:
        run = subprocess.run(
            [found.stdout.strip(), *words[1:]], cwd=tmp_path, capture_output=True, text=True, check=False,
            env={**os.environ, "BELENIOS_USE_URANDOM": "1"},
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["result"] == [[1, 3, 1]]


def test_archive_announces_its_size_and_its_fingerprint(client, published):
    answer = client.get(f"/resultats/{published.uuid}/archive.bel")
    content = b"".join(answer.streaming_content)
    digest = hashlib.sha256(content).hexdigest()
    assert (answer["ETag"], answer["Content-Length"]) == (f'"{digest}"', str(len(content)))
    assert answer["Content-Disposition"] == f'attachment; filename="{published.uuid}.bel"'
    shown = client.get(f"/resultats/{published.uuid}/").context["archive"]
    assert (shown["sha256"], shown["size"]) == (digest, len(content))


def test_archive_already_had_is_not_sent_again(client, published):
    tag = client.get(f"/resultats/{published.uuid}/archive.bel")["ETag"]
    assert client.get(f"/resultats/{published.uuid}/archive.bel", headers={"If-None-Match": tag}).status_code == 304


def test_archive_bears_no_time_of_vote_and_no_name(client, published):
    content = archive_of(client, published)
    archive_folder = content.decode("utf-8", errors="ignore")
    assert "2026-12-03" not in archive_folder
    assert "DUPONT" not in archive_folder


def test_candidates_are_the_bytes_that_the_election_record_binds(client, published, tmp_path):
    answer = client.get(f"/resultats/{published.uuid}/candidats.json")
    (tmp_path / "a.bel").write_bytes(archive_of(client, published))
    election = read_election(read_archive(tmp_path / "a.bel").election)
    assert election.extra["candidates"] == {"sha256": hashlib.sha256(answer.content).hexdigest()}
    assert answer["X-Robots-Tag"] == "noindex"


def test_minutes_bear_the_fingerprint_that_was_signed(client, published):
    answer = client.get(f"/resultats/{published.uuid}/proces-verbal.pdf")
    digest = hashlib.sha256(answer.content).hexdigest()
    assert published.minutes_signatures.get().minutes_sha256 == digest
    assert answer["ETag"] == f'"{digest}"'
    assert digest in client.get(f"/resultats/{published.uuid}/").context["minutes"]["signatures"][0]["sha256"]


def test_machine_readable_result_is_compact_json(client, published):
    answer = client.get(f"/resultats/{published.uuid}/resultat.json")
    assert answer["Content-Type"] == "application/json"
    result = answer.json()
    assert (result["contest"], result["voters"], result["attribution"]["won"]) == (published.uuid, 5, [3, 1])


def test_a_statement_outlives_the_vote_with_the_bundle_that_names_it(client):
    pdf = honest_pdf()
    world, devices = counted_world([1, 2], statement=pdf)
    path = f"/resultats/{world.contest.uuid}/profession-de-foi"
    assert client.get(f"{path}/1.pdf").status_code == 404
    sign_and_publish(devices[0])
    answer = client.get(f"{path}/1.pdf")
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, pdf, "application/pdf")
    bundle = json.loads(client.get(f"/resultats/{world.contest.uuid}/candidats.json").content)
    assert bundle["lists"][0]["statement_pdf"]["sha256"] == hashlib.sha256(pdf).hexdigest()
    assert client.get(f"{path}/2.pdf").status_code == 404


def test_vote_on_sigles_names_nobody(client):
    world, devices = counted_world([1, 1, 2], contest={"kind": "sigle"})
    sign_and_publish(devices[0])
    page = text(client.get(f"/resultats/{world.contest.uuid}/"))
    assert "Chaque organisation désignera ses représentants." in page
    assert "NOM1" not in page


@pytest.mark.parametrize("lists", [2, 6])
def test_queries_of_the_page_do_not_grow_with_lists(client, lists):
    world, devices = counted_world([1, 2], lists=lists)
    sign_and_publish(devices[0])
    url = f"/resultats/{world.contest.uuid}/"
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    # One more than the result itself needs: the register of keys, its state and the keys that it names together.
    assert len(captured) == 6
