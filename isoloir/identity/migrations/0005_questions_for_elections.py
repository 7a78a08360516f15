from django.db import migrations


def offer_default_questions(apps, _schema_editor):
    """Elections that were made before there were challenge questions are given those of a new election."""
    from isoloir.identity.challenge import DEFAULT_QUESTIONS

    Election = apps.get_model("elections", "Election")
    ChallengeQuestion = apps.get_model("identity", "ChallengeQuestion")
    for election in Election.objects.filter(challenge_questions=None):
        ChallengeQuestion.objects.bulk_create(
            ChallengeQuestion(election=election, position=position, text_fr=french, text_en=english)
            for position, (french, english) in enumerate(DEFAULT_QUESTIONS, start=1)
        )


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0004_links_say_their_outcome'),
    ]

    operations = [
        migrations.RunPython(offer_default_questions, migrations.RunPython.noop),
    ]
