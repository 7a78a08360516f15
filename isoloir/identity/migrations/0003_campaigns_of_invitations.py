from django.db import migrations
from django.db.models import Exists, Min, OuterRef


def give_invitations_their_campaign(apps, _schema_editor):
    """Invitations become links of an opening campaign; links already used say to what, from whether an account was there."""
    Campaign = apps.get_model("identity", "Campaign")
    OneTimeLink = apps.get_model("identity", "OneTimeLink")
    VoterAccount = apps.get_model("identity", "VoterAccount")
    invitations = OneTimeLink.objects.filter(purpose="invitation")
    openings = invitations.order_by().values_list("voter__election").annotate(Min("created_at"))
    for election, opened_at in openings:
        campaign = Campaign.objects.create(
            election_id=election, kind="opening", opened_at=opened_at, finished_at=opened_at, actor="migration"
        )
        invitations.filter(voter__election=election).update(campaign=campaign)
    activated = Exists(VoterAccount.objects.filter(voter=OuterRef("voter")))
    OneTimeLink.objects.filter(purpose="invitation").update(purpose="activation")
    OneTimeLink.objects.filter(~activated, purpose="password").update(purpose="activation")
    OneTimeLink.objects.filter(used_at__isnull=False).update(outcome="superseded")


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0002_challenge_and_campaigns'),
    ]

    operations = [
        migrations.RunPython(give_invitations_their_campaign, migrations.RunPython.noop),
    ]
