# ruff: noqa: DJ008 (these rows are never shown by name)
"""Models of the hub's tables, as far as the floor shows them, and of its own table for saving a row."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Person(AbstractBaseUser):
    username = models.CharField(max_length=80, unique=True)
    full_name = models.CharField(max_length=120)
    is_active = models.BooleanField()
    objects = BaseUserManager()
    USERNAME_FIELD = "username"

    class Meta:
        managed = False
        db_table = "accounts_staff"


class Division(models.Model):
    name = models.CharField(max_length=80)

    class Meta:
        managed = False
        db_table = "accounts_division"


class Account(models.Model):
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    industry = models.CharField(max_length=80)
    main_phone = models.CharField(max_length=60)
    erp_customer_id = models.CharField(max_length=40, null=True)
    division = models.ForeignKey(Division, null=True, on_delete=models.PROTECT)
    owner = models.ForeignKey(Person, null=True, on_delete=models.PROTECT)
    last_interaction_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "accounts_account"


class Contact(models.Model):
    full_name = models.CharField(max_length=120)

    class Meta:
        managed = False
        db_table = "accounts_contact"


class Interaction(models.Model):
    occurred_at = models.DateTimeField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="interactions")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.PROTECT)
    channel = models.CharField(max_length=12)
    notes = models.TextField()
    next_action = models.CharField(max_length=200)
    logged_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT)

    class Meta:
        managed = False
        db_table = "interactions_interaction"


class Note(models.Model):
    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_constraint=False)
    by = models.ForeignKey(Person, on_delete=models.CASCADE, db_constraint=False)
    at = models.DateTimeField()
    text = models.TextField()

    class Meta:
        managed = False
        db_table = "bench_note"
