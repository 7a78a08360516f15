import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('elections', '0002_voters_account_rules'),
        ('roll', '0002_append_only'),
    ]

    operations = [
        migrations.CreateModel(
            name='VoterAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=254)),
            ],
            options={
                'verbose_name_plural': 'voter addresses',
            },
        ),
        migrations.AddField(
            model_name='voter',
            name='second_email',
            field=models.EmailField(blank=True, max_length=254),
        ),
        migrations.AddField(
            model_name='voteraddress',
            name='election',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='elections.election'),
        ),
        migrations.AddField(
            model_name='voteraddress',
            name='voter',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='addresses', to='roll.voter'),
        ),
        migrations.AddConstraint(
            model_name='voteraddress',
            constraint=models.UniqueConstraint(fields=('election', 'key'), name='roll_address_once', violation_error_message='Une adresse n’identifie qu’un électeur.'),
        ),
    ]
