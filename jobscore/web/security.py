"""Security headers on every answer, errors and static files included."""

from flask import Flask, Response, g, request
from flask_login import current_user

from jobscore import config

CSP = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "frame-src": "'self'",
    "img-src": "'self' data:",
    "manifest-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "worker-src": "'self'",
}
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
#: A year, in seconds.
YEAR = 31_536_000


def content_security_policy(**changes: str) -> str:
    """Return the policy's text with some directives (underscores for hyphens) changed."""
    policy = {**CSP, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return "; ".join(f"{name} {value}".rstrip() for name, value in policy.items())


def init_app(app: Flask) -> None:
    """Have every answer of ``app`` carry the headers."""
    settings = config.current(app)

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        policy = content_security_policy()
        if settings.is_https:
            policy += "; upgrade-insecure-requests"
            response.headers.setdefault(
                "Strict-Transport-Security", f"max-age={2 * YEAR}; includeSubDomains"
            )
        response.headers.setdefault("Content-Security-Policy", policy)
        if request.endpoint == "static":
            if "v" in request.args and response.status_code == 200:
                response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        elif "Cache-Control" not in response.headers:
            private = "_login_user" in g and current_user.is_authenticated
            response.headers["Cache-Control"] = "no-store" if private else "private, no-cache"
        response.headers.setdefault("X-Request-ID", g.get("request_id", "-"))
        response.vary.update({"Cookie", "Accept-Language"})
        return response
