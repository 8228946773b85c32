"""Django settings. What an operator may set is read from the environment and listed in docs/operate/settings.md."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
from csp.constants import NONE, SELF

from headwater.base.paths import home, local_url

HOME = home()
DEBUG = os.environ.get("HEADWATER_DEBUG") == "1"
HOSTS = os.environ.get("HEADWATER_HOSTS", "localhost,127.0.0.1,[::1]")
ALLOWED_HOSTS = [host.strip() for host in HOSTS.split(",") if host.strip()]
HTTPS = os.environ.get("HEADWATER_HTTPS") == "1"


def _secret_key(folder: Path) -> str:
    """One random key an installation, made on first use; two first starts at once agree on whichever came first."""
    file = folder / "secret_key"
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    key = secrets.token_urlsafe(64)
    with os.fdopen(descriptor, "w") as out:
        out.write(key)
    return key


SECRET_KEY = os.environ.get("HEADWATER_SECRET_KEY") or _secret_key(HOME)

INSTALLED_APPS = [
    "headwater.base",
    "headwater.metrics",
    "headwater.journey",
    "headwater.listening",
    "headwater.insight",
    "headwater.strategy",
    "headwater.site",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "headwater.base.middleware.SignInMiddleware",
    "headwater.base.middleware.LocalMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "headwater.base.middleware.RefusalMiddleware",
    "headwater.base.middleware.PageViewMiddleware",
]

ROOT_URLCONF = "headwater.site.urls"
WSGI_APPLICATION = "headwater.site.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django_cotton.cotton_loader.Loader",
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton", "template_partials.templatetags.partials"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "headwater.base.context.shell",
            ],
        },
    }
]

SQLITE_OPTIONS: dict[str, Any] = {
    # FULL: what was acknowledged survives a power cut. IMMEDIATE: writers queue instead of failing. What is deleted is
    # overwritten: customers who are erased leave nothing in free pages.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; "
    "PRAGMA busy_timeout=20000;",
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
}
DATABASE_URL = os.environ.get("HEADWATER_DATABASE_URL")
DATABASES: dict[str, Any] = {
    "default": (
        dict(dj_database_url.parse(DATABASE_URL, conn_max_age=600))
        if DATABASE_URL
        else {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": HOME / "headwater.sqlite3",
            "OPTIONS": SQLITE_OPTIONS,
            "CONN_MAX_AGE": 600,
        }
    )
}
# Limits on guessing passwords are counted here, so every server process must see what the others counted. Large enough
# that nobody pushes a count out by making others.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

AUTH_USER_MODEL = "base.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "headwater.base.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
# Limits on guessing count by address: behind a proxy that is the one the proxy names, not the proxy's own.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if HTTPS else 0
LOGIN_URL = "/account/login/"
LOGIN_REDIRECT_URL = "first_page"

# Mail stays in the outbox until a server is named: smtp://user:password@host:587/?tls=1
_MAIL = urlsplit(os.environ.get("HEADWATER_SMTP_URL", ""))
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = _MAIL.hostname or ""
EMAIL_PORT = _MAIL.port or (465 if _MAIL.scheme == "smtps" else 587)
EMAIL_HOST_USER = unquote(_MAIL.username or "")
EMAIL_HOST_PASSWORD = unquote(_MAIL.password or "")
EMAIL_USE_SSL = _MAIL.scheme == "smtps"
EMAIL_USE_TLS = _MAIL.scheme == "smtp" and "tls=0" not in _MAIL.query
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("HEADWATER_MAIL_FROM", "Headwater <headwater@localhost>")
BULK_MAILS_A_MINUTE = int(os.environ.get("HEADWATER_MAILS_A_MINUTE", "600"))
# Domains that surveys may be sent from, beside the one above.
MAIL_DOMAINS = tuple(os.environ.get("HEADWATER_MAIL_DOMAINS", "").lower().replace(",", " ").split())
# The mailbox that mails come back to: imaps://user:password@host:993/INBOX
BOUNCES_MAILBOX = os.environ.get("HEADWATER_BOUNCES", "")
# Where people reach this installation, for links in mails.
PUBLIC_URL = os.environ.get("HEADWATER_URL", local_url(os.environ.get("HEADWATER_PORT", "8000"))).rstrip("/")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "headwater.base.charts.bundle.ChartFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": HOME / "files"}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 3600
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None

# Requests a stranger can send stay small; file uploads are streamed to disk and bounded by the import service.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"tokens": {"()": "headwater.base.logs.TokenFilter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["tokens"]}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"headwater": {"level": os.environ.get("HEADWATER_LOG", "INFO")}},
}
