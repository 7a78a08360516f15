from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('roll', '0004_addresses_of_voters'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='voter',
            name='roll_voter_email_once',
        ),
        migrations.RemoveField(
            model_name='voter',
            name='email_key',
        ),
    ]
