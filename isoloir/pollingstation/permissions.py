"""Who may do what in a bureau."""

from django.contrib.auth.base_user import AbstractBaseUser

from .models import Member, PollingStation


def membership(account: AbstractBaseUser, station: PollingStation) -> Member | None:
    """Return the account's seat in this bureau, or None."""
    return station.members.filter(account_id=account.pk).first()


def can_preside(account: AbstractBaseUser, station: PollingStation) -> bool:
    """The president, or the secretary who has all powers in the president's absence (R211-538)."""
    member = membership(account, station)
    return member is not None and member.role in (Member.Role.PRESIDENT, Member.Role.SECRETARY)
