"""What can go wrong when a document is composed."""


class DocumentError(Exception):
    """A document could not be composed."""


class DocumentRefused(DocumentError):
    """The values given cannot make the document: the message says which field and why, never its content."""


class DocumentNotComposed(DocumentError):
    """The typesetter refused the document.

    The typesetter's own message may quote the text of the page, and a page may bear a voting code: it is left out.
    """

    def __init__(self, template: str) -> None:
        super().__init__(f"the template {template} could not be composed")
        self.template = template
