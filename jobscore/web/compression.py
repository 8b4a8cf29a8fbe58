"""Answers travel compressed: pages as they are made, static files once.

gzip of the standard library, because every browser and proxy reads it. A proxy in front may do more
(Brotli); it then asks for the plain answer or passes ours on.

Compressing pages that hold a secret beside words of the asker can give the secret away (BREACH).
The only secret in our pages is the form token; it is signed with the time and differs from answer
to answer, and another site cannot ask with the reader's cookie (SameSite=Lax).
"""

import gzip
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request

from jobscore import paths

#: Smaller answers gain nothing.
LEAST_BYTES = 600
#: Level for pages: half of what 9 costs, nearly as small. Files are compressed once.
PAGE_LEVEL, FILE_LEVEL = 6, 9
TYPES = frozenset(
    {
        "application/atom+xml",
        "application/feed+json",
        "application/json",
        "application/ld+json",
        "application/manifest+json",
        "application/xml",
        "image/svg+xml",
        "text/css",
        "text/csv",
        "text/html",
        "text/javascript",
        "text/plain",
        "text/xml",
    }
)


@lru_cache(maxsize=64)
def _file(path: Path, _changed: int) -> bytes:
    """Return a static file compressed; kept as long as it does not change."""
    return gzip.compress(path.read_bytes(), FILE_LEVEL, mtime=0)


def _compressed(response: Response) -> bytes | None:
    """Return the body compressed, or None for a body that is not at hand as a whole."""
    if request.endpoint == "static":
        path = paths.STATIC / (request.view_args or {}).get("filename", "")
        stat = path.stat()
        return _file(path, stat.st_mtime_ns) if stat.st_size >= LEAST_BYTES else None
    if response.is_streamed or response.direct_passthrough:
        return None
    body = response.get_data()
    return gzip.compress(body, PAGE_LEVEL, mtime=0) if len(body) >= LEAST_BYTES else None


def compress(response: Response) -> Response:
    """Compress ``response`` where the asker understands it and it is worth it."""
    if response.mimetype not in TYPES or response.status_code == 206:
        return response
    if "Content-Encoding" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings.quality("gzip") <= 0 or response.status_code == 304:
        return response
    body = _compressed(response)
    if body is None:
        return response
    response.direct_passthrough = False
    response.close()  # of a static file: it is not read any more
    response.set_data(body)
    response.headers["Content-Encoding"] = "gzip"
    etag, is_weak = response.get_etag()
    if etag:
        response.set_etag(f"{etag}-gzip", weak=bool(is_weak))
        response.headers.pop("Accept-Ranges", None)
        response.make_conditional(request)
    return response


def init_app(app: Flask) -> None:
    """Have ``app`` answer compressed to those who say that they understand it."""
    app.after_request(compress)
