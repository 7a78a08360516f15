from django.db import migrations
from isoloir.common.bulkrows import insert_rows
from isoloir.roll.names import WORD_FIELDS, sort_name, word_rows, write_sort_names


def write_names(apps, _schema):
    """Give each entry of the former rolls the name under which it is sorted, and the words by which it is found."""
    Contest = apps.get_model("elections", "Contest")
    RollEntry = apps.get_model("roll", "RollEntry")
    NameWord = apps.get_model("roll", "NameWord")
    for contest in Contest.objects.order_by("pk").values_list("pk", flat=True):
        rows = RollEntry.objects.filter(contest=contest).values_list("pk", "voter__last_name", "voter__first_names")
        named = sorted((sort_name(last, first), key) for key, last, first in rows.iterator(chunk_size=5000))
        write_sort_names((key, name) for name, key in named)
        NameWord.objects.filter(contest=contest).delete()
        insert_rows(NameWord, WORD_FIELDS, word_rows(contest, [(key, name) for name, key in named]))


class Migration(migrations.Migration):

    dependencies = [
        ('roll', '0007_voter_space'),
    ]

    operations = [
        migrations.RunPython(write_names, migrations.RunPython.noop),
    ]
