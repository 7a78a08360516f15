"""Why a file is not taken, with the sentence that the person reads."""


class UploadRefused(Exception):
    """A file was refused; nothing of it was stored. `code` names the reason, `message` says it and how to mend it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
