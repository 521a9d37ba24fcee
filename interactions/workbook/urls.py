from django.urls import path

from interactions.workbook import views

app_name = "workbook"
urlpatterns = [
    path("", views.runs, name="runs"),
    path("export.xlsx", views.export, name="export"),
    path("<int:pk>/", views.run, name="run"),
    path("<int:pk>/people/", views.people, name="people"),
    path("<int:pk>/choices/", views.choices, name="choices"),
    path("<int:pk>/apply/", views.apply, name="apply"),
    path("<int:pk>/undo/", views.undo, name="undo"),
    path("<int:pk>/discard/", views.discard, name="discard"),
    path("<int:pk>/again/", views.again, name="again"),
    path("<int:pk>/refused.xlsx", views.refused, name="refused"),
]
