"""The request of a member, as the middleware leaves it before the view."""

from datetime import datetime

from django.http import HttpRequest

from isoloir.identity.models import Account


class MemberRequest(HttpRequest):
    """`user` is signed in with the second factor, `now` is the one instant of the request."""

    user: Account
    now: datetime
