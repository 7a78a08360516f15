"""Policies: read strictly, told in words, warned of by the rule that they break."""

import json
from typing import Any

import pytest

from isoloir.credentials.reissue.policies import (
    DEFAULT_POLICIES,
    PoliciesUnreadable,
    Policy,
    Proof,
    policies_of,
    read_policies,
    warnings_of,
)
from isoloir.credentials.reissue.rules import (
    WarningsNotAcknowledged,
    choose_rules,
    missing_for,
    warning_codes,
    warnings_by_policy,
)
from isoloir.elections.actions import ReissueRules, calendar_of, change_calendar
from isoloir.elections.errors import CalendarRefused, ElectionSealed, RegisterBegun, ReissueRulesRefused
from isoloir.elections.models import Election
from isoloir.journal.models import JournalEntry
from isoloir.roll.models import VoterIdentifiers
from tests.electorate import BEFORE, CLOSES, OPENS, make_contest, make_election, make_voter

CHALLENGE = DEFAULT_POLICIES["challenge"]
FRANCECONNECT = DEFAULT_POLICIES["franceconnect"]
FORM_2018 = DEFAULT_POLICIES["2018"]
_BY_FRANCECONNECT = FRANCECONNECT.as_json()


def described(policy: Policy = CHALLENGE, **changes: Any) -> list[dict[str, Any]]:
    return [policy.as_json() | changes]


def codes(policy: Policy, *among: Policy) -> set[str]:
    return {warning.code for warning in warnings_of(policy, Election(), among=among or (policy,))}


def composed(*proofs: list[str], **changes: Any) -> Policy:
    return read_policies(described(code="own", title="La nôtre", steps=[["session"], *proofs], **changes))[0]


def rules(*policies: Policy, **changes: Any) -> ReissueRules:
    values: dict[str, Any] = {"policies": [policy.as_json() for policy in policies], "limit": 3, "opens_at": None}
    return ReissueRules(**values | changes)


def choose(election: Election, chosen: ReissueRules, *, acknowledged: list[str] | None = None) -> Election:
    if acknowledged is None:
        acknowledged = warning_codes(warnings_by_policy(read_policies(chosen.policies), election))
    return choose_rules(election=election, rules=chosen, acknowledged=acknowledged, actor="a@b.example", at=BEFORE)


# ---- Reading ----


def test_default_policies_come_back_from_json_as_they_were() -> None:
    policies = tuple(DEFAULT_POLICIES.values())
    assert read_policies(json.loads(json.dumps([policy.as_json() for policy in policies]))) == policies


