"""URLs open to all: pages of text, and results once published, with all that is needed to check them."""

from django.urls import path

from isoloir.web.receipts import receipts

from . import assistance, draw, health, register, texts, views

app_name = "public"
urlpatterns = [
    path("edito/", texts.edito, name="edito"),
    path("aide/", texts.faq, name="faq"),
    path("tutoriels/<str:kind>/", texts.tutorial, name="tutorial"),
    path("sante/", health.health, name="health"),
    path("assistance/", assistance.ask, name="assistance"),
    path("assistance/suivi/<str:token>/", assistance.ticket, name="ticket"),
    path("assistance/suivi/<str:token>/fichiers/<int:number>/", assistance.ticket_file, name="ticket_file"),
    path("mentions-legales/", texts.legal, name="legal"),
    path("sms/recus/<slug:provider>/<str:secret>/", receipts, name="sms_receipts"),
    path("tirage/", draw.draw, name="draw"),
    path("tirage/<int:number>/annonce.json", draw.draw_announcement, name="draw_announcement"),
    path("tirage/<int:number>/tirage.json", draw.draw_json, name="draw_json"),
    path("tirage/<int:number>/proces-verbal.pdf", draw.draw_minutes, name="draw_minutes"),
    path("resultats/", views.results, name="results"),
    path("resultats/<str:uuid>/", views.contest_result, name="contest_result"),
    path("resultats/<str:uuid>/resultat.json", views.result_json, name="result_json"),
    path("resultats/<str:uuid>/archive.bel", views.archive, name="archive"),
    path("resultats/<str:uuid>/registre.register", register.register, name="register"),
    path("resultats/<str:uuid>/candidats.json", views.candidates, name="candidates"),
    path("resultats/<str:uuid>/profession-de-foi/<int:position>.pdf", views.statement_pdf, name="statement_pdf"),
    path("resultats/<str:uuid>/proces-verbal.pdf", views.minutes_pdf, name="minutes_pdf"),
]
