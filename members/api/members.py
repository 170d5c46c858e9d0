"""Members: found by any identity, and shown with all that is known."""

from rest_framework.request import Request
from rest_framework.response import Response

from members.api.bulk import MembersLanded
from members.api.operations import operation
from members.api.people import MembersBulk, MembersIn


class Members(MembersBulk):
    """Members."""

    @operation("members:write", body=MembersIn, answers={200: MembersLanded, 207: MembersLanded})
    def post(self, request: Request) -> Response:
        """Store what is known about members now, by external id."""
        return self.upsert()
