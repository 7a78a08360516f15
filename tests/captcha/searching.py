"""The device's part of the proof of work, written a second time: what the booth's worker does."""

import hashlib


def search_number(prefix: str, target: str, maximum: int) -> str:
    """Return, in decimal, the number whose SHA-256(prefix "|" number) is `target`. Raises StopIteration."""
    numbers = (str(number) for number in range(maximum + 1))
    return next(found for found in numbers if hashlib.sha256(f"{prefix}|{found}".encode()).hexdigest() == target)
