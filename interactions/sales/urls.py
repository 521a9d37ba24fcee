from django.urls import path

from interactions.sales import views

app_name = "sales_feeds"
urlpatterns = [path("codes/", views.codes, name="codes")]
