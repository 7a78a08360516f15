"""URLs of the voter space, from the door to the booth."""

from django.urls import path, re_path

from . import (
    account,
    arrival,
    claims,
    links,
    lists,
    new_code,
    personal,
    places,
    reissue,
    reissue_link,
    rolls,
    session,
    views,
    vote,
)

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
    path("reassort/<str:token>/", reissue_link.reissue_link, name="reissue_link"),
    # What mail programs make of a link: cut before its token, or with the punctuation that followed it.
    re_path(
        r"^(?P<_link>(?:activation|nouveau-mot-de-passe|reassort)/(?:[^/]+/.+)?)$", links.spoiled, name="spoiled_link"
    ),
    path("deconnexion/", account.sign_out, name="sign_out"),
    path("session/", session.limits, name="session"),
    path("espace/", views.home, name="home"),
    path("espace/scrutins/", views.contests, name="contests"),
    path("espace/listes-electorales/", rolls.rolls, name="rolls"),
    path("espace/scrutins/<str:uuid>/liste-electorale/", rolls.roll, name="roll"),
    path("espace/mes-informations/", personal.personal, name="personal"),
    path("espace/scrutins/<str:uuid>/", lists.contest_lists, name="contest_lists"),
    path("espace/scrutins/<str:uuid>/comparer/", lists.compare, name="compare"),
    path(
        "espace/scrutins/<str:uuid>/profession-de-foi/<int:position>.pdf", lists.statement_pdf, name="statement_pdf"
    ),
    path("espace/reclamations/", claims.claims, name="claims"),
    path("espace/reclamations/nouvelle/", claims.claim_new, name="claim_new"),
    path("espace/reclamations/<str:claim>/", claims.claim, name="claim"),
    path("espace/reclamations/<str:claim>/accuse/", claims.claim_received, name="claim_received"),
    path("espace/reclamations/<str:claim>/retrait/", claims.claim_withdraw, name="claim_withdraw"),
    path("espace/reclamations/<str:claim>/pieces/<int:piece>/", claims.claim_file, name="claim_file"),
    path("verifier/", views.verify, name="verify"),
    path("vote/", vote.booth, name="booth"),
    path("vote/code/reassort/", reissue.ways, name="reissue"),
    path("vote/code/reassort/question/", reissue.form, {"way": "challenge"}, name="reissue_challenge"),
    path("vote/code/reassort/numen/", reissue.form, {"way": "2018"}, name="reissue_form_2018"),
    path("vote/code/reassort/voie/<str:way>/", reissue.form, name="reissue_form"),
    path("vote/code/reassort/franceconnect/", reissue.franceconnect_begin, name="reissue_franceconnect"),
    path("vote/code/reassort/franceconnect/retour/", reissue.franceconnect_return, name="franceconnect_return"),
    path("vote/code/reassort/franceconnect/refus/", reissue.franceconnect_refused, name="franceconnect_refused"),
    path("vote/code/reassort/demande/", reissue.sent, name="reissue_sent"),
    path("vote/code/nouveau/", new_code.new_code, name="new_code"),
    path("vote/code/nouveau/etat.json", new_code.state, name="new_code_state"),
    path("vote/code/nouveau/cles/", new_code.keys, name="new_code_keys"),
    path("vote/code/nouveau/revoir/", new_code.again, name="new_code_again"),
    path("vote/code/places/", places.places, name="places"),
    path("vote/etat.json", vote.state, name="vote_state"),
    path("vote/possession/", vote.possession, name="possession"),
    path("vote/scrutins/<str:uuid>/election.json", vote.election_record, name="election_record"),
    path("vote/scrutins/<str:uuid>/candidats.json", vote.candidates, name="candidates"),
    path("vote/scrutins/<str:uuid>/bulletin/", vote.cast, name="cast"),
    path("vote/recu.pdf", vote.receipt_pdf, name="receipt_pdf"),
]
