"""What all the makers of vectors share: a case, a deterministic source of bytes, texts altered in one place."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

ORIGIN = "isoloir"


class Stream:
    """A source of bytes that depends on its name alone: SHA-256(name ‖ "|" ‖ counter), one block after another."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._counter = 0
        self._left = b""

    def __call__(self, length: int) -> bytes:
        while len(self._left) < length:
            self._left += hashlib.sha256(f"{self._name}|{self._counter}".encode()).digest()
            self._counter += 1
        drawn, self._left = self._left[:length], self._left[length:]
        return drawn


class Cases:
    """The cases made so far, by path."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}

    def add(self, kind: str, name: str, expect: str, about: str, *, origin: str = ORIGIN, **inputs: Any) -> None:
        """Add a case; bytes that are not UTF-8 go into a member `<name>_base64`."""
        path = f"{kind}/{name}.json"
        if path in self.files:
            raise ValueError(f"two cases are called {path}")
        case = {"case": f"{kind}/{name}", "kind": kind, "expect": expect, "origin": origin, "about": about}
        for member, value in inputs.items():
            case |= _written(member, value)
        self.files[path] = json.dumps(case, ensure_ascii=False, indent=1) + "\n"

    def write(self, directory: Path) -> None:
        """Write each case to its file."""
        for path, text in self.files.items():
            file = directory / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")


def _written(member: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, bytes):
        return {member: value}
    try:
        return {member: value.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{member}_base64": base64.b64encode(value).decode("ascii")}


def altered(text: bytes, change: Callable[[Any], Any]) -> bytes:
    """Parse a text, let `change` alter the value in place (or return another), write it again canonically."""
    value = json.loads(text)
    changed = change(value)
    return json.dumps(value if changed is None else changed, separators=(",", ":"), ensure_ascii=False).encode()


def reordered(value: dict[str, Any]) -> None:
    """Move the first member of an object to its end, in place."""
    first = next(iter(value))
    value[first] = value.pop(first)
