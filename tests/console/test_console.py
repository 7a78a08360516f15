"""The console, page by page: who may enter, what is imported, and how refusals are told."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from isoloir.common.archives import write_archive
from isoloir.credentials.models import Slot
from isoloir.elections.models import CandidateList, Contest, Election
from isoloir.identity.campaigns import continue_campaigns
from isoloir.journal.models import JournalEntry
from isoloir.messaging.models import Message
from isoloir.roll.models import Voter
from tests import electorate, importing
from tests.authority import issue as issue_codes

PAGES = (
    "home", "import", "calendar", "request", "slots", "invitations", "accounts", "slowdowns", "account_rules", "activation",
    "activation_export", "remind",
)  # fmt: skip


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def form_files(files: dict[str, bytes]) -> dict[str, SimpleUploadedFile]:
    """Return the fields of the import page for these files."""
    tables = {name: content for name, content in files.items() if name.endswith(".csv")}
    others = {name: content for name, content in files.items() if not name.endswith(".csv")}
    fields = {name.removesuffix(".csv"): upload(name, content) for name, content in tables.items()}
    return fields | ({"attachments": upload("files.zip", write_archive(others))} if others else {})


def post_files(client: Client, files: dict[str, bytes]) -> HttpResponse:
    return client.post(reverse("console:import"), form_files(files))


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


@pytest.fixture
def prepared(administrator: Client, election: Election) -> Client:
    """An administrator's browser, once every file is imported."""
    answer = post_files(administrator, importing.election_files())
    assert answer.status_code == 302, text(answer)
    return administrator


# ---- Doors ----


@pytest.mark.parametrize("page", PAGES)
def test_nobody_enters_without_signing_in(client: Client, election: Election, page: str) -> None:
    answer = client.get(reverse(f"console:{page}"))
    assert (answer.status_code, answer.url.split("?")[0]) == (302, reverse("bureau:login"))


@pytest.mark.parametrize("page", PAGES)
def test_a_member_who_is_no_administrator_is_refused(client: Client, election: Election, page: str) -> None:
    electorate.sign_in_member(client, electorate.make_member("member@valmont.example"))
    assert client.get(reverse(f"console:{page}")).status_code == 403
    assert client.post(reverse(f"console:{page}")).status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_an_administrator_reads_every_page(administrator: Client, election: Election, page: str) -> None:
    answer = administrator.get(reverse(f"console:{page}"))
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("page", PAGES[1:])
def test_without_an_election_there_is_nothing_to_prepare(administrator: Client, page: str) -> None:
    assert administrator.get(reverse(f"console:{page}")).status_code == 404
    assert "create-election" in text(administrator.get(reverse("console:home")))


def test_forms_are_protected_against_other_sites(election: Election) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(reverse("console:import")).status_code == 403


def test_signing_out_ends_the_session(administrator: Client, election: Election) -> None:
    assert administrator.post(reverse("console:sign_out")).status_code == 302
    assert administrator.get(reverse("console:home")).status_code == 302


# ---- Files ----


def test_a_whole_election_is_imported_at_once(prepared: Client) -> None:
    assert (Voter.objects.count(), CandidateList.objects.count()) == (6, 6)
    page = text(prepared.get(reverse("console:home")))
    assert "Électeurs : 6" in page
    assert "Comité social d’administration ministériel" in page
    assert JournalEntry.objects.filter(kind="roll.imported", actor="admin@valmont.example").count() == 1


def test_every_fault_is_listed_with_its_line_and_nothing_is_loaded(administrator: Client, election: Election) -> None:
    files = importing.election_files(voters=3)
    files["voters.csv"] += b"E9;;;;;;;;;\r\n"
    answer = post_files(administrator, files)
    assert answer.status_code == 422
    page = text(answer)
    assert "Rien n’a été importé : 7 fautes sont à corriger" in page
    assert page.count('<th scope="row">voters.csv</th><td class="table__number">5</td>') == 7
    assert not Contest.objects.exists()


def test_what_cells_hold_is_never_markup(administrator: Client, election: Election) -> None:
    answer = post_files(administrator, {"contests.csv": b"<script>alert(1)</script>;name\r\n"})
    assert "<script>alert" not in text(answer)
    assert "&lt;script&gt;" in text(answer)


def test_a_form_without_a_file_says_so(administrator: Client, election: Election) -> None:
    answer = administrator.post(reverse("console:import"))
    assert answer.status_code == 422
    assert "Choisissez au moins un fichier." in text(answer)


def test_an_empty_file_is_a_fault_like_another(administrator: Client, election: Election) -> None:
    assert "Le fichier est vide." in text(post_files(administrator, {"contests.csv": b""}))


def test_a_file_that_is_too_big_is_refused_before_it_is_read(
    administrator: Client, election: Election, monkeypatch: pytest.MonkeyPatch
) -> None:
    from isoloir.web.console.forms import ImportForm

    monkeypatch.setattr(ImportForm.base_fields["contests"], "maximum_bytes", 10)
    assert "Ce fichier dépasse" in text(post_files(administrator, {"contests.csv": b"x" * 11}))


def test_an_archive_with_a_dangerous_name_is_refused(administrator: Client, election: Election) -> None:
    files = importing.election_files() | {"../outside.png": b"x"}
    assert "nom de fichier interdit" in text(post_files(administrator, files))
    assert not Contest.objects.exists()


def test_a_roll_before_contests_is_refused(administrator: Client, election: Election) -> None:
    answer = post_files(administrator, {"voters.csv": importing.election_files()["voters.csv"]})
    assert "Importez d’abord les scrutins" in text(answer)


