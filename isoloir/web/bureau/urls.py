"""URLs of the bureau: sign-in, the member's bureaux, the ceremony, the contests from sealing to publication."""

from django.urls import include, path

from . import acts, keys, minutes, registrar_loss, roll, supervision, views

app_name = "bureau"
_contest = [
    path("", views.contest, name="contest"),
    path("emargement/", views.turnout, name="turnout"),
    path("cloture/", acts.close, name="close"),
    path("service-perdu/", registrar_loss.registrar_loss, name="registrar_loss"),
    path("resultat/", acts.establish, name="establish"),
    path("tirage/", acts.draw, name="draw"),
    path("proces-verbal/", minutes.page, name="minutes"),
    path("proces-verbal/proces-verbal.pdf", minutes.pdf, name="minutes_pdf"),
    path("proces-verbal/signature/", minutes.sign, name="sign"),
    path("publication/", acts.publish, name="publish"),
]
urlpatterns = [
    path("", views.home, name="home"),
    path("", include("isoloir.web.bureau.signin_urls")),
    path("listes-electorales/", roll.rolls, name="rolls"),
    path("listes-electorales/<str:uuid>/", roll.roll, name="roll"),
    path("<slug:station>/", views.station, name="station"),
    path("<slug:station>/cles/", keys.page, name="keys"),
    path("<slug:station>/cles/etat.json", keys.state, name="keys_state"),
    path("<slug:station>/cles/reponses/", keys.answers, name="keys_answers"),
    path("<slug:station>/scellement/", acts.seal, name="seal"),
    path("<slug:station>/supervision/", supervision.supervision, name="supervision"),
    path("<slug:station>/journal/", views.journal, name="journal"),
    path("<slug:station>/scrutins/<str:code>/", include(_contest)),
]
