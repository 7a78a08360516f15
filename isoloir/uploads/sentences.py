"""What the person reads when a file is not taken: what is wrong with it, and what to do."""

from django.utils.translation import gettext as _


def sentence(code: str, **facts: object) -> str:
    """Return the sentence of a reason. Raises KeyError for a code that this room does not give."""
    return {
        "empty": _("Ce fichier est vide. Choisissez-en un autre."),
        "large": _("Ce fichier est trop gros : %(maximum)s au plus."),
        "name_long": _("Le nom de ce fichier est trop long : %(maximum)s caractères au plus."),
        "name_hidden": _(
            "Le nom de ce fichier contient un caractère invisible ou qui change le sens de lecture. Renommez le fichier."
        ),
        "archive": _("C’est une archive ou un document de traitement de texte, pas un PDF. Enregistrez-le en PDF."),
        "drawing": _("C’est une page ou un dessin SVG, qui peut contenir un programme. Enregistrez-le en PDF ou en PNG."),
        "program": _("C’est un programme, pas un document."),
        "unknown": _("Ce fichier n’est pas d’un format admis. Formats admis : %(formats)s."),
        "script": _("Ce PDF contient un programme (JavaScript). Imprimez-le en PDF, puis envoyez le nouveau fichier."),
        "action": _(
            "Ce PDF déclenche une action quand on l’ouvre ou le lit. Imprimez-le en PDF, puis envoyez le nouveau fichier."
        ),
        "embedded": _("Ce PDF contient un autre fichier, en pièce jointe. Imprimez-le en PDF, puis envoyez le nouveau fichier."),
        "form": _(
            "Ce PDF contient un formulaire ou une signature électronique. Imprimez-le en PDF, puis envoyez le nouveau fichier."
        ),
        "media": _("Ce PDF contient un son, une vidéo ou un objet animé. Imprimez-le en PDF, puis envoyez le nouveau fichier."),
        "encrypted": _("Ce PDF est protégé par un mot de passe ou chiffré. Enregistrez-le sans protection."),
        "damaged": _("Ce PDF est abîmé ou incomplet : il ne peut pas être lu. Enregistrez-le de nouveau."),
        "heavy": _("Ce PDF est trop complexe pour être vérifié. Imprimez-le en PDF, puis envoyez le nouveau fichier."),
        "two_formats": _("Ce PDF contient autre chose qu’un PDF, caché à sa suite. Imprimez-le en PDF, puis envoyez le nouveau fichier."),
        "pictures": _("Une page de ce PDF n’a pas de texte : c’est une image, qu’un lecteur d’écran ne peut pas lire."),
        "many_pages": _("Ce PDF a trop de pages : %(maximum)s au plus."),
        "busy": _("Beaucoup de fichiers sont vérifiés en ce moment. Renvoyez le vôtre dans une minute."),
        "picture_damaged": _("Cette image est abîmée ou incomplète : elle ne peut pas être lue."),
        "picture_large": _("Cette image a trop de points : réduisez-la, ou envoyez une photo de définition ordinaire."),
    }[code] % facts  # fmt: skip
