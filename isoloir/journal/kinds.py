"""Kinds of acts, as noun.verb, each with the sentence that a person reads."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """Closed list of what is journaled; a vote is not here, for its line is the signature list itself."""

    ELECTION_CREATED = "election.created", _("Élection créée")
    ROLL_IMPORTED = "roll.imported", _("Liste électorale importée")
    CONTESTS_IMPORTED = "contests.imported", _("Scrutins importés")
    LISTS_IMPORTED = "lists.imported", _("Candidatures importées")
    STATIONS_IMPORTED = "stations.imported", _("Bureaux de vote importés")
    CALENDAR_CHANGED = "calendar.changed", _("Calendrier modifié")
    CREDENTIAL_REQUEST_EXPORTED = "credential-request.exported", _("Demande de codes de vote exportée")
    SLOTS_IMPORTED = "slots.imported", _("Clés publiques de vote importées")
    MEMBERS_INVITED = "members.invited", _("Moyens de connexion remis aux membres")
    ACCOUNT_RULES_CHANGED = "account-rules.changed", _("Règles des comptes électeurs modifiées")
    QUESTIONS_CHANGED = "questions.changed", _("Questions défi modifiées")
    TEXT_CHANGED = "text.changed", _("Texte du portail modifié")
    CAMPAIGN_OPENED = "campaign.opened", _("Campagne d’envoi de liens lancée")
    INVITATIONS_QUEUED = "invitations.queued", _("Liens d’une campagne mis en file")
    ACCOUNT_SUSPENDED = "account.suspended", _("Compte électeur suspendu")
    ACCOUNT_RESTORED = "account.restored", _("Suspension d’un compte électeur levée")
    ACCOUNT_SIGNED_IN = "account.signed-in", _("Membre connecté")
    TRUSTEE_STEP_DONE = "trustee.step-done", _("Étape de la cérémonie des clés faite")
    CEREMONY_COMPLETED = "ceremony.completed", _("Cérémonie des clés terminée")
    CONTESTS_SEALED = "contests.sealed", _("Scrutins scellés")
    IDENTIFIERS_IMPORTED = "identifiers.imported", _("Identifiants de contrôle importés")
    REISSUE_RULES_CHANGED = "reissue-rules.changed", _("Règles du réassort modifiées")
    REISSUE_ASKED = "reissue.asked", _("Réassort demandé, lien envoyé")
    CODE_REISSUED = "code.reissued", _("Code de vote réassorti")
    REISSUE_ABANDONED = "reissue.abandoned", _("Réassort abandonné")
    REGISTER_EXTENDED = "register.extended", _("Registre des clés complété")
    NOTICES_RECONCILED = "notices.reconciled", _("Notices rapprochées")
    DELIVERY_ALERTED = "delivery.alerted", _("Alerte sur la remise des messages")
    REISSUE_ALERTED = "reissue.alerted", _("Alerte sur le réassort")
    REGISTRAR_LOSS_REPORTED = "registrar.loss-reported", _("Perte du service d’enregistrement signalée")
    REGISTRAR_DECLARED_LOST = "registrar.declared-lost", _("Service d’enregistrement déclaré perdu par deux membres")
    POLL_CLOSED = "poll.closed", _("Scrutin clos et urne figée")
    LINK_KEY_DESTROYED = "link-key.destroyed", _("Clé de liaison détruite")
    COUNT_BEGUN = "count.begun", _("Dépouillement commencé")
    PARTIAL_DECRYPTION_RECEIVED = "partial-decryption.received", _("Déchiffrement partiel reçu et vérifié")
    RESULT_COMPUTED = "result.computed", _("Résultat établi")
    DRAW_RECORDED = "draw.recorded", _("Tirage au sort enregistré")
    MINUTES_SIGNED = "minutes.signed", _("Procès-verbal signé")
    RESULT_PUBLISHED = "result.published", _("Résultat publié")
    CLOCK_ADVANCED = "clock.advanced", _("Horloge de démonstration avancée")
