from django.db import migrations

from isoloir.common.appendonly import forbid_changes


class Migration(migrations.Migration):
    dependencies = (("board", "0003_reissue_of_codes"),)
    operations = (forbid_changes("board_sealedrecord"), forbid_changes("board_registerline"))
