"""The blueprint that the pages of scores and policies share."""

from flask import Blueprint

bp = Blueprint("scoring", __name__)
