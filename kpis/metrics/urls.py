from django.urls import path

from kpis.metrics import views

app_name = "kpis"
urlpatterns = [path("adoption/", views.adoption, name="adoption")]
