"""What makes the site installable: its manifest, its service worker and the page shown offline.

The service worker keeps files of the look and one page that is nobody's; a test holds it to that.
"""

import hashlib

from flask import Response, json, render_template, url_for
from flask_babel import gettext

from jobscore.web import jinja
from jobscore.web.i18n import current_language

#: Files that the offline page needs; each page needs them too, so that they are there already.
KEPT_FILES = (
    "css/tokens.css",
    "css/base.css",
    "css/layout.css",
    "css/components.css",
    "img/favicon.svg",
    "js/page.js",
    "vendor/lucide/sprite.svg",
)
#: (file, size, purpose): "maskable" fills the whole square, so that any shape can be cut from it.
ICONS = (
    ("img/icon-192.png", "192x192", "any"),
    ("img/icon-512.png", "512x512", "any"),
    ("img/icon-maskable-512.png", "512x512", "maskable"),
    ("img/favicon.svg", "any", "any"),
)
#: Seconds for which a manifest may be kept: its address does not change with its words.
HOUR = 3600


def manifest() -> Response:
    """Return the web app manifest in the reader's language."""
    language = current_language()
    content = {
        "id": "/",
        "name": gettext("jobscore: jobs that suit you, with reasons"),
        "short_name": "jobscore",
        "description": gettext("Every morning the forty jobs that suit you best, each explained."),
        "lang": language,
        "dir": "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f6f7fb",
        "theme_color": "#4338ca",
        "icons": [
            {
                "src": jinja.asset(file),
                "sizes": sizes,
                "type": "image/svg+xml" if file.endswith(".svg") else "image/png",
                "purpose": purpose,
            }
            for file, sizes, purpose in ICONS
        ],
        "shortcuts": [
            {"name": gettext("My matches"), "url": "/matches"},
            {"name": gettext("Find jobs"), "url": "/jobs"},
        ],
    }
    response = Response(json.dumps(content), mimetype="application/manifest+json")
    response.headers["Cache-Control"] = f"public, max-age={HOUR}"
    return response


def service_worker() -> Response:
    """Return the service worker; its text changes whenever a file that it keeps does."""
    files = [jinja.asset(file) for file in KEPT_FILES]
    offline = url_for("web.offline", lang=current_language())
    page = render_template("web/offline.html", lang=current_language())
    sums = hashlib.sha256("\n".join([*files, page]).encode()).hexdigest()[:12]
    text = render_template("web/sw.js", name=f"look-{sums}", files=files, offline=offline)
    response = Response(text, mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"  # a new version is seen at the next visit
    return response
