"""Why a credential is refused."""


class CredentialRefused(Exception):
    """Base of the refusals of this room."""


class WrongCode(CredentialRefused):
    """The keys that were proved are not the live keys of this voter's places."""


class CodeNotIssued(CredentialRefused):
    """No key was received yet for one of this voter's places."""


class LinkKeyDestroyed(CredentialRefused):
    """The contest was closed: nobody can join a voter and a slot any more."""
