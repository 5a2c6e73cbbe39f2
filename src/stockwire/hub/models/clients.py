"""Clients and the people who sign in for them.

A client is a business; every other row belongs to exactly one. A console user is not a trade-store login.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Now


class Client(models.Model):
    """A business that uses this hub."""

    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "clients"

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """Console roles (model.md section 9); what each may do is decided where the screen is."""

    ADMINISTRATOR = "administrator", "Administrator"
    READ_ONLY = "read_only", "Read only"


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str, client: Client, **fields: Any) -> User:
        user = self.model(username=username, client=client, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """Somebody who signs in to the console. Usernames are unique over all clients."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT)
    username = models.CharField(max_length=150, unique=True)
    email = models.EmailField(blank=True)
    full_name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=30, choices=Role, default=Role.ADMINISTRATOR)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "username"
    objects = UserManager()

    class Meta:
        db_table = "users"
        constraints = [
            models.UniqueConstraint(models.functions.Lower("username"), name="one_user_per_name_in_any_case")
        ]


class ApiToken(models.Model):
    """A key of the JSON API, made by a person and acting as that person. Only its hash is kept."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    description = models.CharField(max_length=200, default="", blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_tokens"
