"""URLs of the desks: what their agents read and decide."""

from django.urls import path

from isoloir.web.bureau import signin

from . import assistance, claims, views

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("assistance/", assistance.tickets, name="tickets"),
    path("assistance/reponses/", assistance.canned_answers, name="canned_answers"),
    path("assistance/reponses/ajouter/", assistance.canned_add, name="canned_add"),
    path("assistance/reponses/<int:number>/", assistance.canned, name="canned"),
    path("assistance/reponses/<int:number>/supprimer/", assistance.canned_delete, name="canned_delete"),
    path("assistance/<str:number>/", assistance.ticket, name="ticket"),
    path("assistance/<str:number>/fichiers/<int:file>/", assistance.ticket_file, name="ticket_file"),
    path("reclamations/", claims.claims, name="claims"),
    path("reclamations/nouvelle/", claims.claim_new, name="claim_new"),
    path("reclamations/<str:queued>/", claims.claim, name="claim"),
    path("reclamations/<str:queued>/question/", claims.claim_question, name="claim_question"),
    path("reclamations/<str:queued>/refus/", claims.claim_refusal, name="claim_refusal"),
    path("reclamations/<str:queued>/proposition/", claims.claim_proposal, name="claim_proposal"),
    path("reclamations/<str:queued>/confirmation/", claims.claim_confirmation, name="claim_confirmation"),
    path("reclamations/<str:queued>/renvoi/", claims.claim_return, name="claim_return"),
    path("reclamations/<str:queued>/pieces/<int:piece>/", claims.claim_file, name="claim_file"),
    path("deconnexion/", signin.sign_out, name="sign_out"),
]
