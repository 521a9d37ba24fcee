from django.urls import path

from ownership.assignments.views import claims, lists
from ownership.departures import views as departures
from ownership.disputes.views import disputes, renewals
from ownership.policies import views as policies
from ownership.reviews import views as reviews
from ownership.routing import views as routing
from ownership.why import views as why

app_name = "ownership"
urlpatterns = [
    path("", lists.home, name="home"),
    path("pool/", lists.pool, name="pool"),
    path("claim/<str:code>/", claims.claim, name="claim"),
    path("mine/", lists.mine, name="mine"),
    path("expiring/", lists.expiring, name="expiring"),
    path("unassigned/", lists.unassigned, name="unassigned"),
    path("flags/", lists.flags, name="flags"),
    path("leaving/", departures.leaving, name="leaving"),
    path("leaving/<str:username>/actions/", departures.leaving_actions, name="leaving_actions"),
    path("leaving/<str:username>/back/", departures.leaving_back, name="leaving_back"),
    path("why/<str:code>/", why.why, name="why"),
    path("why/<str:code>/renew/", renewals.renew, name="renew"),
    path("disputes/", disputes.dispute_list, name="dispute_list"),
    path("disputes/new/", disputes.dispute_new, name="dispute_new"),
    path("disputes/<int:pk>/", disputes.dispute, name="dispute"),
    path("disputes/<int:pk>/draft/", disputes.dispute_draft, name="dispute_draft"),
    path("disputes/<int:pk>/drop/", disputes.dispute_drop, name="dispute_drop"),
    path("disputes/<int:pk>/sign/", disputes.dispute_sign, name="dispute_sign"),
    path("disputes/<int:pk>/close/", disputes.dispute_close, name="dispute_close"),
    path("disputes/<int:pk>/withdraw/", disputes.dispute_withdraw, name="dispute_withdraw"),
    path("reviews/", reviews.reviews, name="reviews"),
    path("policy/", policies.policy, name="policy"),
    path("policy/what-if/<int:pk>/", policies.what_if, name="what_if"),
    path("policy/what-if/<int:pk>/accounts.<str:ending>", policies.what_if_file, name="what_if_file"),
    path("routing/", routing.routing, name="routing"),
    path("routing/leave/", routing.leave_add, name="leave_add"),
    path("routing/leave/<int:pk>/remove/", routing.leave_remove, name="leave_remove"),
]
