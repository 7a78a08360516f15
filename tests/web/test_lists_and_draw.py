"""Lists side by side, statements in PDF, and the public draw of the order of lists."""

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pikepdf
import pytest
from isoloir_protocol.draw_record import verify_draw

from isoloir.elections.bundle import candidate_bundle
from isoloir.elections.draw import announce_draw, make_draw, withdraw_draw
from isoloir.elections.models import CandidateList, Contest, DrawAnnouncement, Election, StatementFile
from isoloir.pollingstation.models import Seal
from tests import electorate
from tests.electorate import BEFORE, activate, make_contest, make_member, make_voter, sign_in, sign_in_member, text
from tests.uploads.hostile import honest_pdf

pytestmark = pytest.mark.django_db
SOURCE = "Loto du 25 novembre 2026"


def give_statement(contest: Contest, position: int = 1) -> StatementFile:
    content = honest_pdf()
    file = StatementFile.objects.create(
        sha256=hashlib.sha256(content).hexdigest(), content=content, size=len(content), pages=1
    )
    CandidateList.objects.filter(contest=contest, position=position).update(statement_file=file)
    return file


@pytest.fixture
def own(client, election: Election) -> Contest:
    """A contest of the signed-in voter."""
    contest = make_contest(election, "CSA")
    activate(make_voter(election, contest))
    sign_in(client, "anne.dupont@valmont.example")
    return contest


def pdf_path(contest: Contest, position: int = 1) -> str:
    return f"/espace/scrutins/{contest.uuid}/profession-de-foi/{position}.pdf"


# ---- Statements in PDF ----


def test_a_statement_is_given_to_the_voters_of_its_contest_alone(client, election, own):
    other = make_contest(election, "CAP")
    file = give_statement(own)
    CandidateList.objects.filter(contest=other).update(statement_file=file)
    answer = client.get(pdf_path(own))
    assert answer.status_code == 200
    assert answer.content == bytes(file.content)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Cache-Control"] == "no-store"
    for absent in (pdf_path(other), pdf_path(own, 2), pdf_path(own, 99)):
        assert client.get(absent).status_code == 404
    assert pdf_path(own) in text(client.get(f"/espace/scrutins/{own.uuid}/"))


def test_a_statement_is_absent_until_the_lists_are_shown(client, election, own):
    give_statement(own)
    Election.objects.update(lists_shown_at=electorate.OPENS)
    assert client.get(pdf_path(own)).status_code == 404


def test_bytes_that_are_not_those_of_the_bundle_are_never_given(client, own):
    file = give_statement(own)
    changed = honest_pdf(sentence="Votez pour une autre liste.")
    StatementFile.objects.filter(pk=file.pk).update(content=changed)
    client.raise_request_exception = False
    answer = client.get(pdf_path(own))
    assert answer.status_code == 500
    assert b"%PDF" not in answer.content
    assert "panne" in text(answer)


def test_what_was_sealed_names_the_statement_whatever_the_list_says_now(client, own):
    file = give_statement(own)
    president = make_member("presidence@essai.example")
    Seal.objects.create(
        contest=own, sealed_at=BEFORE, sealed_by=president, parts={}, digest="0" * 64, bundle=candidate_bundle(own)
    )
    CandidateList.objects.filter(contest=own).update(statement_file=None)
    assert client.get(pdf_path(own)).content == bytes(file.content)


def test_the_bundle_binds_a_statement_by_its_hash_and_keeps_its_first_form_without_any(own):
    first = json.loads(candidate_bundle(own))
    assert first["version"] == 1
    assert "statement_pdf" not in first["lists"][0]
    file = give_statement(own)
    second = json.loads(candidate_bundle(own))
    assert second["version"] == 2
    assert second["lists"][0]["statement_pdf"] == {"sha256": file.sha256, "size": file.size, "pages": 1}
    assert second["lists"][1]["statement_pdf"] is None
    assert list(second["lists"][0])[-1] == "statement_pdf"


# ---- Comparison ----


def test_two_lists_are_shown_alike_side_by_side(client, own):
    give_statement(own)
    choice = text(client.get(f"/espace/scrutins/{own.uuid}/comparer/"))
    assert "Première liste" in choice
    page = text(client.get(f"/espace/scrutins/{own.uuid}/comparer/?a=2&b=1"))
    assert page.index("Liste Agir Ensemble</h2>") < page.index("Liste Union des Écoles</h2>")
    for word in ("EXEMPLE-1", "EXEMPLE-2", "Second paragraphe.", "Fédération fictive", pdf_path(own)):
        assert word in page
    assert "comparer/" in text(client.get(f"/espace/scrutins/{own.uuid}/"))


