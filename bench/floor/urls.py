from django.urls import path

from . import views

urlpatterns = [
    path("accounts/", views.accounts),
    path("accounts/<str:code>/", views.account),
    path("save/", views.save),
]
