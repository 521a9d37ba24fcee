from django.urls import path

from accounts.lists.urls import urlpatterns as lists
from accounts.people.views import notices
from accounts.records.urls import urlpatterns as records

app_name = "accounts"
urlpatterns = [*records, *lists, path("ownership/notices/", notices, name="notices")]
