from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0022_undoables"),
    ]

    operations = [
        migrations.AddField(
            model_name="member",
            name="hides_first_steps",
            field=models.BooleanField(default=False, editable=False),
        ),
    ]
