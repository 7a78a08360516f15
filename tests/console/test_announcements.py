"""The console's announcements and the texts of an académie, page by page."""

import pytest
from django.test import Client

from isoloir.elections.models import Election
from isoloir.texts.models import Announcement, Kind, TextVersion
from isoloir.texts.reading import read_text
from tests import electorate
from tests.electorate import text

WORDS = {
    "level": "warning", "text_fr": "Arrêt ce soir.", "text_en": "Stop tonight.", "starts_at": "2020-11-20T08:00",
    "ends_at": "2040-11-20T10:00",
}  # fmt: skip
PAGE = "/console/annonces/"


def test_an_announcement_is_published_read_and_ended(administrator: Client, election: Election) -> None:
    assert administrator.post(PAGE, WORDS).status_code == 302
    announcement = Announcement.objects.get()
    # Typed in Paris time, an hour ahead in winter.
    assert announcement.starts_at.hour == 7
    assert "Affichée" in text(administrator.get(PAGE))
    assert administrator.post(f"{PAGE}{announcement.pk}/effacer/").status_code == 409
    assert administrator.post(f"{PAGE}{announcement.pk}/terminer/").status_code == 302
    assert "Terminée" in text(administrator.get(PAGE))
    assert "ce soir" not in text(administrator.get("/console/"))


def test_one_that_has_not_begun_is_deleted(administrator: Client, election: Election) -> None:
    administrator.post(PAGE, WORDS | {"starts_at": "2040-11-20T08:00"})
    number = Announcement.objects.get().pk
    assert administrator.post(f"{PAGE}{number}/terminer/").status_code == 409
    assert administrator.post(f"{PAGE}{number}/effacer/").status_code == 302
    assert not Announcement.objects.exists()
    assert administrator.post(f"{PAGE}{number}/effacer/").status_code == 404


@pytest.mark.parametrize(
    "changes", [{"text_fr": "a\u202eb"}, {"text_en": ""}, {"ends_at": "2020-01-01T00:00"}, {"starts_at": "demain"}]
)
def test_a_fault_is_told_and_what_was_typed_stays(
    administrator: Client, election: Election, changes: dict[str, str]
) -> None:
    answer = administrator.post(PAGE, WORDS | changes)
    assert answer.status_code == 422
    assert "Arrêt ce soir." in text(answer) or "text_fr" in changes
    assert not Announcement.objects.exists()


def test_an_academie_s_text_is_written_then_given_back(administrator: Client, election: Election) -> None:
    academy = electorate.make_voter(election).academy
    query = {"academie": academy}
    page = administrator.get("/console/textes/", query)
    assert "Texte de l’élection" in text(page)
    address = f"/console/textes/edito/?academie={academy}"
    saved = administrator.post(address, {"text_fr": "Ici.", "text_en": "Here.", "version": "0"})
    assert saved.status_code == 302
    assert (read_text(election, Kind.EDITO, academy).fr, read_text(election, Kind.EDITO).is_default) == ("Ici.\n", True)
    assert "Revenir au texte de l’élection" in text(administrator.get(address))
    assert administrator.get(f"/console/textes/edito/versions/1/?academie={academy}").status_code == 200
    assert administrator.get("/console/textes/edito/versions/1/").status_code == 404
    administrator.post(f"/console/textes/edito/origine/?academie={academy}", {"version": "1"})
    assert read_text(election, Kind.EDITO, academy).is_default


@pytest.mark.parametrize("name", ["Atlantide", "a\0b", "<b>"])
def test_an_academie_of_no_voter_is_not_found(administrator: Client, election: Election, name: str) -> None:
    assert administrator.get("/console/textes/", {"academie": name}).status_code == 404
    words = {"text_fr": "x", "text_en": "y", "version": "0"}
    assert administrator.post(f"/console/textes/edito/?academie={name}", words).status_code == 404
    assert not TextVersion.objects.exists()
