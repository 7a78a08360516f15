from django.db import migrations


def keep_sealed_records(apps, _schema_editor):
    """Contests sealed by an earlier release have their texts in the Setup entry, which was written at sealing."""
    record, entry = apps.get_model("board", "SealedRecord"), apps.get_model("board", "Entry")
    record.objects.bulk_create(
        record(contest_id=setup.contest_id, election=setup.records[0], trustees=setup.records[1])
        for setup in entry.objects.filter(type="Setup").iterator()
    )


class Migration(migrations.Migration):
    dependencies = (("board", "0005_register_progress"),)
    operations = (migrations.RunPython(keep_sealed_records, migrations.RunPython.noop),)
