"""Everything this package refuses, it refuses with a `ProtocolError`.

Each fault has a code in kebab-case (stable: the vectors and the other implementations use it) and a sentence in
French and in English, kept together in `faults.py`. Facts named in a sentence are public: positions, member names,
limits; never a secret, a choice or a text sent by somebody else.
"""

from typing import Literal

from isoloir_protocol.faults import SENTENCES

Fact = str | int
Language = Literal["fr", "en"]


class ProtocolError(ValueError):
    """A fault found in what was given to the package.

    `code` names the fault, `facts` fill its sentence.
    """

    def __init__(self, code: str, **facts: Fact) -> None:
        self.code = code
        self.facts = facts
        super().__init__(f"{code}: {self.sentence('en')}")

    def sentence(self, language: Language = "fr") -> str:
        """Say the fault in plain words, in French or in English."""
        french, english = SENTENCES[self.code]
        return (french if language == "fr" else english).format(**self.facts)


class FormatRefused(ProtocolError):
    """A text is not the one canonical form of what it says (§1)."""


class ElementRefused(ProtocolError):
    """A text is not a member of the group, or not in its one text form (§2.2)."""


class CredentialRefused(ProtocolError):
    """A voting code, a public credential or a list of them is not usable (§5)."""


class ElectionRefused(ProtocolError):
    """An election record says something that this package does not accept (§4)."""


class BallotRefused(ProtocolError):
    """A ballot is not a valid ballot of this election (§8)."""


class SignatureRefused(ProtocolError):
    """A signature or a proof of possession is not valid (§7.1)."""


class TrusteesRefused(ProtocolError):
    """A trustee's key, certificate or message of the key ceremony is not valid (§6, §7)."""


class TallyRefused(ProtocolError):
    """An encrypted tally does not follow from the ballots (§10)."""


class DecryptionRefused(ProtocolError):
    """A partial decryption is not valid (§11)."""


class ResultRefused(ProtocolError):
    """A result does not follow from the tally and the partial decryptions (§12)."""


class ArchiveRefused(ProtocolError):
    """An archive breaks the container or the order of events (§14)."""


class RegisterRefused(ProtocolError):
    """A register of keys breaks its chain, its signatures or the rules of re-issue (reissue.md)."""
