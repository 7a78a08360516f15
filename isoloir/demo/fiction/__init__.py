"""A fictional académie for the demonstration and the rehearsal: the files that the portal imports, the same for a seed.

Everything is invented: people, towns, schools, organisations.  The generator of this package is seeded and has nothing
to do with secrets, which are always drawn from the operating system.
"""

from isoloir.demo.fiction.folder import write_fiction

__all__ = ["write_fiction"]
