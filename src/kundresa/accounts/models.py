"""Tables of workspaces, of who works in them, and of who did what."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from kundresa.accounts.rules import MEMBER_ROLES, Role
from kundresa.core.clock import now

_ROLES = [(role.value, role.value) for role in MEMBER_ROLES]


class Workspace(models.Model):
    """One company's or department's own room; everything belongs to one."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60, unique=True)
    language = models.CharField(max_length=5, blank=True, default="")
    time_zone = models.CharField(max_length=60, blank=True, default="")
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class MemberManager(BaseUserManager["Member"]):
    """Makes members; the framework and its log-in package ask for these names."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Member:
        """Make a member; without a password only a link or another provider lets them in."""
        member = self.model(email=email.strip().lower(), **fields)
        member.set_password(password)
        member.save(using=self._db)
        return member

    def get_by_natural_key(self, username: str | None) -> Member:
        """Find by e-mail, however it was typed."""
        return self.get(email=(username or "").strip().lower())


class Member(AbstractBaseUser):
    """Somebody who works in Kundresa."""

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=5, blank=True, default="")
    time_zone = models.CharField(max_length=60, blank=True, default="")
    is_active = models.BooleanField(default=True)
    made_at = models.DateTimeField(auto_now_add=True)
    session_mark = models.CharField(max_length=32, blank=True, default="")
    """Changed to end every session of theirs, also those that nobody has listed."""

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[MemberManager] = MemberManager()

    def __str__(self) -> str:
        return self.name or self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        told = f"{self.password} {self.session_mark}"
        salt = "kundresa.accounts.Member"
        return salted_hmac(salt, told, secret=secret, algorithm="sha256").hexdigest()

    @property
    def initials(self) -> str:
        """Give one or two letters for a round picture."""
        words = (self.name or self.email).split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


class Department(models.Model):
    """A part of the company that members and actions belong to."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    name = models.CharField(max_length=200)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["workspace", "name"], name="department_in_workspace"),
        )

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """What a member is in a workspace."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    role = models.CharField(max_length=20, choices=_ROLES, default=Role.VIEWER.value)
    sees_customers = models.BooleanField(default=False)
    may_send = models.BooleanField(default=False)
    department = models.ForeignKey(Department, null=True, on_delete=models.SET_NULL)
    joined_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["workspace", "member"], name="member_in_workspace"),
        )

    def __str__(self) -> str:
        return f"{self.member} in {self.workspace}: {self.role}"


class Invitation(models.Model):
    """A place kept for somebody; whoever has its secret link may take it, once."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=_ROLES, default=Role.VIEWER.value)
    sees_customers = models.BooleanField(default=False)
    may_send = models.BooleanField(default=False)
    department = models.ForeignKey(Department, null=True, on_delete=models.SET_NULL)
    language = models.CharField(max_length=5, blank=True, default="")
    secret_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["workspace", "email"], name="invited_in_workspace"),)

    def __str__(self) -> str:
        return f"{self.email} to {self.workspace}"


class OwnerLink(models.Model):
    """The link of an empty installation that makes whoever opens it the first owner."""

    id = models.BigAutoField(primary_key=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"made {self.made_at:%Y-%m-%d}"


class GuestLink(models.Model):
    """A link that lets guests see one thing, without an account."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=200)
    may_comment = models.BooleanField(default=False)
    secret_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.kind} {self.subject}"

    @property
    def is_open(self) -> bool:
        """Whether the link still lets in."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now())


class Guest(models.Model):
    """Somebody who came by a guest link and said a name."""

    id = models.BigAutoField(primary_key=True)
    link = models.ForeignKey(GuestLink, on_delete=models.CASCADE)
    name = models.CharField(max_length=200)
    came_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """A secret with which a program acts as a member in one workspace."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    name = models.CharField(max_length=200)
    scopes = models.JSONField(default=list)
    secret_hash = models.CharField(max_length=64, unique=True)
    start = models.CharField(max_length=16)
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"


class Notice(models.Model):
    """Something a member should know; its words are made in the reader's language."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    member = models.ForeignKey(Member, on_delete=models.CASCADE)
    kind = models.CharField(max_length=60)
    facts = models.JSONField(default=dict)
    address = models.CharField(max_length=400, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["member", "id"], name="notices_of_member"),)

    def __str__(self) -> str:
        return f"{self.kind} for {self.member}"


class AuditLine(models.Model):
    """One thing that somebody did; never changed afterwards."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, null=True, on_delete=models.PROTECT)
    at = models.DateTimeField(auto_now_add=True)
    actor = models.CharField(max_length=200)
    action = models.CharField(max_length=100)
    subject = models.CharField(max_length=200, blank=True)
    details = models.JSONField(null=True)

    class Meta:
        indexes = (models.Index(fields=["workspace", "id"], name="audit_by_workspace"),)

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.subject}".strip()
