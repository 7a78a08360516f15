"""Why the registrar refuses: to the portal in a code, to the person who runs it in a sentence."""


class Refused(Exception):
    """A request is refused; `code` is for the portal, and nothing of what was received is in it.

    `seconds` is how long to wait (slow-down); `detail` a fault of docs/specification/reissue.md (line-refused) or the
    member that has not its form (bad-request).
    """

    def __init__(self, code: str, *, status: int = 403, seconds: int = 0, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.status = status
        self.seconds = seconds
        self.detail = detail

    def members(self) -> dict[str, str | int]:
        """Return the members of the answer."""
        told: dict[str, str | int] = {"error": self.code}
        if self.seconds:
            told["seconds"] = self.seconds
        if self.detail:
            told["detail"] = self.detail
        return told


class Unavailable(Exception):
    """What the registrar needs does not answer for now: nothing was decided, the portal may ask again."""


class StoreRefused(Exception):
    """A command cannot be done; the sentence, in French, says why and holds no secret."""
