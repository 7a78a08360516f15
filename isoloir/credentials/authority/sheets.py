"""The number of a sheet: what people write in registers, on stubs and on the telephone.  It is not secret.

It is the voter's place in the order of distribution, never derived from the code, followed by a check digit (ISO/IEC
7064, MOD 11,10: every wrong digit and nearly every exchange of two neighbours is noticed).
"""

import re

from isoloir.credentials.authority.errors import AuthorityError

_NUMBER = re.compile(r"([0-9]{7,18})-([0-9])", re.ASCII)


def sheet_number(place: int) -> str:
    """Return the number of the sheet at this place (1 for the first): `0001234-5`."""
    digits = f"{place:07d}"
    return f"{digits}-{_check_digit(digits)}"


def sheet_place(number: str) -> int:
    """Return the place that a number stands for.  Raises AuthorityError when its check digit is wrong."""
    found = _NUMBER.fullmatch(number.strip())
    if found is None or found[2] != _check_digit(found[1]):
        shown = "".join(filter(str.isprintable, number))[:24]
        raise AuthorityError(f"« {shown} » n’est pas un numéro de notice", f"“{shown}” is not the number of a notice")
    return int(found[1])


def is_sheet_number(number: str) -> bool:
    """Say whether a text has the form of a number, with the right check digit."""
    found = _NUMBER.fullmatch(number)
    return found is not None and found[2] == _check_digit(found[1])


def _check_digit(digits: str) -> str:
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)
