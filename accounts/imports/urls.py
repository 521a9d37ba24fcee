from django.urls import path

from accounts.imports.customers import views as validating_views
from accounts.imports.runs import views

app_name = "feeds"
urlpatterns = [
    path("", views.home, name="home"),
    path("<int:pk>/", views.feed, name="feed"),
    path("<int:pk>/start/", views.start, name="start"),
    path("<int:pk>/test/", views.test, name="test"),
    path("runs/", views.runs, name="runs"),
    path("runs/<int:pk>/", views.run, name="run"),
    path("runs/<int:pk>/approve/", views.approve, name="approve"),
    path("runs/<int:pk>/discard/", views.discard, name="discard"),
    path("runs/<int:pk>/undo/", views.undo, name="undo"),
    path("runs/<int:pk>/again/", views.again, name="again"),
    path("runs/<int:pk>/refused/", views.refused, name="refused"),
    path("customers/", validating_views.customers, name="customers"),
    path("customers/<int:pk>/", validating_views.customer, name="customer"),
]
