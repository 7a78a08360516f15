"""Faults of identity providers, apart from what people are told: the registrar reads tokens too, without the framework."""


class ProviderFault(Exception):
    """An identity provider's answer cannot be trusted, or did not come; `code` names the fault and nothing received."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
