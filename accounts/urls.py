from accounts.lists.urls import urlpatterns as lists
from accounts.records.urls import urlpatterns as records

app_name = "accounts"
urlpatterns = [*records, *lists]
