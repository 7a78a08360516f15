"""ElGamal ciphertexts (§8): alpha = g^r, beta = y^r·g^m. Multiplying ciphertexts adds what they encrypt."""

from dataclasses import dataclass

from isoloir_protocol.group import GENERATOR, NEUTRAL, Element


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """A pair of group members."""

    alpha: Element
    beta: Element

    def __mul__(self, other: "Ciphertext") -> "Ciphertext":
        return Ciphertext(self.alpha * other.alpha, self.beta * other.beta)

    def __truediv__(self, other: "Ciphertext") -> "Ciphertext":
        return Ciphertext(self.alpha / other.alpha, self.beta / other.beta)

    def __pow__(self, weight: int) -> "Ciphertext":
        return self if weight == 1 else Ciphertext(self.alpha**weight, self.beta**weight)

    def without(self, value: int) -> "Ciphertext":
        """Take `value` off what is encrypted; an encryption of `value` becomes one of 0."""
        if value == 0:
            return self
        return Ciphertext(self.alpha, self.beta / (GENERATOR if value == 1 else GENERATOR**value))

    def written(self) -> dict[str, str]:
        """The JSON object of the ciphertext."""
        return {"alpha": self.alpha.text, "beta": self.beta.text}


#: An encryption of 0 that anyone can see to be one: where a sum begins.
NOTHING = Ciphertext(NEUTRAL, NEUTRAL)


def total(ciphertexts: "list[Ciphertext]") -> Ciphertext:
    """Multiply ciphertexts together; the total of none is the pair of neutral elements."""
    sum_so_far = NOTHING
    for ciphertext in ciphertexts:
        sum_so_far = sum_so_far * ciphertext
    return sum_so_far
