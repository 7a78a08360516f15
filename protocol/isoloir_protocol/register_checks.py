"""The checks 15 to 17 of `isoloir-verify`: a register of keys by itself; and what compares it with its archive (18)."""

from dataclasses import dataclass
from typing import BinaryIO

from isoloir_protocol.checks import REGISTER_STEPS, Check, Step
from isoloir_protocol.errors import BallotRefused, ProtocolError, RegisterRefused
from isoloir_protocol.register import RegisterReader, RegisterState, register_lines

_SIGNATURE_FAULTS = frozenset(
    {
        "portal-signature-missing",
        "portal-signature-wrong",
        "registrar-signature-missing",
        "registrar-signature-wrong",
        "line-portal-signature-missing",
        "line-portal-signature-wrong",
        "line-registrar-signature-missing",
        "line-registrar-signature-wrong",
        "wrong-reissue-possession",
        "register-one-signer",
        "register-other-registrar",
    }
)
_GENERATION_FAULTS = frozenset(
    {
        "two-live-keys",
        "generation-skipped",
        "reissue-limit-exceeded",
        "unknown-slot",
        "key-used-twice",
        "reissue-without-registrar",
        "register-wrong-credentials",
        "register-wrong-voters",
        "register-wrong-count",
    }
)


@dataclass(frozen=True, slots=True)
class CheckedRegister:
    """What a register says as far as it was verified, and the fault that stopped the reading, if any."""

    state: RegisterState
    fault: ProtocolError | None = None

    @property
    def verified(self) -> RegisterState | None:
        """The state of a register that was verified whole, or None."""
        return self.state if self.fault is None else None

    def checks(self) -> tuple[Check, ...]:
        """The outcome of checks 15 to 17; each holds only once the whole file was read."""
        if self.fault is None:
            return tuple(Check(step, "passed") for step in REGISTER_STEPS)
        failed = _step_of(self.fault)
        return tuple(
            Check(step, "failed", self.fault) if step == failed else Check(step, "not-reached")
            for step in REGISTER_STEPS
        )


def _step_of(fault: ProtocolError) -> Step:
    if fault.code in _SIGNATURE_FAULTS:
        return Step.REGISTER_SIGNATURES
    return Step.GENERATIONS if fault.code in _GENERATION_FAULTS else Step.REGISTER


def check_register(stream: BinaryIO, *, registrar: str | None = None) -> CheckedRegister:
    """Check a register read from a binary stream. Raises only what the stream itself raises.

    `registrar` is the registrar's public key (hex) as known by other means than the file, which must then name it.
    """
    reader = RegisterReader()
    try:
        for line in register_lines(stream):
            reader.take(line)
            if registrar is not None and reader.state.registrar != registrar:
                raise RegisterRefused("register-other-registrar")
        reader.finish()
    except ProtocolError as fault:
        return CheckedRegister(reader.state, fault)
    return CheckedRegister(reader.state)


def compare_setup(register: RegisterState, *, uuid: str, fingerprint: str, credentials: bytes) -> None:
    """Check that the records of an archive's setup are those of the register (R4, rule 8).

    Raises `RegisterRefused` (`register-wrong-contest`, `register-wrong-fingerprint`, `archive-not-live-keys`).
    """
    if register.uuid != uuid:
        raise RegisterRefused("register-wrong-contest")
    if register.fingerprint != fingerprint:
        raise RegisterRefused("register-wrong-fingerprint")
    if register.credentials_record() != credentials:
        raise RegisterRefused("archive-not-live-keys")


def compare_ballot(register: RegisterState, credential: str) -> None:
    """Refuse a ballot under a key that was replaced. Raises `BallotRefused` (`ballot-under-dead-key`)."""
    dead = register.dead.get(credential)
    if dead is not None:
        slot, generation = dead
        raise BallotRefused("ballot-under-dead-key", slot=slot, generation=generation)


def compare_closing(register: RegisterState) -> None:
    """Check that the register is closed, as the ballot box is. Raises `RegisterRefused` (`register-not-closed`)."""
    if not register.closed:
        raise RegisterRefused("register-not-closed")