def test_nothing_is_imported_once_sealed(prepared: Client, election: Election) -> None:
    election.contests.filter(code="CAP-1").update(state=Contest.State.SEALED)
    answer = post_files(prepared, importing.election_files(voters=2))
    assert answer.status_code == 422
    assert Voter.objects.count() == 6
    assert "<form" not in text(prepared.get(reverse("console:import"))).split("<main")[1]


# ---- Calendar ----

DATES = {
    "portal_opens_at": "2026-10-13T09:00", "lists_shown_at": "2026-11-05T09:00", "voting_opens_at": "2026-12-03T08:00",
    "voting_closes_at": "2026-12-10T17:00:30", "grace": "20", "lists_drawn_on": "2026-11-04",
}  # fmt: skip


def test_the_calendar_is_typed_in_paris_time(administrator: Client, election: Election) -> None:
    answer = administrator.post(reverse("console:calendar"), DATES)
    assert answer.status_code == 302, text(answer)
    election.refresh_from_db()
    assert election.voting_closes_at.isoformat() == "2026-12-10T16:00:30+00:00"
    assert election.portal_opens_at.isoformat() == "2026-10-13T07:00:00+00:00"
    assert 'value="2026-12-10T17:00:30"' in text(administrator.get(reverse("console:calendar")))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"voting_closes_at": "2026-12-03T08:00"}, "Le vote ferme après son ouverture."),
        ({"lists_shown_at": "2026-12-04T08:00"}, "Les listes de candidats sont montrées au plus tard"),
        ({"grace": "31"}, "30"),
        ({"portal_opens_at": "2026-10-25T02:30"}, "Paris"),
        ({"voting_opens_at": "soon"}, ""),
    ],
)
def test_a_bad_calendar_is_refused_and_what_was_typed_stays(
    administrator: Client, election: Election, changes: dict[str, str], sentence: str
) -> None:
    answer = administrator.post(reverse("console:calendar"), DATES | changes)
    assert answer.status_code == 422
    page = text(answer)
    assert sentence in page.split("<main")[1]
    assert all(value in page for value in changes.values())
    before = election.voting_closes_at
    election.refresh_from_db()
    assert election.voting_closes_at == before


def test_the_calendar_of_a_sealed_election_is_only_read(prepared: Client, election: Election) -> None:
    election.contests.filter(code="CAP-1").update(state=Contest.State.SEALED)
    assert "le calendrier ne change plus" in text(prepared.get(reverse("console:calendar")))
    assert prepared.post(reverse("console:calendar"), DATES).status_code == 422


# ---- Codes ----


def issue(client: Client, folder: Path) -> Path:
    """Download the request and do what the authority does."""
    answer = client.post(reverse("console:request"))
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(folder / "request")
    issue_codes(folder / "request", folder / "issued")
    return folder / "issued"


def archive_of(folder: Path) -> SimpleUploadedFile:
    files = {path.relative_to(folder.parent).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}
    return upload("portal.zip", write_archive(files))


def test_codes_are_asked_and_their_public_keys_received(prepared: Client, tmp_path: Path) -> None:
    issued = issue(prepared, tmp_path)
    answer = prepared.post(reverse("console:slots"), {"archive": archive_of(issued / "portal")})
    assert answer.status_code == 302, text(answer)
    assert Slot.objects.count() == 12
    tasks = prepared.get(reverse("console:home")).context["tasks"]
    done = [task["done"] for task in tasks]
    assert done == [True] * 6 + [False] * 3


def test_an_archive_with_the_codes_is_refused_and_said_to_be_a_fault(prepared: Client, tmp_path: Path) -> None:
    issued = issue(prepared, tmp_path)
    answer = prepared.post(reverse("console:slots"), {"archive": archive_of(issued)})
    assert answer.status_code == 422
    assert "contient les codes de vote" in text(answer)
    assert not Slot.objects.exists()


def test_an_archive_for_the_registrar_is_refused_and_said_to_be_a_fault(prepared: Client) -> None:
    for name in ("people.csv", "tag-key", "rights-1.csv", "registrar/manifest.json"):
        archive = upload("portal.zip", write_archive({name: b"x"}))
        answer = prepared.post(reverse("console:slots"), {"archive": archive})
        assert answer.status_code == 422
        assert "n’est que pour le service d’enregistrement" in text(answer), name


def test_a_damaged_answer_of_the_authority_is_named(prepared: Client, tmp_path: Path) -> None:
    portal = issue(prepared, tmp_path) / "portal"
    manifest: dict[str, Any] = json.loads((portal / "manifest.json").read_bytes())
    with (portal / manifest["files"][0]["name"]).open("a") as stream:
        stream.write("\n")
    answer = prepared.post(reverse("console:slots"), {"archive": archive_of(portal)})
    assert manifest["files"][0]["name"] in text(answer)
    assert not Slot.objects.exists()


def test_a_request_without_a_roll_says_what_is_missing(administrator: Client, election: Election) -> None:
    answer = administrator.post(reverse("console:request"), follow=True)
    assert "La liste électorale n’est pas encore importée." in text(answer)


# ---- Campaign ----


def test_the_campaign_invites_each_voter_once(prepared: Client, election: Election) -> None:
    for _time in range(2):
        assert prepared.post(reverse("console:invitations")).status_code == 302
        assert "6 électeurs restent à inviter" in text(prepared.get(reverse("console:invitations")))
    while continue_campaigns(at=electorate.BEFORE):
        pass
    assert Message.objects.filter(kind="invitation").count() == 6
    assert "Tous les électeurs sont invités." in text(prepared.get(reverse("console:invitations")))


def test_the_campaign_waits_for_the_portal_to_open(prepared: Client, election: Election) -> None:
    electorate.set_clock(election.portal_opens_at.replace(year=2025))
    prepared.post(reverse("console:invitations"))
    assert not Message.objects.exists()
