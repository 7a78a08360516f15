from django.db import migrations

from isoloir.common.appendonly import forbid_changes


class Migration(migrations.Migration):
    dependencies = (("texts", "0001_initial"),)
    operations = (forbid_changes("texts_textversion"),)
