from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("demo", "0002_employer_portal"),)
    operations = (
        migrations.RenameModel("EmployerGrant", "ProviderGrant"),
        migrations.RenameField("ProviderGrant", "agent", "person"),
        migrations.AddField(
            "ProviderGrant", "provider", models.CharField(default="employer", max_length=20), preserve_default=False
        ),
        migrations.AlterField("ProviderGrant", "challenge", models.CharField(blank=True, max_length=43)),
    )
