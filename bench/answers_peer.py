"""What somebody would build instead: a Django view that puts the same form into a row of SQLite as JSON. Nothing else:
no branching, no check, no redaction, no record behind it. Served as Headwater is, with the same durability."""

import os

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="a peer",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["PEER_DATABASE"],
            "CONN_MAX_AGE": 600,
            "OPTIONS": {
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000;",
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
            },
        }
    },
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    USE_TZ=True,
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import re_path  # noqa: E402


class Answer(models.Model):
    at = models.DateTimeField(auto_now_add=True)
    answers = models.JSONField()

    class Meta:
        app_label = "peer"


def answer(request: HttpRequest) -> HttpResponse:
    Answer._default_manager.create(answers={name: request.POST.getlist(name) for name in request.POST})
    return HttpResponse(status=303, headers={"Location": "/thanks"})


def make() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(Answer)


urlpatterns = [re_path("", answer)]
application = get_wsgi_application()
