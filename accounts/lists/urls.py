from django.urls import path

from accounts.lists import views

urlpatterns = [
    path("views/save/", views.view_save, name="view_save"),
    path("views/<int:pk>/delete/", views.view_delete, name="view_delete"),
]
