"""What search engines may look at: robots.txt, and ``noindex`` on what is somebody's own."""

from typing import Final

from flask import Flask, Response, current_app, request

from jobscore import config
from jobscore.web.access import Access, access_of, public
from jobscore.web.views import bp

#: Paths that hold nothing to find.
CLOSED: Final = (
    "/admin",
    "/matches",
    "/me",
    "/u/",
    "/feeds/matches/",
    "/verify/",
    "/password/",
    "/invitation/",
    "/letters/",
    "/demo/",
    "/jobs/*/report",
)
#: Pages for everybody that are no use to find.
UNLISTED: Final = frozenset({"jobs.report", "jobs.send_report", "jobs.thanks"})


@bp.get("/robots.txt")
@public
def robots() -> Response:
    """Say what may be looked at, and where the sitemap is."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED)]
    if "jobs.sitemap" in current_app.view_functions:
        path = current_app.url_map.bind("localhost").build("jobs.sitemap")
        lines += ["", f"Sitemap: {config.current().public_url}{path}"]
    response = Response("\n".join(lines) + "\n", mimetype="text/plain")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def init_app(app: Flask) -> None:
    """Have every page that is not for everybody, and every link with a token, stay unlisted."""

    @app.after_request
    def unlist(response: Response) -> Response:
        view = app.view_functions.get(request.endpoint or "")
        is_private = view is not None and access_of(view) is not Access.PUBLIC
        if is_private or request.endpoint in UNLISTED or "token" in (request.view_args or {}):
            response.headers.setdefault("X-Robots-Tag", "noindex")
        return response
