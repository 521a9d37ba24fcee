from django.urls import path

from interactions.log.views import entries, kinds, lists, quick_log

app_name = "interactions"
urlpatterns = [
    path("interactions/", lists.interaction_list, name="interaction_list"),
    path("interactions/log/", quick_log.log, name="log"),
    path("interactions/who/", quick_log.who, name="who"),
    path("interactions/kinds/", kinds.kinds, name="kinds"),
    path("interactions/<str:code>/", entries.interaction, name="interaction"),
    path("interactions/<str:code>/amend/", entries.amend, name="amend"),
    path("interactions/<str:code>/void/", entries.void, name="void"),
    path("interactions/<str:code>/done/", entries.action_done, name="action_done"),
    path("interactions/<str:code>/reopen/", entries.action_reopen, name="action_reopen"),
    path("interactions/<str:code>/reschedule/", entries.action_reschedule, name="action_reschedule"),
]