@pytest.mark.parametrize("asked", ["a=1&b=1", "a=1", "a=1&b=9", "a=x&b=2", "a=1&b=1e9"])
def test_what_cannot_be_compared_is_said_in_words(client, own, asked):
    answer = client.get(f"/espace/scrutins/{own.uuid}/comparer/?{asked}")
    assert answer.status_code == 422
    assert "error-summary" in answer.content.decode()


def test_lists_of_somebody_else_are_absent_and_none_is_indexed(client, election, own):
    other = make_contest(election, "CAP")
    assert client.get(f"/espace/scrutins/{other.uuid}/comparer/?a=1&b=2").status_code == 404
    for path in ("", "comparer/", "comparer/?a=1&b=2"):
        answer = client.get(f"/espace/scrutins/{own.uuid}/{path}")
        assert "noindex" in answer["X-Robots-Tag"]
        assert 'name="robots" content="noindex' in answer.content.decode()


def test_the_comparison_asks_the_database_little(client, own, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        client.get(f"/espace/scrutins/{own.uuid}/comparer/?a=1&b=2")


# ---- The draw ----


@pytest.fixture
def administrator(client, election, clock):
    sign_in_member(client, make_member("administration@essai.example", is_administrator=True))
    return client


ASKED = {"act": "announce", "source": SOURCE, "source_at": "2026-11-25T20:30", "seed_shape": "3 de 1 à 49"}
SOURCE_AT = datetime(2026, 11, 25, 19, 30, tzinfo=UTC)


def announced(election: Election, **changes: Any) -> DrawAnnouncement:
    values = {"source": SOURCE, "source_at": SOURCE_AT, "seed_shape": "3 de 1 à 49", "at": BEFORE}
    return announce_draw(election=election, actor="essai", **values | changes)


def test_the_console_announces_then_draws(administrator, election):
    make_contest(election, "CSA")
    page = text(administrator.get("/console/tirage/"))
    assert "Annoncer le tirage" in page
    assert "Tirer l’ordre" not in page
    past = administrator.post("/console/tirage/", ASKED | {"source_at": "2026-11-20T09:59"})
    assert past.status_code == 422
    assert "est à venir" in text(past)
    assert 'value="2026-11-20T09:59"' in text(past)
    assert administrator.post("/console/tirage/", ASKED).status_code == 302
    announcement = DrawAnnouncement.objects.get()
    page = text(administrator.get("/console/tirage/"))
    assert "Tirer l’ordre" in page
    assert "Graine attendue : 3 nombres de 1 à 49." in page
    assert "Annoncer le tirage" not in page
    public = text(client_page := administrator.get("/tirage/"))
    assert client_page.status_code == 200
    for words in (SOURCE, "Liste Union des Écoles", announcement.sha256, "3 nombres de 1 à 49"):
        assert words in public
    make = {"act": "make", "announcement": announcement.pk}
    seed = f"tirage-{announcement.pk}-seed"
    assert "pas encore publique" in text(administrator.post("/console/tirage/", make | {seed: "45 9 18"}))
    electorate.set_clock(SOURCE_AT)
    assert "n’est pas encore fait" in text(administrator.get("/tirage/"))
    for wrong, words in (("sept", "nombres entiers"), ("45 9 18 7", "n’a pas la forme annoncée")):
        refused = administrator.post("/console/tirage/", make | {seed: wrong})
        assert refused.status_code == 422
        assert words in text(refused)
    assert administrator.post("/console/tirage/", make | {seed: "45 9 18"}).status_code == 302
    announcement.refresh_from_db()
    assert announcement.seed == "9.18.45./"
    again = administrator.post("/console/tirage/", make | {seed: "1 2 3"})
    assert "Aucun tirage n’est annoncé" in text(again)


def test_each_announcement_has_a_form_of_its_own(administrator, election):
    make_contest(election, "CSA")
    first = announced(election)
    make_contest(election, "CAP")
    second = announced(election, source="Loto du 26 novembre 2026", at=BEFORE + timedelta(minutes=1))
    page = text(administrator.get("/console/tirage/"))
    assert f'name="tirage-{first.pk}-seed"' in page
    assert f'name="tirage-{second.pk}-seed"' in page
    electorate.set_clock(SOURCE_AT)
    asked = {"act": "make", "announcement": second.pk, f"tirage-{second.pk}-seed": "1 2 3"}
    assert administrator.post("/console/tirage/", asked).status_code == 302
    assert DrawAnnouncement.objects.get(pk=first.pk).seed == ""
    assert DrawAnnouncement.objects.get(pk=second.pk).seed == "1.2.3./"


@pytest.mark.parametrize(
    "asked", [{"act": "make"}, {"act": "make", "announcement": "x"}, {"act": "withdraw", "announcement": "0"}, {}]
)
def test_an_act_on_no_announcement_is_absent(administrator, election, asked):
    assert administrator.post("/console/tirage/", asked).status_code == 404


def test_what_was_withdrawn_stays_on_the_public_page_with_its_reason(administrator, election):
    make_contest(election, "CSA")
    announcement = announced(election)
    asked = {"act": "withdraw", "announcement": announcement.pk, f"tirage-{announcement.pk}-reason": "Loto reporté."}
    assert administrator.post("/console/tirage/", asked).status_code == 302
    page = text(administrator.get("/tirage/"))
    for words in ("Tirage annulé", "L’organisateur a retiré l’annonce.", "Loto reporté.", announcement.sha256):
        assert words in page
    assert "déjà publique" not in page
    assert "Annoncer le tirage" in text(administrator.get("/console/tirage/"))
    late = announced(election, at=BEFORE + timedelta(minutes=1))
    withdraw_draw(announcement=late, reason="L’ordre déplaît.", actor="essai", at=SOURCE_AT)
    assert "La graine était déjà publique" in text(administrator.get("/tirage/"))


def test_the_public_page_gives_all_that_computes_the_draw_again(client, election, clock):
    contest = make_contest(election, "CSA")
    announcement = announced(election)
    assert client.get(f"/tirage/{announcement.pk}/tirage.json").status_code == 404
    kept = client.get(f"/tirage/{announcement.pk}/annonce.json").content
    assert hashlib.sha256(kept).hexdigest() == announcement.sha256
    make_draw(announcement=announcement, seed="9 18 26", actor="essai", at=SOURCE_AT)
    page = client.get("/tirage/")
    assert "noindex" in page["X-Robots-Tag"]
    assert "9.18.26./" in text(page)
    record = client.get(f"/tirage/{announcement.pk}/tirage.json")
    verified = verify_draw(record.content)
    assert verified.announcement.sha256 == hashlib.sha256(kept).hexdigest()
    (drawn,) = verified.drawn
    assert list(drawn.order) == list(contest.lists.order_by("position").values_list("name", flat=True))
    minutes = client.get(f"/tirage/{announcement.pk}/proces-verbal.pdf")
    assert minutes.content == client.get(f"/tirage/{announcement.pk}/proces-verbal.pdf").content
    with pikepdf.open(io.BytesIO(minutes.content)) as document:
        assert document.attachments["tirage.json"].get_file().read_bytes() == record.content


def test_the_pages_of_the_draw_ask_the_database_little(administrator, election, django_assert_max_num_queries):
    for number, letter in enumerate("ABCDEF"):
        make_contest(election, f"CS{letter}")
        announced(election, at=BEFORE + timedelta(minutes=number))
    with django_assert_max_num_queries(20):
        administrator.get("/console/tirage/")
    with django_assert_max_num_queries(14):
        administrator.get("/tirage/")


def test_the_calendar_asks_no_day_of_a_draw_once_one_is_announced(administrator, election):
    make_contest(election, "CSA")
    assert "lists_drawn_on" in text(administrator.get("/console/calendrier/"))
    announced(election)
    page = text(administrator.get("/console/calendrier/"))
    assert "lists_drawn_on" not in page
    before = election.lists_drawn_on
    dates = {
        "portal_opens_at": "2026-10-13T09:00", "lists_shown_at": "2026-11-05T09:00",
        "voting_opens_at": "2026-12-03T08:00", "voting_closes_at": "2026-12-10T17:00", "grace": "20",
        "lists_drawn_on": "2026-11-19",
    }  # fmt: skip
    assert administrator.post("/console/calendrier/", dates).status_code == 302
    election.refresh_from_db()
    assert election.lists_drawn_on == before


def test_a_page_of_the_draw_without_any_says_so(client, election, clock):
    assert "Aucun tirage n’est encore annoncé" in text(client.get("/tirage/"))


def test_the_page_of_the_lists_is_compressed_and_the_comparison_is_not(client, own):
    asked = {"HTTP_ACCEPT_ENCODING": "gzip"}
    page = client.get(f"/espace/scrutins/{own.uuid}/", **asked)
    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]
    assert "Content-Encoding" not in client.get(f"/espace/scrutins/{own.uuid}/comparer/?a=1&b=2", **asked)
