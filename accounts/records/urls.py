from django.urls import path

from accounts.records import views

urlpatterns = [
    path("accounts/", views.account_list, name="account_list"),
    path("accounts/new/", views.account_new, name="account_new"),
    path("accounts/near/", views.near_accounts, name="near_accounts"),
    path("accounts/<str:code>/edit/", views.account_edit, name="account_edit"),
    path("contacts/", views.contact_list, name="contact_list"),
    path("contacts/new/", views.contact_new, name="contact_new"),
    path("contacts/near/", views.near_contacts, name="near_contacts"),
    path("contacts/<str:code>/edit/", views.contact_edit, name="contact_edit"),
]
