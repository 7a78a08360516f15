from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('demo', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='EmployerGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code_hash', models.CharField(max_length=64, unique=True)),
                ('token_hash', models.CharField(blank=True, max_length=64)),
                ('agent', models.CharField(max_length=40)),
                ('nonce', models.CharField(max_length=512)),
                ('challenge', models.CharField(max_length=43)),
                ('granted_at', models.DateTimeField()),
                ('redeemed_at', models.DateTimeField(null=True)),
            ],
        ),
    ]
