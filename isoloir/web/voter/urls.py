"""URLs of the voter space, from the door to the booth."""

from django.urls import path, re_path

from . import account, arrival, links, session, views, vote

app_name = "voter"
urlpatterns = [
    path("", views.welcome, name="welcome"),
    path("identification/", account.identification, name="identification"),
    path("arrivee/", arrival.arrival, name="arrival"),
    path("arrivee/retour/", arrival.arrival_return, name="arrival_return"),
    path("arrivee/refus/", arrival.arrival_refused, name="arrival_refused"),
    path("mot-de-passe/", account.password, name="password"),
    path("mot-de-passe-perdu/", account.lost_password, name="lost_password"),
    path("mot-de-passe-perdu/envoye/", account.mail_sent, name="mail_sent"),
    path("activation/<str:token>/", links.activation, name="activation"),
    path("activation/<str:token>/question/", links.activation_question, name="activation_question"),
    path("nouveau-mot-de-passe/<str:token>/", links.new_password, name="new_password"),
    # What mail programs make of a link: cut before its token, or with the punctuation that followed it.
    re_path(r"^(?P<_link>(?:activation|nouveau-mot-de-passe)/(?:[^/]+/.+)?)$", links.spoiled, name="spoiled_link"),
    path("deconnexion/", account.sign_out, name="sign_out"),
    path("session/", session.limits, name="session"),
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
