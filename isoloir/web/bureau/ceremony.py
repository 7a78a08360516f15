"""Who holds a key, who has acted, who must act now: the table that a whole room reads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from isoloir.elections.models import Contest
from isoloir.pollingstation.models import Member, PollingStation
from isoloir.trustees.actions import STEPS, due_step
from isoloir.trustees.models import PartialDecryption, Trustee, TrusteeGroup

COUNTED = (Contest.State.COUNTED, Contest.State.PUBLISHED)


@dataclass(frozen=True)
class Holder:
    """A line of the table: `acts` are done, turn or waiting, one per step."""

    name: str
    role: str
    acts: tuple[str, ...]


class CeremonyView:
    """The trustees of a bureau, their roles, and the partial decryptions received, read in three queries."""

    def __init__(self, station: PollingStation, contests: Sequence[Contest]) -> None:
        self.ceremony = station.ceremony
        self.trustees = list(
            Trustee.objects.filter(group__ceremony=station.ceremony)
            .select_related("group", "account")
            .order_by("owner")
        )
        words = dict(Member.Role.choices)
        self._roles = {account: str(words[role]) for account, role in station.members.values_list("account_id", "role")}
        self._contests = contests
        self.received: dict[int, set[int]] = {contest.pk: set() for contest in contests}
        rows = PartialDecryption.objects.filter(contest__in=contests).values_list("contest_id", "trustee__owner")
        for contest, owner in rows:
            self.received[contest].add(owner)

    def members_of(self, group: TrusteeGroup) -> list[Trustee]:
        return [trustee for trustee in self.trustees if trustee.group_id == group.pk]

    def groups(self) -> list[TrusteeGroup]:
        return list({trustee.group_id: trustee.group for trustee in self.trustees}.values())

    def due(self, trustee: Trustee) -> str:
        return due_step(trustee, self.members_of(trustee.group))

    def due_holders(self) -> list[Trustee]:
        """Return the trustees of whom a step of the ceremony is asked now."""
        return [trustee for trustee in self.trustees if self.due(trustee) in STEPS]

    def shares_suffice(self, contest: Contest) -> bool:
        """Tell whether every group has its quorum for this contest (R211-573)."""
        received = self.received[contest.pk]
        return all(
            len(received.intersection(member.owner for member in self.members_of(group))) >= group.threshold
            for group in self.groups()
        )

    def awaited_for(self, contest: Contest) -> list[Trustee]:
        """Return the trustees whose partial decryption can still help: those of the groups short of their quorum."""
        received = self.received[contest.pk]
        awaited: list[Trustee] = []
        for group in self.groups():
            members = self.members_of(group)
            missing = [member for member in members if member.owner not in received]
            if len(members) - len(missing) < group.threshold:
                awaited += missing
        return awaited

    def step_names(self) -> list[str]:
        names = [str(word) for word in step_words().values()]
        return [*names, _("Déchiffrement")] if self._is_counting() else names

    def _is_counting(self) -> bool:
        return any(contest.state in (Contest.State.COUNTING, *COUNTED) for contest in self._contests)

    def holders(self) -> list[Holder]:
        return [
            Holder(trustee.account.full_name, self._role(trustee), self._acts(trustee)) for trustee in self.trustees
        ]

    def _role(self, trustee: Trustee) -> str:
        # A trustee who has left the bureau is told by the group whose key the share opens.
        return self._roles.get(trustee.account_id) or str(trustee.group.get_role_display())

    def _acts(self, trustee: Trustee) -> tuple[str, ...]:
        due = self.due(trustee)
        acts = ["done" if getattr(trustee, step) else "turn" if due == step else "waiting" for step in STEPS]
        if self._is_counting():
            acts.append(self._decryption_act(trustee))
        return tuple(acts)

    def _decryption_act(self, trustee: Trustee) -> str:
        counting = [contest for contest in self._contests if contest.state == Contest.State.COUNTING]
        begun = [contest for contest in self._contests if contest.state in (Contest.State.COUNTING, *COUNTED)]
        if begun and all(trustee.owner in self.received[contest.pk] for contest in begun):
            return "done"
        return "turn" if any(trustee in self.awaited_for(contest) for contest in counting) else "waiting"

    def quorum(self) -> str:
        """Say the access rule as the groups have it, for instance « 1 parmi 2 (président·e ou secrétaire) et 2 parmi 4… »."""
        rules = [
            _("%(threshold)d parmi %(size)d (%(role)s)")
            % {
                "threshold": group.threshold,
                "size": len(self.members_of(group)),
                "role": str(group.get_role_display()),
            }
            for group in self.groups()
        ]
        return _(" et ").join(rules)


def step_words() -> Mapping[str, str]:
    """Return the steps of the ceremony in words."""
    return {"certificate": _("Certificat"), "polynomial": _("Engagement"), "share": _("Part de clé")}


def names_of(trustees: Iterable[Trustee]) -> str:
    return ", ".join(trustee.account.full_name for trustee in trustees)
