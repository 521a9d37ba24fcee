from django.urls import path

from interactions.feeds import views

app_name = "sales_feeds"
urlpatterns = [path("codes/", views.codes, name="codes")]
