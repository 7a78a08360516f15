"""What is kept of a recipient to measure deliveries: country and operator of a number, domain of an address.

The operator is the one to which the number's range was first given: a number that was carried to another operator
still counts for the first, and nothing public says where it went.
"""

import re

import phonenumbers

from .errors import SmsRefused

_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_LONGEST = 100
UNKNOWN = "?"


def country_and_operator(number: str) -> tuple[str, str]:
    """Return the region (ISO 3166, « ? » when unknown) and first operator (« ? » too) of a number in E.164. Raises SmsRefused."""
    # It reads the ranges of the whole world, which only this process part needs.
    from phonenumbers import carrier

    if not _E164.fullmatch(number):
        raise SmsRefused("number")
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        raise SmsRefused("number") from None
    if not phonenumbers.is_possible_number(parsed):
        raise SmsRefused("number")
    region = phonenumbers.region_code_for_number(parsed) or UNKNOWN
    return region[:2], (carrier.name_for_number(parsed, "en") or UNKNOWN)[:_LONGEST]


def domain_of(address: str) -> str:
    """Return the domain of an e-mail address, in lower case, « ? » without one."""
    return (address.strip().rpartition("@")[2].lower().rstrip(".") or UNKNOWN)[:_LONGEST]
