from django.db import migrations

from isoloir.common.appendonly import forbid_changes


class Migration(migrations.Migration):
    dependencies = (("claims", "0001_initial"),)
    operations = (forbid_changes("claims_claimstep"),)
