"""Why a credential is refused."""


class CredentialRefused(Exception):
    """Base of the refusals of this room."""


class WrongCode(CredentialRefused):
    """The keys that were proved are not the live keys of this voter's places."""


class CodeNotIssued(CredentialRefused):
    """No key was received yet for one of this voter's places."""


class LinkKeyDestroyed(CredentialRefused):
    """The contest was closed: nobody can join a voter and a slot any more."""


class RequestRefused(CredentialRefused):
    """The credential authority cannot be asked yet: something that notices need is missing. `sentence` says what."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
