"""What the pages of people imports share: the blueprint, the size of uploads, secret addresses."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from jobscore import config
from jobscore.extensions import db
from jobscore.imports.models import CsvImport, ImportType

bp = Blueprint("people", __name__)

#: Pages whose address is a secret: it must not travel on in a Referer header.
SECRET_ADDRESSES = frozenset({"people.invitation", "people.refuse"})
#: Of the pages of job imports, those that serve imports of people as well.
SHARED = frozenset({"imports.cancel", "imports.resume"})
#: What a form with a file is larger than the file itself.
_FORM_BYTES = 1024 * 1024


@bp.url_value_preprocessor
def allow_uploads(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Raise the size limit for admins at the one view that receives files, before it is read."""
    if endpoint == "people.create" and is_admin():
        limit = config.current().upload_limit_mb * 1024 * 1024
        request.max_content_length = limit + _FORM_BYTES


@bp.before_app_request
def to_own_pages() -> BaseResponse | None:
    """Lead from the pages of job imports to those of people where the import is one of people."""
    import_id = (request.view_args or {}).get("import_id")
    is_elsewhere = request.blueprint != "imports" or request.endpoint in SHARED
    if is_elsewhere or import_id is None or not is_admin():
        return None
    found = db.session.get(CsvImport, import_id)
    if found is None or found.import_type is not ImportType.PEOPLE:
        return None
    return redirect(url_for("people.show", import_id=import_id), 303)


@bp.after_request
def keep_secret(response: Response) -> Response:
    """Keep links of letters out of other sites' logs and of shared caches."""
    if request.endpoint in SECRET_ADDRESSES:
        response.headers["Referrer-Policy"] = "strict-origin"
        response.headers["Cache-Control"] = "no-store"
    return response


def is_admin() -> bool:
    """Tell whether an admin is signed in."""
    return bool(current_user.is_authenticated and current_user.is_superuser)
