"""Files that people send: checked before they are taken, sealed while they rest."""

from django.db import models


class StoredFile(models.Model):
    """One file. `sealed` (its name, its type and its bytes) is encrypted under a key outside the database."""

    sealed = models.BinaryField()
    # Bytes of the file itself.
    size = models.PositiveIntegerField()
    stored_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)
