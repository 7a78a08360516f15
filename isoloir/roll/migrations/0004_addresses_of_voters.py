from django.db import migrations


class Migration(migrations.Migration):
    """The address of each voter goes to the table of addresses, which alone is searched from now on."""

    dependencies = [
        ('roll', '0003_two_addresses'),
    ]

    operations = [
        migrations.RunSQL(
            'INSERT INTO roll_voteraddress (election_id, voter_id, key) SELECT election_id, id, email_key FROM roll_voter',
            migrations.RunSQL.noop,
        ),
    ]
