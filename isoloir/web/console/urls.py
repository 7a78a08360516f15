"""URLs of the organiser's console."""

from django.urls import path

from isoloir.web.bureau import signin

from . import (
    accounts,
    activation,
    agents,
    announcements,
    claim_windows,
    deliveries,
    draw,
    questions,
    reissue_rules,
    sheets,
    supervision,
    texts,
    views,
)

app_name = "console"
urlpatterns = [
    path("", views.home, name="home"),
    path("fichiers/", views.import_election, name="import"),
    path("calendrier/", views.calendar, name="calendar"),
    path("tirage/", draw.draw, name="draw"),
    path("calendrier/reclamations/", claim_windows.claim_windows, name="claim_windows"),
    path("codes/demande/", views.request_codes, name="request"),
    path("codes/reception/", views.receive_slots, name="slots"),
    path("codes/notices/", sheets.sheets, name="sheets"),
    path("codes/notices.csv", sheets.sheets_export, name="sheets_export"),
    path("campagne/", views.invite_voters, name="invitations"),
    path("comptes/", accounts.accounts, name="accounts"),
    path("comptes/<int:number>/", accounts.account, name="account"),
    path("comptes/ralentissements/", accounts.slowdowns, name="slowdowns"),
    path("comptes/regles/", accounts.account_rules, name="account_rules"),
    path("comptes/activation/", activation.activation, name="activation"),
    path("comptes/activation.csv", activation.activation_export, name="activation_export"),
    path("comptes/relance/", activation.remind, name="remind"),
    path("agents/", agents.agents, name="agents"),
    path("agents/<int:number>/retirer/", agents.agent_role_remove, name="agent_role_remove"),
    path("supervision/", supervision.supervision, name="supervision"),
    path("supervision/remises/", deliveries.deliveries, name="deliveries"),
    path("textes/", texts.texts, name="texts"),
    path("textes/<str:kind>/", texts.text, name="text"),
    path("textes/<str:kind>/versions/", texts.text_versions, name="text_versions"),
    path("textes/<str:kind>/versions/<int:number>/", texts.text_version, name="text_version"),
    path("textes/<str:kind>/origine/", texts.text_default, name="text_default"),
    path("annonces/", announcements.announcements, name="announcements"),
    path("annonces/<int:number>/terminer/", announcements.announcement_end, name="announcement_end"),
    path("annonces/<int:number>/effacer/", announcements.announcement_delete, name="announcement_delete"),
    path("questions/", questions.questions, name="questions"),
    path("questions/ajouter/", questions.question_add, name="question_add"),
    path("questions/<int:number>/", questions.question, name="question"),
    path("questions/<int:number>/retirer/", questions.question_retire, name="question_retire"),
    path("questions/<int:number>/deplacer/", questions.question_move, name="question_move"),
    path("questions/<int:number>/proposer/", questions.question_offer, name="question_offer"),
    path("reassort/", reissue_rules.reissue_rules, name="reissue_rules"),
    path("reassort/voies/", reissue_rules.reissue_policies, name="reissue_policies"),
    path("reassort/identifiants/", reissue_rules.identifiers, name="identifiers"),
    path("deconnexion/", signin.sign_out, name="sign_out"),
]
