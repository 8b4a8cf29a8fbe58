"""Answer with a feed: its type, its age, and nothing at all where the reader has it already."""

import hashlib
from datetime import datetime

from flask import request
from werkzeug.wrappers import Response

#: Seconds for which a public feed need not be asked for again.
FRESH = 300


def answer(body: bytes, mimetype: str, updated: datetime, *, is_private: bool = False) -> Response:
    """Return the document, or 304 where ``If-None-Match`` or ``If-Modified-Since`` allows it.

    :param updated: when the newest of it changed.
    :param is_private: no shared cache keeps it, and no search engine lists it.
    """
    response = Response(body, content_type=f"{mimetype}; charset=utf-8")
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.last_modified = updated
    scope = "private, no-cache" if is_private else f"public, max-age={FRESH}"
    response.headers["Cache-Control"] = scope
    response.headers["X-Robots-Tag"] = "noindex"
    return response.make_conditional(request)