def test_what_has_a_default_may_be_absent() -> None:
    whole = CHALLENGE.as_json()
    short = {name: whole[name] for name in ("code", "title", "steps", "channels")}
    assert read_policies([short]) == (CHALLENGE,)


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"code": "Défi"}, "code"),
        ({"code": 3}, "code"),
        ({"title": " "}, "title"),
        ({"title": "x" * 81}, "title"),
        ({"steps": []}, "steps"),
        ({"steps": ["session"]}, "steps"),
        ({"steps": [["session"], []]}, "steps"),
        ({"steps": [["session"], ["pet"]]}, "steps"),
        ({"steps": [["session"], [{}]]}, "steps"),
        ({"steps": [["challenge"], ["numen"]]}, "steps"),
        ({"steps": [["session"]]}, "steps"),
        ({"steps": [["session"], ["captcha"]]}, "steps"),
        ({"steps": [["session"], ["numen"], ["numen"]]}, "steps"),
        ({"steps": [["session"], ["challenge", "numen"]]}, "steps"),
        (_BY_FRANCECONNECT | {"steps": [["session"], ["franceconnect"], ["numen"]]}, "steps"),
        (_BY_FRANCECONNECT | {"recipient": "typed"}, "recipient"),
        ({"recipient": "franceconnect"}, "recipient"),
        ({"recipient": ["typed"]}, "recipient"),
        ({"channels": []}, "channels"),
        ({"channels": ["sms", "sms"]}, "channels"),
        ({"channels": ["pigeon"]}, "channels"),
        ({"replaces_password": "no"}, "replaces_password"),
        ({"replaces_password": True}, "replaces_password"),
        ({"requests_a_day": 0}, "requests_a_day"),
        ({"requests_a_day": True}, "requests_a_day"),
        ({"requests_a_day": None}, "requests_a_day"),
        ({"link_minutes": 29}, "link_minutes"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_each_fault_names_its_way_and_its_member(changes: dict[str, Any], member: str) -> None:
    with pytest.raises(PoliciesUnreadable) as refusal:
        read_policies([*described(FORM_2018), *described(**changes)])
    assert all(fault.startswith(f"Voie 2, {member} : ") for fault in refusal.value.faults)
    assert refusal.value.faults


def test_franceconnect_goes_to_an_address_alone() -> None:
    with pytest.raises(PoliciesUnreadable, match="1 faults"):
        read_policies(described(FRANCECONNECT, channels=["sms", "email"]))


@pytest.mark.parametrize("described_as", [{}, "challenge", None, ["challenge"], [[]], [CHALLENGE.as_json()] * 2])
def test_what_is_no_list_of_different_policies_is_refused(described_as: Any) -> None:
    with pytest.raises(PoliciesUnreadable):
        read_policies(described_as)


def test_missing_member_is_named() -> None:
    with pytest.raises(PoliciesUnreadable) as refusal:
        read_policies([{"code": "x"}])
    assert [fault.split(" : ")[0] for fault in refusal.value.faults] == [
        "Voie 1, title",
        "Voie 1, steps",
        "Voie 1, channels",
    ]


# ---- Words ----


def test_policy_says_in_words_what_it_asks_and_where_the_link_goes() -> None:
    said = " ".join(CHALLENGE.sentences)
    assert "le NUMEN ou les dix premiers chiffres du numéro de sécurité sociale" in said
    assert "SMS à un téléphone mobile personnel ou courriel à une adresse personnelle" in said
    assert "FranceConnect" in " ".join(FRANCECONNECT.sentences)
    oddity = read_policies(described(FRANCECONNECT, replaces_password=True))[0]
    assert "d’abord un lien pour un nouveau mot de passe" in " ".join(oddity.sentences)


def test_only_the_challenge_needs_an_account() -> None:
    assert CHALLENGE.needs_account
    assert not FRANCECONNECT.needs_account
    assert not FORM_2018.needs_account


# ---- Warnings ----


def test_every_warning_names_a_rule_and_says_a_sentence() -> None:
    for policy in (*DEFAULT_POLICIES.values(), composed(["birth_date"])):
        found = warnings_of(policy, Election(), among=[policy])
        assert found
        for warning in found:
            assert "R211-555" in warning.article or "437989" in warning.article
            assert warning.sentence.endswith((".", ".)"))


def test_civil_data_alone_is_what_the_council_of_state_refused() -> None:
    for policy in (composed(["birth_date"]), composed(["nir"], ["birth_date"]), composed(["numen", "nir"])):
        warnings = {warning.code: warning for warning in warnings_of(policy, Election(), among=[policy])}
        assert "437989" in warnings["civil-identity"].article
    assert "civil-identity" not in codes(composed(["numen"], ["birth_date"]))
    assert "civil-identity" not in codes(CHALLENGE)


def test_form_of_2018_is_warned_to_have_no_secret_of_the_voter() -> None:
    assert {"no-own-secret", "numen-known", "birth-date-known", "contact-not-registered"} <= codes(FORM_2018)
    assert "no-own-secret" not in codes(CHALLENGE)


def test_challenge_is_warned_for_who_has_no_account_unless_another_way_remains() -> None:
    assert "no-way-without-account" in codes(CHALLENGE)
    assert "no-way-without-account" in codes(CHALLENGE, CHALLENGE, composed(["challenge"]))
    assert "no-way-without-account" not in codes(CHALLENGE, CHALLENGE, FRANCECONNECT)


def test_nir_is_told_to_follow_from_birth_date_and_place() -> None:
    assert "nir-derivable" in codes(CHALLENGE)
    assert "nir-derivable" not in codes(composed(["challenge"], ["numen"]))


def test_one_mailbox_or_one_link_for_two_secrets_is_warned_of() -> None:
    assert "same-mailbox" in codes(composed(["challenge"], refuses_work_domain=False))
    assert "same-mailbox" not in codes(CHALLENGE)
    oddity = read_policies(described(FRANCECONNECT, replaces_password=True))[0]
    assert "one-channel-for-two-secrets" in codes(oddity)
    assert "one-channel-for-two-secrets" not in codes(FRANCECONNECT)


def test_franceconnect_asks_for_no_contact_typed_that_day() -> None:
    assert "contact-not-registered" not in codes(FRANCECONNECT)
    assert "franceconnect-low" in codes(FRANCECONNECT)


# ---- Choosing ----


@pytest.fixture
def election(db: None) -> Election:
    return make_election()


def test_choice_must_be_acknowledged_with_these_very_warnings(election: Election) -> None:
    with pytest.raises(WarningsNotAcknowledged) as refusal:
        choose(election, rules(CHALLENGE), acknowledged=["challenge:contact-not-registered"])
    assert "challenge:nir-derivable" in warning_codes(refusal.value.warnings)
    election.refresh_from_db()
    assert election.reissue_policies == []
    assert not JournalEntry.objects.exists()


def test_choice_is_written_and_journaled_with_its_warnings(election: Election) -> None:
    choose(election, rules(CHALLENGE, FRANCECONNECT, limit=2, opens_at=OPENS))
    election.refresh_from_db()
    assert policies_of(election) == (CHALLENGE, FRANCECONNECT)
    assert (election.reissue_limit, election.reissue_opens_at) == (2, OPENS)
    facts = JournalEntry.objects.get(kind="reissue-rules.changed").facts
    assert facts["policies"] == [CHALLENGE.as_json(), FRANCECONNECT.as_json()]
    assert "challenge:nir-derivable" in facts["warnings"]
    assert facts["limit"] == 2


def test_no_way_at_all_needs_no_acknowledgement(election: Election) -> None:
    choose(election, rules(CHALLENGE))
    choose(election, rules(), acknowledged=[])
    election.refresh_from_db()
    assert not election.is_reissue_open(at=OPENS)


@pytest.mark.parametrize(
    ("changes", "field"), [({"limit": 0}, "limit"), ({"limit": 4}, "limit"), ({"opens_at": CLOSES}, "opens_at")]
)
def test_rule_out_of_bounds_is_named(election: Election, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ReissueRulesRefused) as refusal:
        choose(election, rules(FRANCECONNECT, **changes))
    assert list(refusal.value.faults) == [field]


def test_rules_are_fixed_by_the_register_and_by_sealing(election: Election) -> None:
    contest = make_contest(election)
    contest.has_register = True
    contest.save()
    with pytest.raises(RegisterBegun):
        choose(election, rules(FRANCECONNECT))
    contest.state = "sealed"
    contest.save()
    with pytest.raises(ElectionSealed):
        choose(election, rules(FRANCECONNECT))


def test_calendar_cannot_leave_the_opening_of_reissue_outside(election: Election) -> None:
    choose(election, rules(FRANCECONNECT, opens_at=election.portal_opens_at))
    calendar = calendar_of(election)
    later = type(calendar)(
        **{name: getattr(calendar, name) for name in calendar.__dataclass_fields__} | {"portal_opens_at": BEFORE}
    )
    with pytest.raises(CalendarRefused) as refusal:
        change_calendar(election=election, calendar=later, actor="a@b.example", at=BEFORE)
    assert list(refusal.value.faults) == ["portal_opens_at"]


def test_what_a_choice_lacks_is_counted(election: Election, settings: Any) -> None:
    settings.REGISTRAR_URL, settings.FRANCECONNECT = "", None
    known, _unknown = make_voter(election), make_voter(election, email="b@valmont.example")
    VoterIdentifiers.objects.create(voter=known, numen="0" * 64, nir="0" * 64, identity="0" * 64)
    lacking = missing_for((CHALLENGE, FRANCECONNECT), election)
    assert len(lacking) == 5
    assert "1 électeur sans NUMEN" in " ".join(lacking)
    assert missing_for((), election) == []


def test_proofs_of_the_2018_form_are_those_of_2018() -> None:
    assert FORM_2018.proofs == {Proof.SESSION, Proof.NUMEN, Proof.BIRTH_DATE, Proof.CAPTCHA}
    assert FORM_2018.channels == ("sms",)
