from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('groups', '0022_uploads_stay_in_place'),
    ]

    operations = [
        migrations.AddField(
            model_name='envelope',
            name='personal',
            field=models.CharField(blank=True, choices=[('', 'Nothing'), ('address', 'An address for bounces'), ('leaving', 'An address for bounces and one for unsubscribing')], default='', max_length=7),
        ),
    ]
