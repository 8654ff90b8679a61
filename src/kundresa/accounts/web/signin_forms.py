"""The forms of the log-in package with our labels; one field for a new password, which can be shown."""

from __future__ import annotations

from typing import Any, Final

from allauth.account.forms import (
    ChangePasswordForm as _ChangePasswordForm,
)
from allauth.account.forms import (
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
)
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as _CodeAgainForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

PASSWORD_RULES: Final = _(
    "At least 8 letters or signs: not your name, not your address, and none that many use. "
    "A few words in a row are easy to keep in mind."
)
_PASSWORDS: Final = {"data-shows": _("Show"), "data-hides": _("Hide")}
_CODES: Final = {
    "autocomplete": "one-time-code",
    "autocapitalize": "off",
    "spellcheck": "false",
}


def new_password_widget() -> forms.PasswordInput:
    """Give a field for a new password, which can be shown."""
    return forms.PasswordInput(attrs={"autocomplete": "new-password", **_PASSWORDS})


def _told(field: forms.Field, label: Any, hint: Any = "", **attrs: Any) -> None:
    field.label, field.help_text = label, hint
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attrs)


class _Ours:
    """Takes the second field for a password away: the first can be shown."""

    fields: dict[str, forms.Field]
    is_bound: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields.pop("password2", None)
        if "password1" in self.fields:
            _told(self.fields["password1"], _("New password"), PASSWORD_RULES, **_PASSWORDS)


class LogInForm(_Ours, LoginForm):
    """E-mail and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _told(self.fields["login"], _("E-mail"), autocomplete="username")
        _told(self.fields["password"], _("Password"), **_PASSWORDS)
        # Mostly it is the password that was wrong.
        first = "password" if self.is_bound else "login"
        self.fields[first].widget.attrs["autofocus"] = True


class AskResetForm(_Ours, ResetPasswordForm):
    """Whose password is forgotten."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _told(self.fields["email"], _("E-mail"), autofocus=True)


class ResetForm(_Ours, ResetPasswordKeyForm):
    """A new password, by a link."""


class ChangePasswordForm(_Ours, _ChangePasswordForm):
    """A new password, beside the one that was."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _told(self.fields["oldpassword"], _("Current password"), **_PASSWORDS)


class ChoosePasswordForm(_Ours, SetPasswordForm):
    """A first password, for a member who signed in by another way."""


class AgainForm(_Ours, ReauthenticateForm):
    """The password once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _told(self.fields["password"], _("Password"), autofocus=True, **_PASSWORDS)


class _Code(_Ours):
    hint: Any = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _told(self.fields["code"], _("Code"), self.hint, autofocus=True, **_CODES)


class CodeForm(_Code, AuthenticateForm):
    """The second step of a log-in."""

    hint = _("The six figures in your app, or one of your recovery codes.")


class CodeAgainForm(_Code, _CodeAgainForm):
    """A code, to say again who one is."""

    hint = CodeForm.hint


class FirstCodeForm(_Code, ActivateTOTPForm):
    """The first code of an app."""

    hint = _("The six figures that the app shows now.")


class NewPasskeyForm(_Ours, AddWebAuthnForm):
    """A passkey and its name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _told(self.fields["name"], _("Name"), _("So that you know it again, like Work laptop."))
        _told(
            self.fields["passwordless"],
            _("Log in with it instead of the password"),
            _("The device then asks for a finger, a face or a PIN."),
        )
        self.fields["passwordless"].initial = True


class PasskeyNameForm(_Ours, EditWebAuthnForm):
    """Another name for a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _told(self.fields["name"], _("Name"))
