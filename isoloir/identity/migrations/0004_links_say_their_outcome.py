from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0003_campaigns_of_invitations'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='onetimelink',
            name='identity_invited_once',
        ),
        migrations.AddConstraint(
            model_name='onetimelink',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', ''), ('used_at', None)), models.Q(('used_at__isnull', False), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='identity_used_with_outcome', violation_error_message='Un lien qui a servi dit à quoi.'),
        ),
    ]
