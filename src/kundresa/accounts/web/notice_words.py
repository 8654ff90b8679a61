"""What each kind of notice says, in the language of its reader."""

from __future__ import annotations

from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kundresa.accounts.models import Notice
from kundresa.ui.names import role_in_words


def in_words(notice: Notice) -> str:
    """Say a notice; one that an earlier or later release wrote is said by its kind."""
    facts = {"workspace": notice.workspace.name, **notice.facts}
    if "role" in facts:
        facts["role"] = str(role_in_words(facts["role"])).lower()
    if notice.kind == "import_done":
        return _import_done(facts)
    try:
        return _texts()[notice.kind] % facts
    except KeyError:
        return f"{notice.kind}: {notice.workspace.name}"


def _texts() -> dict[str, str]:
    return {
        "joined": _("%(name)s has joined %(workspace)s as %(role)s."),
        "role_changed": _("%(by)s made you %(role)s in %(workspace)s."),
        "removed": _("%(by)s took you out of %(workspace)s."),
        "import_failed": _("The import of %(file)s failed. Its page says why, and what to do."),
        "mail_given_up": _("The mail to %(to)s could not be delivered."),
    }


def _import_done(facts: dict[str, object]) -> str:
    events, readings = _count(facts, "events"), _count(facts, "readings")
    said = {
        "file": facts.get("file", ""), "events": floatformat(events, "0g"),
        "readings": floatformat(readings, "0g"),
    }  # fmt: skip
    if readings and not events:
        return ngettext(
            "%(file)s is imported: %(readings)s reading.",
            "%(file)s is imported: %(readings)s readings.",
            readings,
        ) % said  # fmt: skip
    return ngettext(
        "%(file)s is imported: %(events)s event.",
        "%(file)s is imported: %(events)s events.",
        events,
    ) % said  # fmt: skip


def _count(facts: dict[str, object], name: str) -> int:
    found = facts.get(name, 0)
    return found if isinstance(found, int) else 0
