import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('elections', '0002_voters_account_rules'),
        ('identity', '0001_initial'),
        ('messaging', '0001_initial'),
        ('roll', '0005_one_place_for_addresses'),
    ]

    operations = [
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('opening', 'ouverture du portail'), ('reminder', 'relance des comptes non activés')], max_length=10)),
                ('opened_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('actor', models.CharField(max_length=254)),
            ],
        ),
        migrations.CreateModel(
            name='ChallengeQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('text_fr', models.CharField(max_length=200)),
                ('text_en', models.CharField(max_length=200)),
                ('retired_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ('position', 'pk'),
            },
        ),
        migrations.CreateModel(
            name='LinkRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(choices=[('activation', 'activer son compte'), ('password', 'faire un nouveau mot de passe')], max_length=20)),
                ('sealed', models.BinaryField()),
                ('asked_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Suspension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField()),
                ('reason', models.CharField(max_length=200)),
            ],
        ),
        migrations.AddField(
            model_name='onetimelink',
            name='message',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='messaging.message'),
        ),
        migrations.AddField(
            model_name='onetimelink',
            name='opened_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='onetimelink',
            name='outcome',
            field=models.CharField(blank=True, choices=[('activated', 'compte activé'), ('without-activation', 'accès sans activation'), ('password-changed', 'mot de passe changé'), ('superseded', 'rendu inutile par un autre lien, qui a servi')], max_length=20),
        ),
        migrations.AddField(
            model_name='voteraccount',
            name='answer',
            field=models.CharField(blank=True, max_length=128),
        ),
        migrations.AlterField(
            model_name='onetimelink',
            name='purpose',
            field=models.CharField(choices=[('activation', 'activer son compte'), ('password', 'faire un nouveau mot de passe')], max_length=20),
        ),
        migrations.AddField(
            model_name='campaign',
            name='election',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='campaigns', to='elections.election'),
        ),
        migrations.AddField(
            model_name='onetimelink',
            name='campaign',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='links', to='identity.campaign'),
        ),
        migrations.AddConstraint(
            model_name='onetimelink',
            constraint=models.UniqueConstraint(fields=('campaign', 'voter'), name='identity_once_in_a_campaign', violation_error_message='Une campagne n’écrit qu’une fois à chaque électeur.'),
        ),
        migrations.AddField(
            model_name='challengequestion',
            name='election',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='challenge_questions', to='elections.election'),
        ),
        migrations.AddField(
            model_name='voteraccount',
            name='question',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='identity.challengequestion'),
        ),
        migrations.AddConstraint(
            model_name='voteraccount',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('question', None)), models.Q(('question__isnull', False), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='identity_question_with_answer', violation_error_message='Une question défi va avec sa réponse.'),
        ),
        migrations.AddField(
            model_name='linkrequest',
            name='election',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='elections.election'),
        ),
        migrations.AddField(
            model_name='suspension',
            name='voter',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='suspension', to='roll.voter'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'opening')), fields=('election',), name='identity_opened_once', violation_error_message='Une élection n’a qu’une campagne d’ouverture.'),
        ),
        migrations.AddConstraint(
            model_name='challengequestion',
            constraint=models.UniqueConstraint(fields=('election', 'text_fr'), name='identity_question_once', violation_error_message='Cette question est déjà dans la liste.'),
        ),
    ]
