"""The views: a request in, a response out."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render


def index(request: HttpRequest) -> HttpResponse:
    """Greet everybody on a page."""
    return render(request, "hello.html", {"message": f"{settings.GREETING}, world!"})


def health(request: HttpRequest) -> HttpResponse:
    """Say that the application runs."""
    return JsonResponse({"status": "ok"})


def hello(request: HttpRequest, who: str) -> HttpResponse:
    """Greet somebody on a page."""
    return render(request, "hello.html", {"message": f"{settings.GREETING}, {who}!"})
