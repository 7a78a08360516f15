"""URLs of the organiser's console."""

from django.urls import path

from isoloir.web.bureau import signin

from . import views

app_name = "console"
urlpatterns = [
    path("", views.home, name="home"),
    path("fichiers/", views.import_election, name="import"),
    path("calendrier/", views.calendar, name="calendar"),
    path("codes/demande/", views.request_codes, name="request"),
    path("codes/reception/", views.receive_slots, name="slots"),
    path("campagne/", views.invite_voters, name="invitations"),
    path("deconnexion/", signin.sign_out, name="sign_out"),
]
