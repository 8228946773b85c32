"""The addresses of this room under /api/v1, one file a subject."""

from ninja import Router

router = Router()
