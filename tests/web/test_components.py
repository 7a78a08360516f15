"""The components: what a template tag writes is what a reader, seeing or not, gets."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from django.utils import translation
from django.utils.safestring import mark_safe

from isoloir.web.forms import AccessibleFormRenderer, NewPasswordField, PasswordRule
from isoloir.web.templatetags.components import CONTEST_STATES, ICONS, grouped, thousands, unbroken
from isoloir.web.templatetags.dates import countdown, paris_day, paris_moment, paris_time

NOON = datetime(2026, 12, 3, 11, 0, tzinfo=UTC)


class TwoFields(forms.Form):
    default_renderer = AccessibleFormRenderer()
    address = forms.EmailField(label="Adresse", help_text="Par exemple a@b.example")
    secret = NewPasswordField(label="Secret", rules=[PasswordRule("digit", "Au moins un chiffre", "[0-9]")])
    channel = forms.ChoiceField(label="Canal", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)


def written(source: str, **context: object) -> str:
    return Template("{% load components dates %}" + source).render(Context(context))


def test_a_faulty_field_is_described_by_its_hint_and_its_error() -> None:
    page = str(TwoFields({}))
    described = re.search(r'<input type="email"[^>]*aria-describedby="([^"]*)"', page)
    assert described is not None
    for identifier in ("id_address_helptext", "id_address_error"):
        assert identifier in described[1].split()
        assert f'id="{identifier}"' in page


def test_every_error_of_the_summary_leads_to_an_element_of_the_form() -> None:
    form = TwoFields({})
    targets = re.findall(r'href="#([^"]+)"', written("{% error_summary form %}", form=form))
    assert targets == ["id_address", "id_secret", "id_channel_0"]
    for target in targets:
        assert f'id="{target}"' in str(form)


def test_an_error_of_the_whole_form_is_in_the_summary() -> None:
    form = TwoFields({"address": "a@b.example", "secret": "1", "channel": "a"})
    form.add_error(None, "Attendez cinq secondes.")
    assert "Attendez cinq secondes." in written("{% error_summary form %}", form=form)


def test_a_form_not_yet_sent_has_no_summary() -> None:
    assert "error-summary" not in written("{% error_summary form %}", form=TwoFields())


def test_what_was_typed_stays_typed_but_for_the_password() -> None:
    page = str(TwoFields({"address": "not an address", "secret": "Secret-1234", "channel": "b"}))
    assert 'value="not an address"' in page
    assert "Secret-1234" not in page


def test_the_rules_of_a_new_password_stand_under_its_field() -> None:
    page = str(TwoFields())
    assert 'data-rules-for="id_secret"' in page
    assert 'data-pattern="[0-9]"' in page


def test_what_people_wrote_is_escaped_in_every_tag() -> None:
    hostile = "<b onclick=x>"
    rows = [{"label": hostile, "votes": 1}]
    page = written("{% bar_chart rows t t 1 %}{% tag t %}{% progress 0 1 t %}", rows=rows, t=hostile) + grouped(hostile)
    assert "<b" not in page
    assert "&lt;b" in page


def test_a_chart_has_the_table_of_the_same_figures() -> None:
    rows = [{"label": "Liste A", "votes": 1204}, {"label": "Votes blancs", "votes": 96, "quiet": True}]
    page = written('{% bar_chart rows "Voix" "Liste" 1300 %}', rows=rows)
    table = page[page.index("<table") :]
    assert "1\u00a0204" in table
    assert re.search(r"92[.,]6", table)
    assert 'width="100.00%"' in page
    assert 'width="7.97%"' in page
    assert "style=" not in page


def test_a_chart_without_any_vote_draws_no_bar() -> None:
    page = written('{% bar_chart rows "Voix" "Liste" 0 %}', rows=[{"label": "A", "votes": 0}])
    assert 'width="0%"' in page


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (timedelta(days=2, hours=6, minutes=30), (2, 6, 30)),
        (timedelta(seconds=1), (0, 0, 1)),
        (timedelta(minutes=59, seconds=59), (0, 1, 0)),
        (timedelta(0), (0, 0, 0)),
        (timedelta(hours=-3), (0, 0, 0)),
    ],
)
def test_a_countdown_reads_zero_only_once_the_hour_has_come(left: timedelta, expected: tuple[int, int, int]) -> None:
    units = countdown(NOON + left, NOON, "Le vote ferme dans")["units"]
    assert tuple(unit["number"] for unit in units) == expected


def test_a_countdown_never_goes_without_its_date() -> None:
    page = written('{% countdown until now "Le vote ferme dans" %}', until=NOON + timedelta(days=1), now=NOON)
    assert 'datetime="2026-12-04T11:00:00Z"' in page
    assert "vendredi 4 décembre 2026" in page


def test_hours_are_those_of_paris_in_winter_and_in_summer() -> None:
    assert paris_time(NOON) == "jeudi 3 décembre 2026 à 12\u00a0h\u00a000 (heure\u00a0de\u00a0Paris)"
    assert paris_moment(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == "jeudi 2 juillet 2026 à 0\u00a0h\u00a030"
    assert paris_day(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == "jeudi 2 juillet 2026"


def test_a_grouped_reference_is_copied_without_spaces() -> None:
    reference = "7F3Kq0Oz1lIxWm9Qe5RtYuVbNcD2sAhJgTpLkMiZ8wE"
    assert re.sub(r"<[^>]*>", "", grouped(reference)) == reference


def test_no_line_begins_with_a_colon() -> None:
    assert unbroken("Liste électorale : CSA « A »") == "Liste électorale\u00a0: CSA «\u00a0A\u00a0»"
    shown = Template("{% load components %}{{ said|unbroken }}{{ safe|unbroken }}")
    page = shown.render(Context({"said": "<b> :", "safe": mark_safe("<i> :</i>")}))
    assert page == "&lt;b&gt;\u00a0:<i>\u00a0:</i>"


def test_thousands_follow_the_language() -> None:
    assert thousands(1234567) == "1\u00a0234\u00a0567"
    with translation.override("en"):
        assert thousands(1234567) == "1,234,567"


def test_every_state_of_a_contest_has_its_word() -> None:
    for state, (_kind, word) in CONTEST_STATES.items():
        assert str(word) in written("{% contest_tag state %}", state=state)


def test_every_icon_is_hidden_from_screen_readers() -> None:
    for path in ICONS.glob("*.svg"):
        drawing = written("{% icon name %}", name=path.stem)
        assert drawing.startswith('<svg class="icon" aria-hidden="true" focusable="false" viewBox="0 0 24 24"')
        assert drawing.endswith("</svg>")


def test_steps_say_where_one_is() -> None:
    page = written('{% steps "Adresse" "Courriel" "Mot de passe" current=2 %}')
    assert page.count('aria-current="step"') == 1
    assert re.search(r'aria-current="step">\s*Courriel', page)
    assert page.count('data-state="done"') == 1


@pytest.mark.django_db
def test_paging_keeps_the_search() -> None:
    request = RequestFactory().get("/emargement/", {"q": "roy", "page": "2"})
    template = Template("{% load components %}{% pagination page %}")
    page = template.render(RequestContext(request, {"page": Paginator(range(60), 20).page(2)}))
    assert "q=roy&amp;page=1" in page
    assert "q=roy&amp;page=3" in page


def test_paging_says_nothing_of_a_single_page() -> None:
    assert written("{% pagination page %}", page=Paginator(range(3), 20).page(1)).strip() == ""
