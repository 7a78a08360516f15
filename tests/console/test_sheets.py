"""The console's page of printed notices: counts without names, files taken whole, an export for establishments."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from isoloir.credentials.authority.sheets import sheet_number
from isoloir.credentials.models import NoticeSheet
from isoloir.credentials.notices import replace_sheets
from isoloir.elections.models import Election
from isoloir.pollingstation.files import import_files
from tests import importing
from tests.importing import ACTOR, AT

pytestmark = pytest.mark.django_db


@pytest.fixture
def printed(election: Election) -> Election:
    import_files(election=election, files=importing.election_files(), actor=ACTOR, at=AT)
    voters = election.voters.order_by("reference").values_list("pk", flat=True)
    replace_sheets(election, {pk: sheet_number(place) for place, pk in enumerate(voters, start=1)}, at=AT)
    return election


def upload(client: Client, *lines: str):
    content = "\n".join(("number;edition;state;date", *lines, "")).encode()
    return client.post(reverse("console:sheets"), {"file": SimpleUploadedFile("suivi.csv", content)})


def test_counts_and_export_have_no_name(administrator: Client, printed: Election) -> None:
    page = administrator.get(reverse("console:sheets")).content.decode()
    assert "Chaque électeur a une notice, et une seule." in page
    export = administrator.get(reverse("console:sheets_export")).content.decode()
    assert export.count("\n") > 1
    for voter in printed.voters.all():
        assert voter.establishment_code in export
        assert voter.last_name not in page + export
        assert voter.reference not in page + export


def test_an_academy_is_shown_by_establishment(administrator: Client, printed: Election) -> None:
    academy, code = printed.voters.values_list("academy", "establishment_code").first()
    page = administrator.get(reverse("console:sheets"), {"academie": academy}).content.decode()
    assert code in page


def test_a_file_is_taken_whole_and_what_does_not_add_up_is_said(administrator: Client, printed: Election) -> None:
    assert upload(administrator, f"{sheet_number(1)};1;détruite;2026-10-01").status_code == 302
    assert NoticeSheet.objects.get(number=sheet_number(1)).state == "destroyed"
    assert "1 ligne ne tombe pas juste" in administrator.get(reverse("console:sheets")).content.decode()


def test_a_bad_line_is_shown_and_nothing_changes(administrator: Client, printed: Election) -> None:
    answer = upload(administrator, f"{sheet_number(2)};1;livrée;2026-10-01", f"{sheet_number(1)};1;signée;2026-10-01")
    assert answer.status_code == 422
    assert "ne devient pas" in answer.content.decode()
    assert set(NoticeSheet.objects.values_list("state", flat=True)) == {"printed"}


def test_a_page_without_sheets_says_when_they_will_be_known(administrator: Client, election: Election) -> None:
    assert "Aucune notice n’est encore connue" in administrator.get(reverse("console:sheets")).content.decode()
