"""Ends sessions that nobody has listed; and counts failed log-ins over all processes."""

from django.core.management import call_command
from django.db import migrations, models


def make_cache(apps, schema_editor):
    """Make the table of the cache as the framework wants it on each database."""
    alias = schema_editor.connection.alias
    call_command("createcachetable", "accounts_cache", database=alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_members")]

    operations = [
        migrations.AddField(
            model_name="member",
            name="session_mark",
            field=models.CharField(blank=True, default="", max_length=32),
        ),
        migrations.RunPython(make_cache, migrations.RunPython.noop),
    ]
