"""Why an entry is refused."""


class BoardRefused(Exception):
    """The entry may not stand at this place of the board."""
