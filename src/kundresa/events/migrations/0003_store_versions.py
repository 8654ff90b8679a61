"""The version of a store becomes its row, and leases say who works on a store."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("events", "0002_inbox_by_days"),
    ]

    operations = [
        migrations.AddField(
            model_name="storeversion",
            name="text",
            field=models.TextField(null=True),
        ),
        migrations.CreateModel(
            name="StoreLease",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("workspace_id", models.BigIntegerField()),
                ("name", models.CharField(max_length=40)),
                ("holder", models.CharField(max_length=120)),
                ("until", models.BigIntegerField()),
            ],
            options={
                "db_table": "store_lease",
                "constraints": [
                    models.UniqueConstraint(
                        fields=["workspace_id", "name"], name="store_lease_once"
                    )
                ],
            },
        ),
    ]
