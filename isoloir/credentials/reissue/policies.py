"""The ways of getting a new voting code (« voies de réassort »), as data of each election (decisions/0007).

A policy says what must be proved, step by step, and where the link goes. It is judged against R211-555 and what was decided
on it: one that breaks a rule is not forbidden, for the organiser answers for it, but is warned of, and the warning must be
acknowledged.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from isoloir.elections.models import Election

MOST_POLICIES = 5
REQUESTS_A_DAY = range(1, 11)
LINK_MINUTES = range(30, 43_201)
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LONGEST_TITLE = 80


class Proof(StrEnum):
    """What a voter may be asked to prove."""

    SESSION = "session"
    CHALLENGE = "challenge"
    NUMEN = "numen"
    NIR = "nir"
    BIRTH_DATE = "birth_date"
    CAPTCHA = "captcha"
    FRANCECONNECT = "franceconnect"


class Recipient(StrEnum):
    """Where the link goes: to what the voter types on that day, or to the address that FranceConnect tells."""

    TYPED = "typed"
    FRANCECONNECT = "franceconnect"


# What the portal compares with what was imported (roll.VoterIdentifiers), by the name of its keyed hash.
IDENTIFIERS = (Proof.NUMEN, Proof.NIR, Proof.BIRTH_DATE)
CHANNELS = ("sms", "email")
_WORDS: dict[str, Promise] = {
    Proof.SESSION: gettext_lazy("le mot de passe Élections, par la connexion à l’espace électeur"),
    Proof.CHALLENGE: gettext_lazy("la réponse secrète à la question défi"),
    Proof.NUMEN: gettext_lazy("le NUMEN"),
    Proof.NIR: gettext_lazy("les dix premiers chiffres du numéro de sécurité sociale"),
    Proof.BIRTH_DATE: gettext_lazy("la date de naissance"),
    Proof.CAPTCHA: gettext_lazy("le code de vérification affiché (CAPTCHA)"),
    Proof.FRANCECONNECT: gettext_lazy("l’identité donnée par FranceConnect"),
}
CHANNEL_WORDS: dict[str, Promise] = {
    "sms": gettext_lazy("SMS à un téléphone mobile personnel"),
    "email": gettext_lazy("courriel à une adresse personnelle"),
}
_TITLES: dict[str, Promise] = {
    "Question défi": gettext_lazy("Question défi"),
    "FranceConnect": gettext_lazy("FranceConnect"),
    "NUMEN et date de naissance": gettext_lazy("NUMEN et date de naissance"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to be proved; where several are named, one of them is enough and the voter chooses."""

    any_of: tuple[Proof, ...]

    @property
    def words(self) -> str:
        """Return the step as people read it."""
        return _(" ou ").join(str(_WORDS[proof]) for proof in self.any_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One way: its steps in order (the session is always the first), then where the link goes.

    `replaces_password`: the e-mail has a link to a new password before the one to the new code, for the link of
    FranceConnect in 2022 led to the password; without an account, a link to activate it.
    `refuses_work_domain`: an address of the domain of one of the voter's professional addresses is refused as contact.
    `link_minutes`: how long the link lives; None: as the election's other links. Never beyond the closing of the vote.
    """

    code: str
    title: str
    steps: tuple[Step, ...]
    channels: tuple[str, ...]
    recipient: Recipient = Recipient.TYPED
    replaces_password: bool = False
    refuses_work_domain: bool = True
    requests_a_day: int = 5
    link_minutes: int | None = None

    @property
    def spoken_title(self) -> str:
        """Return the title; those of the ways that come with the product are in the reader's language."""
        return str(_TITLES.get(self.title, self.title))

    @property
    def proofs(self) -> frozenset[Proof]:
        """Return all that may be asked."""
        return frozenset(proof for step in self.steps for proof in step.any_of)

    @property
    def needs_account(self) -> bool:
        """Tell whether a voter who never activated the account is shut out: there is no answer to the question then."""
        return any(step.any_of == (Proof.CHALLENGE,) for step in self.steps)

    @property
    def sentences(self) -> list[str]:
        """Return the way in words, one sentence for each thing that it does."""
        said = [_("Prouver : %(what)s.") % {"what": step.words} for step in self.steps]
        if self.recipient == Recipient.FRANCECONNECT:
            said.append(_("Le lien part à l’adresse électronique que donne FranceConnect."))
        else:
            channels = _(" ou ").join(str(CHANNEL_WORDS[channel]) for channel in self.channels)
            said.append(_("Le lien part par %(channels)s, que l’électeur saisit ce jour-là.") % {"channels": channels})
        if self.refuses_work_domain and "email" in self.channels:
            said.append(_("Une adresse du même domaine que l’adresse professionnelle est refusée."))
        if self.replaces_password:
            said.append(
                _(
                    "Le message porte d’abord un lien pour un nouveau mot de passe, puis le lien du nouveau code de vote."
                )
            )
        if self.link_minutes is not None:
            said.append(_("Le lien vaut %(minutes)d minutes.") % {"minutes": self.link_minutes})
        said.append(_("Demandes par électeur : %(count)d au plus en vingt-quatre heures.") % {"count": self.requests_a_day})  # fmt: skip
        return said

    def as_json(self) -> dict[str, Any]:
        """Return the policy as Election.reissue_policies keeps it."""
        return {
            "code": self.code, "title": self.title, "steps": [[str(proof) for proof in step.any_of] for step in self.steps],
            "channels": list(self.channels), "recipient": str(self.recipient),
            "replaces_password": self.replaces_password, "refuses_work_domain": self.refuses_work_domain,
            "requests_a_day": self.requests_a_day, "link_minutes": self.link_minutes,
        }  # fmt: skip


def _steps(*steps: Sequence[Proof]) -> tuple[Step, ...]:
    return tuple(Step(tuple(step)) for step in ([Proof.SESSION], *steps))


# What the Ministry of education offered in 2022 (the first two) and in 2018, where the identifier itself came by SMS: here
# a link does, and the code is made in the browser.
DEFAULT_POLICIES: dict[str, Policy] = {
    policy.code: policy
    for policy in (
        Policy(
            code="challenge", title="Question défi", channels=("sms", "email"),
            steps=_steps([Proof.CHALLENGE], [Proof.NUMEN, Proof.NIR]),
        ),
        Policy(
            code="franceconnect", title="FranceConnect", channels=("email",), recipient=Recipient.FRANCECONNECT,
            steps=_steps([Proof.FRANCECONNECT]), refuses_work_domain=False,
        ),
        Policy(
            code="2018", title="NUMEN et date de naissance", channels=("sms",),
            steps=_steps([Proof.NUMEN], [Proof.BIRTH_DATE], [Proof.CAPTCHA]),
        ),
    )
}  # fmt: skip


class PoliciesUnreadable(ValueError):
    """A description of policies is not admitted; `faults` are sentences, each with the place at fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = tuple(faults)


def policies_of(election: Election) -> tuple[Policy, ...]:
    """Return the ways that the election offers, in its order. Raises PoliciesUnreadable (written by hand, and wrong)."""
    return read_policies(election.reissue_policies)


def policy_of(election: Election, code: str) -> Policy | None:
    """Return one of the election's ways by its code, None when it offers no such way."""
    return next((policy for policy in policies_of(election) if policy.code == code), None)


def read_policies(described: Any) -> tuple[Policy, ...]:
    """Return the policies that a list of objects describes. Raises PoliciesUnreadable with every fault named.

    Strict: every member is there save those that have a default, no other is, and nothing is guessed.
    """
    if not isinstance(described, list | tuple) or len(described) > MOST_POLICIES:
        raise PoliciesUnreadable([_("Une liste de %(most)d voies au plus est attendue.") % {"most": MOST_POLICIES}])
    faults: list[str] = []
    policies: list[Policy] = []
    for number, item in enumerate(described, start=1):
        reader = _PolicyReader(item, number)
        policy = reader.policy()
        faults += reader.faults
        if policy is not None:
            policies.append(policy)
    codes = [policy.code for policy in policies]
    faults += [
        _("Deux voies ont le code « %(code)s ».") % {"code": code}
        for code in dict.fromkeys(codes)
        if codes.count(code) > 1
    ]
    if faults:
        raise PoliciesUnreadable(faults)
    return tuple(policies)


class _PolicyReader:
    """One object while it is read, and its faults."""

    _REQUIRED = ("code", "title", "steps", "channels")
    _KNOWN = (*_REQUIRED, "recipient", "replaces_password", "refuses_work_domain", "requests_a_day", "link_minutes")

    def __init__(self, item: Any, number: int) -> None:
        self._item: Mapping[str, Any] = item if isinstance(item, dict) else {}
        self._number = number
        self.faults: list[str] = []
        if not isinstance(item, dict):
            self._fault("", _("un objet est attendu."))

    def policy(self) -> Policy | None:
        """Return the policy, None when a fault was noted."""
        if self.faults:
            return None
        for name in self._REQUIRED:
            if name not in self._item:
                self._fault(name, _("ce membre manque."))
        for name in self._item:
            if name not in self._KNOWN:
                self._fault(str(name)[:40], _("ce membre est inconnu."))
        if self.faults:
            return None
        policy = Policy(
            code=self._text("code", _CODE), title=self._title(), steps=self._read_steps(), channels=self._channels(),
            recipient=self._recipient(), replaces_password=self._flag("replaces_password", default=False),
            refuses_work_domain=self._flag("refuses_work_domain", default=True),
            requests_a_day=self._number_within("requests_a_day", REQUESTS_A_DAY) or REQUESTS_A_DAY.start,
            link_minutes=self._number_within("link_minutes", LINK_MINUTES),
        )  # fmt: skip
        if not self.faults:
            self._check_whole(policy)
        return None if self.faults else policy

    def _fault(self, name: str, sentence: str) -> None:
        place = _("Voie %(number)d") % {"number": self._number}
        self.faults.append(f"{place}, {name} : {sentence}" if name else f"{place} : {sentence}")

    def _text(self, name: str, form: re.Pattern[str]) -> str:
        value = self._item[name]
        if not isinstance(value, str) or not form.fullmatch(value):
            self._fault(name, _("des minuscules sans accent, des chiffres et des traits d’union, 40 au plus."))
            return ""
        return value

    def _title(self) -> str:
        value = self._item["title"]
        if not isinstance(value, str) or not 0 < len(value.strip()) <= _LONGEST_TITLE or not value.isprintable():
            self._fault("title", _("de 1 à %(most)d caractères.") % {"most": _LONGEST_TITLE})
            return ""
        return value.strip()

    def _read_steps(self) -> tuple[Step, ...]:
        value = self._item["steps"]
        steps = value if isinstance(value, list) else []
        known = set(Proof)
        if not steps or any(
            not isinstance(step, list) or not step or not all(isinstance(each, str) and each in known for each in step)
            for step in steps
        ):
            facts = {"proofs": ", ".join(Proof)}
            self._fault("steps", _("une liste de listes, non vides, de ces preuves : %(proofs)s.") % facts)
            return ()
        return tuple(Step(tuple(Proof(each) for each in step)) for step in steps)

    def _channels(self) -> tuple[str, ...]:
        value = self._item["channels"]
        if (
            not isinstance(value, list)
            or not value
            or not all(isinstance(each, str) and each in CHANNELS for each in value)
            or len(set(value)) < len(value)
        ):
            self._fault("channels", _("« sms », « email » ou les deux, chacun une fois."))
            return ()
        return tuple(value)

    def _recipient(self) -> Recipient:
        value = self._item.get("recipient", Recipient.TYPED)
        if not isinstance(value, str) or value not in set(Recipient):
            self._fault("recipient", _("« typed » ou « franceconnect »."))
            return Recipient.TYPED
        return Recipient(value)

    def _flag(self, name: str, *, default: bool) -> bool:
        value = self._item.get(name, default)
        if not isinstance(value, bool):
            self._fault(name, _("true ou false."))
            return default
        return value

    def _number_within(self, name: str, bounds: range) -> int | None:
        value = self._item.get(name, 5 if name == "requests_a_day" else None)
        if value is None and name == "link_minutes":
            return None
        if type(value) is not int or value not in bounds:
            facts = {"first": bounds.start, "last": bounds.stop - 1}
            self._fault(name, _("un nombre entier de %(first)d à %(last)d.") % facts)
            return None
        return value

    def _check_whole(self, policy: Policy) -> None:
        """Refuse what no page could carry out; what is merely weak is warned of instead."""
        asked = [proof for step in policy.steps for proof in step.any_of]
        if len(asked) > len(set(asked)):
            self._fault("steps", _("une preuve n’est demandée qu’une fois."))
        if policy.steps[0].any_of != (Proof.SESSION,):
            self._fault(
                "steps", _("la première étape est « session », seule : le lien ne sert qu’à un électeur connecté.")
            )
        if len(policy.steps) < 2 or set(asked) <= {Proof.SESSION, Proof.CAPTCHA}:
            self._fault("steps", _("il faut prouver quelque chose de plus que la session."))
        for alone in (Proof.CHALLENGE, Proof.CAPTCHA, Proof.FRANCECONNECT):
            if alone in asked and Step((alone,)) not in policy.steps:
                self._fault("steps", _("« %(proof)s » ne peut pas être un choix.") % {"proof": alone})
        by_franceconnect = Proof.FRANCECONNECT in asked
        if by_franceconnect and len(policy.steps) > 2:
            self._fault("steps", _("« franceconnect » est la seule preuve, après la session."))
        if by_franceconnect != (policy.recipient == Recipient.FRANCECONNECT):
            self._fault("recipient", _("le lien part par FranceConnect quand on prouve par FranceConnect, et alors seulement."))  # fmt: skip
        if policy.replaces_password and policy.channels != ("email",):
            self._fault(
                "replaces_password", _("seul un courriel porte deux liens : « email » est alors le seul canal.")
            )
        if by_franceconnect and policy.channels != ("email",):
            self._fault("channels", _("FranceConnect ne donne qu’une adresse électronique."))


@dataclass(frozen=True, slots=True)
class PolicyWarning:
    """What a policy breaks or weakens: a code for the journal, the rule by its name, a sentence for the organiser."""

    code: str
    article: str
    sentence: str


def warnings_of(policy: Policy, election: Election, *, among: Iterable[Policy] | None = None) -> list[PolicyWarning]:
    """Return what the organiser must know before offering this way; `among` are the ways offered with it."""
    others = [each for each in (policies_of(election) if among is None else among) if each.code != policy.code]
    return [
        PolicyWarning(code, *_RULES[code]())
        for code, applies in _applying(policy, others).items()
        if applies
    ]  # fmt: skip


def _applying(policy: Policy, others: Sequence[Policy]) -> dict[str, bool]:
    """Tell which warnings apply, the gravest first."""
    weakest = [_weakest(step) for step in policy.steps]
    civil = {Proof.SESSION, Proof.CAPTCHA, Proof.BIRTH_DATE, Proof.NIR}
    typed = policy.recipient == Recipient.TYPED
    by_franceconnect = Proof.FRANCECONNECT in policy.proofs
    has_secret = Proof.CHALLENGE in policy.proofs or by_franceconnect
    return {
        "civil-identity": set(weakest) <= civil,
        "no-own-secret": not has_secret,
        "one-channel-for-two-secrets": policy.replaces_password,
        "same-mailbox": "email" in policy.channels and not policy.refuses_work_domain,
        "contact-not-registered": typed,
        "numen-known": Proof.NUMEN in policy.proofs,
        "nir-derivable": Proof.NIR in policy.proofs,
        "birth-date-known": Proof.BIRTH_DATE in policy.proofs,
        "challenge-by-mailbox": Proof.CHALLENGE in policy.proofs,
        "franceconnect-low": by_franceconnect,
        "no-way-without-account": policy.needs_account and all(each.needs_account for each in others),
    }


def _weakest(step: Step) -> Proof:
    """Return the alternative that costs an impostor least: what is derived from civil data comes first."""
    order = (Proof.BIRTH_DATE, Proof.NIR, Proof.NUMEN)
    return next((proof for proof in order if proof in step.any_of), step.any_of[0])


def _r211_555() -> str:
    return _("Code général de la fonction publique, article R211-555")


def _decision() -> str:
    return _("Conseil d’État, 26 janvier 2021, n° 437989")


_RULES = {
    "civil-identity": lambda: (
        _decision(),
        _("L’identité n’y est prouvée que par des données d’état civil ou par ce qui s’en déduit : des élections ont été annulées pour cela."),
    ),
    "no-own-secret": lambda: (
        _r211_555(),
        _("Rien n’y est connu du seul électeur : un collègue ou un service du personnel peut tout savoir. La récupération doit être au moins aussi sûre que la remise de la notice."),
    ),
    "one-channel-for-two-secrets": lambda: (
        _r211_555(),
        _("Un même message y permet de refaire le mot de passe et le code de vote. Il faut autant de canaux indépendants que de secrets."),
    ),
    "same-mailbox": lambda: (
        _r211_555(),
        _("Le lien peut arriver dans une messagerie professionnelle, qui sert déjà à faire le mot de passe. Les canaux ne sont alors pas indépendants."),
    ),
    "contact-not-registered": lambda: (
        _r211_555(),
        _("Le numéro ou l’adresse est saisi ce jour-là, et n’était pas connu d’avance : le lien prouve que quelqu’un le détient, pas que ce soit l’électeur."),
    ),
    "numen-known": lambda: (
        _r211_555(),
        _("Le NUMEN est connu des secrétariats et des services du personnel : ce n’est pas un secret de l’électeur."),
    ),
    "nir-derivable": lambda: (
        _decision(),
        _("Les dix premiers chiffres du numéro de sécurité sociale se déduisent du sexe, de la date et du lieu de naissance."),
    ),
    "birth-date-known": lambda: (
        _decision(),
        _("La date de naissance est connue de l’entourage et de l’administration : elle ne prouve pas l’identité."),
    ),
    "challenge-by-mailbox": lambda: (
        _r211_555(),
        _("La réponse secrète a été choisie par le lien d’activation : qui tenait la messagerie professionnelle ce jour-là la connaît aussi."),
    ),
    "franceconnect-low": lambda: (
        _r211_555(),
        _("FranceConnect garantit l’identité au niveau faible (eIDAS), et la messagerie qu’il donne n’est pas vérifiée par l’organisateur."),
    ),
    "no-way-without-account": lambda: (
        _r211_555(),
        _("Un électeur qui n’a pas activé son compte n’a pas de question défi : aucune voie ne lui reste. Proposez-en une autre avec celle-ci."),
    ),
}  # fmt: skip
