"""URLs of the voter space, from the door to the booth."""

from django.urls import path

from . import views, vote

app_name = "voter"
urlpatterns = [
    path("", views.welcome, name="welcome"),
    path("identification/", views.identification, name="identification"),
    path("mot-de-passe/", views.password, name="password"),
    path("mot-de-passe-perdu/", views.lost_password, name="lost_password"),
    path("mot-de-passe-perdu/envoye/", views.mail_sent, name="mail_sent"),
    path("lien/<str:token>/", views.link, name="link"),
    path("deconnexion/", views.sign_out, name="sign_out"),
    path("espace/", views.home, name="home"),
    path("espace/scrutins/", views.contests, name="contests"),
    path("espace/scrutins/<str:uuid>/", views.contest_lists, name="contest_lists"),
    path("verifier/", views.verify, name="verify"),
    path("vote/", vote.booth, name="booth"),
    path("vote/etat.json", vote.state, name="vote_state"),
    path("vote/possession/", vote.possession, name="possession"),
    path("vote/scrutins/<str:uuid>/election.json", vote.election_record, name="election_record"),
    path("vote/scrutins/<str:uuid>/candidats.json", vote.candidates, name="candidates"),
    path("vote/scrutins/<str:uuid>/bulletin/", vote.cast, name="cast"),
    path("vote/recu.pdf", vote.receipt_pdf, name="receipt_pdf"),
]
