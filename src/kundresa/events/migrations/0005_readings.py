"""A table of readings."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("events", "0004_imports"),
    ]

    operations = [
        migrations.CreateModel(
            name="Reading",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("workspace_id", models.BigIntegerField()),
                ("key", models.CharField(max_length=32)),
                ("series", models.CharField(max_length=200)),
                ("place_kind", models.CharField(blank=True, max_length=10)),
                ("place", models.CharField(blank=True, max_length=200)),
                ("source", models.CharField(max_length=200)),
                ("begins", models.BigIntegerField()),
                ("ends", models.BigIntegerField()),
                ("zone", models.CharField(max_length=64)),
                ("unit", models.CharField(max_length=200)),
                ("micro", models.BigIntegerField(null=True)),
                ("number", models.FloatField(null=True)),
                ("content", models.CharField(max_length=32)),
            ],
            options={
                "db_table": "events_reading",
                "indexes": [
                    models.Index(fields=["workspace_id", "begins"], name="reading_by_period")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace_id", "key"), name="reading_once")
                ],
            },
        ),
    ]
