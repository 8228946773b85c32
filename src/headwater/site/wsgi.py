"""The WSGI application that the server runs."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headwater.site.settings")
application = get_wsgi_application()
# Every page and the API are read now: else whoever comes first after a start waits for seconds, and all with them.
URL_PATTERNS = get_resolver().url_patterns
