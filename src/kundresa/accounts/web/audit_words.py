"""What was done, and its particulars, in the language of whoever reads the audit trail.

The trail itself is written in the words of the code, as it must be the same for every reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from kundresa.ui.names import role_in_words

ACTIONS: Final[Mapping[str, Any]] = {
    "made workspace": _("Made the workspace"),
    "renamed workspace": _("Renamed the workspace"),
    "changed workspace": _("Changed the workspace"),
    "made member": _("Made an account"),
    "joined workspace": _("Joined the workspace"),
    "made map": _("Made a map"),
    "changed map": _("Changed a map"),
    "uploaded a file": _("Uploaded a file"),
    "removed an upload": _("Removed an upload"),
    "started an import": _("Started an import"),
    "stopped an import": _("Stopped an import"),
    "imported events": _("Imported a file"),
    "corrected readings": _("Corrected readings"),
    "saved a mapping": _("Saved a mapping"),
    "erased a profile": _("Erased a customer"),
    "split a profile": _("Parted a profile"),
    "rejoined a profile": _("Joined a profile again"),
    "set the rules of merging": _("Set how profiles are joined"),
    "made a source": _("Made a source"),
    "renamed a source": _("Renamed a source"),
    "closed a source": _("Closed a source"),
    "opened a source": _("Opened a source again"),
    "invited": _("Invited somebody"),
    "renewed invitation": _("Made a new link for an invitation"),
    "revoked invitation": _("Took back an invitation"),
    "restored invitation": _("Put an invitation back"),
    "changed membership": _("Changed what a member may do"),
    "removed member": _("Took a member out"),
    "rejoined workspace": _("Put a member back"),
    "left workspace": _("Left the workspace"),
    "made guest link": _("Made a link for guests"),
    "revoked guest link": _("Took back a link for guests"),
    "restored guest link": _("Put a link for guests back"),
    "came as guest": _("Came as a guest"),
    "made department": _("Made a department"),
    "renamed department": _("Renamed a department"),
    "removed department": _("Took a department away"),
    "made sign-in link": _("Made a link to sign in"),
    "made reset link": _("Made a link for a new password"),
    "changed own settings": _("Changed own settings"),
    "changed own e-mail": _("Changed own e-mail address"),
    "changed password": _("Changed own password"),
    "ended own sessions": _("Signed out everywhere else"),
    "dropped second step": _("Took away codes and passkeys"),
    "turned on totp": _("Turned on codes from an app"),
    "turned off totp": _("Turned off codes from an app"),
    "turned on webauthn": _("Added a passkey"),
    "turned off webauthn": _("Removed a passkey"),
    "turned on recovery_codes": _("Made recovery codes"),
    "turned off recovery_codes": _("Dropped recovery codes"),
    "made token": _("Made an API token"),
    "revoked token": _("Took back an API token"),
    "restored token": _("Put an API token back"),
}
"""Every action that is ever written; a test goes through the code."""

_DETAILS: Final[Mapping[str, Any]] = {
    "role": _("Role"),
    "before": _("Before"),
    "after": _("After"),
    "name": _("Name"),
    "language": _("Language"),
    "time_zone": _("Time zone"),
    "events": _("Events"),
    "readings": _("Readings"),
    "rows": _("Rows"),
    "rejected": _("Rows put aside"),
    "import": _("Id of the import"),
    "fingerprint": _("Fingerprint"),
    "hashes": _("Hashes"),
    "types": _("Types"),
    "most_profiles": _("Most profiles"),
    "scopes": _("What it may do"),
    "days": _("Days"),
    "token": _("Id of the token"),
    "member": _("Id of the member"),
}


def action_in_words(action: str) -> str:
    """Say an action; one of another release stands as it was written."""
    return str(ACTIONS.get(action, action))


def details_in_words(details: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Give the particulars of a line as pairs of name and value."""
    return [
        (str(_DETAILS.get(key, key.replace("_", " "))), _value(key, value))
        for key, value in (details or {}).items()
    ]


def _value(key: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {said}" for name, said in details_in_words(value))
    if isinstance(value, list | tuple):
        return ", ".join(_value(key, one) for one in value)
    if key == "role" or (key in {"before", "after"} and isinstance(value, str)):
        return str(role_in_words(value))
    return "–" if value in (None, "") else str(value)
