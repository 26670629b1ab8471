"""The envelope, and who is let through to an endpoint."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.urls import include, path
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import APIException, Throttled
from rest_framework.response import Response
from rest_framework.views import APIView

from lyticsapp import urls
from lyticsapp.accounts import tokens
from lyticsapp.accounts.api import (
    Envelope,
    account_of,
    authenticate_token,
    error_response,
    json_response,
)
from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.fallback import server_error
from lyticsapp.accounts.models import Account, Scope

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Inner(serializers.Serializer):
    url = serializers.URLField()


class Outer(serializers.Serializer):
    name = serializers.CharField()
    inner = Inner(many=True, required=False)


class Echo(APIView):
    scopes = {"GET": None, "POST": Scope.SEGMENTS, "DELETE": Scope.SEGMENTS}

    def get(self, request):
        return Envelope({"account": account_of(request).name}, total=3, _next="")

    def post(self, request):
        body = Outer(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(body.validated_data, status=201)

    def delete(self, request):
        return Response(status=204)


class Busy(APIView):
    scope = None

    def get(self, request):
        raise Throttled(wait=10)


def plain(request):
    try:
        token = authenticate_token(request, Scope.DATA)
    except APIException as error:
        return error_response(error)
    return json_response({"account_id": token.account_id}, rejected_count=0)


def page(request):
    return HttpResponse("a page")


urlpatterns = [
    path("api/echo", Echo.as_view()),
    path("api/busy", Busy.as_view()),
    path("collect/plain", plain),
    path("page", page),
    path("", include(urls)),
]


@pytest.fixture
def account():
    return Account.objects.create(name="Acme")


@pytest.fixture
def token_of(account):
    def of(*scopes, **values):
        return tokens.issue(
            account=account, name="test", scopes=scopes, actor=SYSTEM, **values
        ).text

    return of


@pytest.mark.parametrize("address", ["/api/echo", "/collect/plain"])
@pytest.mark.parametrize("form", ["{}", "Bearer {}", "bearer  {}"])
def test_the_token_goes_in_the_header(client, token_of, address, form):
    sent = form.format(token_of(Scope.DATA))
    assert client.get(address, headers={"authorization": sent}).status_code == 200


@pytest.mark.parametrize("address", ["/api/echo", "/collect/plain"])
@pytest.mark.parametrize("parameter", ["key", "access_token"])
def test_the_token_goes_in_the_address(client, token_of, address, parameter):
    answer = client.get(address, {parameter: token_of(Scope.DATA)})
    assert answer.status_code == 200


def test_a_success_has_the_envelope(client, token_of):
    answer = client.get("/api/echo", {"key": token_of(Scope.DATA)})
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == {
        "data": {"account": "Acme"},
        "status": 200,
        "message": "success",
        "total": 3,
        "_next": "",
    }


def test_a_plain_view_has_the_envelope(client, token_of, account):
    answer = client.get("/collect/plain", {"key": token_of(Scope.DATA)})
    assert answer.json() == {
        "data": {"account_id": account.pk},
        "status": 200,
        "message": "success",
        "rejected_count": 0,
    }


@pytest.mark.parametrize(
    "address", ["/api/echo", "/api/no", "/collect/plain", "/collect/x/y", "/v2/segment"]
)
@pytest.mark.parametrize("sent", ["", "nonsense", "Basic abc", "at." + "0" * 32 + ".x"])
def test_no_token_is_a_401_before_routing(client, address, sent):
    answer = client.put(address, headers={"authorization": sent} if sent else {})
    assert answer.status_code == 401
    assert answer.json() == {"data": None, "message": "Not authorized", "status": 401}
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("address", ["/api/echo", "/collect/plain"])
def test_an_expired_token_is_told(client, token_of, address):
    text = token_of(Scope.ADMIN, expires_at=timezone.now() - timedelta(minutes=1))
    answer = client.get(address, {"key": text})
    assert answer.status_code == 401
    assert answer.json()["message"] == "Expired Token"


def test_a_missing_scope_is_named(client, token_of):
    answer = client.post("/api/echo?key=" + token_of(Scope.DATA))
    assert answer.status_code == 403
    assert answer.json()["data"] is None
    assert "segments" in answer.json()["message"]
    plain = client.get("/collect/plain", {"key": token_of(Scope.JOBS)})
    assert plain.status_code == 403
    assert '"data"' in plain.json()["message"]


@pytest.mark.parametrize("address", ["/api", "/api/no", "/collect/x/y/z", "/v2/no"])
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "patch"])
def test_an_unknown_path_is_a_404(client, token_of, address, method):
    answer = getattr(client, method)(f"{address}?key={token_of(Scope.DATA)}")
    assert answer.status_code == 404
    assert answer.json() == {"data": None, "message": "Not Found", "status": 404}


def test_an_unknown_method_is_a_405(client, token_of):
    answer = client.patch("/api/echo?key=" + token_of(Scope.ADMIN))
    assert answer.status_code == 405
    assert answer.json() == {
        "data": None,
        "message": 'Method "PATCH" not allowed.',
        "status": 405,
    }


def post(client, token, body, content_type="application/json"):
    return client.post("/api/echo?key=" + token, body, content_type=content_type)


def test_a_created_object_says_so(client, token_of):
    answer = post(client, token_of(Scope.SEGMENTS), '{"name": "é"}')
    assert answer.json() == {
        "data": {"name": "é"},
        "status": 201,
        "message": "created",
    }


def test_a_deletion_has_no_body(client, token_of):
    answer = client.delete("/api/echo?key=" + token_of(Scope.ADMIN))
    assert (answer.status_code, answer.content) == (204, b"")


def test_json_is_read_whatever_curl_declares(client, token_of):
    declared = "application/x-www-form-urlencoded"
    answer = post(client, token_of(Scope.SEGMENTS), '{"name": "a"}', declared)
    assert answer.status_code == 201


def test_malformed_json_is_told_with_its_position(client, token_of):
    answer = post(client, token_of(Scope.SEGMENTS), '{"name":\n  nope}')
    assert answer.status_code == 400
    assert "line 2, column 3" in answer.json()["message"]


@pytest.mark.parametrize("body", [b'{"name": "a\\u0000b"}', b'{"a\\u0000": 1}'])
def test_a_nul_is_refused(client, token_of, body):
    answer = post(client, token_of(Scope.SEGMENTS), body)
    assert answer.status_code == 400
    assert "\\u0000" in answer.json()["message"]


def test_an_escaped_backslash_is_no_nul(client, token_of):
    answer = post(client, token_of(Scope.SEGMENTS), rb'{"name": "a\\u0000b"}')
    assert answer.json()["data"] == {"name": "a\\u0000b"}


@pytest.mark.parametrize("address", ["/api/echo%00", "/api/echo?name=%00"])
def test_a_nul_in_the_address_is_refused(client, token_of, address):
    token = token_of(Scope.ADMIN)
    answer = client.get(address, headers={"authorization": token})
    assert answer.status_code == 400


def test_a_bad_field_is_named(client, token_of):
    answer = post(
        client, token_of(Scope.SEGMENTS), '{"inner": [{"url": "http://a.bc"}, {}]}'
    )
    assert answer.status_code == 400
    assert answer.json() == {
        "data": None,
        "status": 400,
        "message": (
            "name: This field is required. inner[1].url: This field is required."
        ),
    }


def test_a_body_of_another_kind_is_told(client, token_of):
    answer = post(client, token_of(Scope.SEGMENTS), "[1]")
    assert answer.status_code == 400
    assert "dictionary" in answer.json()["message"]


def test_a_throttled_call_says_when_to_return(client, token_of):
    answer = client.get("/api/busy", {"key": token_of(Scope.DATA)})
    assert (answer.status_code, answer["Retry-After"]) == (429, "10")


def test_a_fault_is_told_in_the_envelope(rf):
    answer = server_error(rf.get("/api/echo"))
    assert answer.status_code == 500
    assert b'"data":null' in answer.content
    assert b"<" in server_error(rf.get("/apiary")).content


def test_other_pages_ask_for_no_token(client):
    assert client.get("/page").content == b"a page"
