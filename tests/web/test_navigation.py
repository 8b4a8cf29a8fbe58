"""Navigation: groups, the pages of the current one, what is marked as current."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from jobscore.web import navigation
from tests.accounts import people


@pytest.fixture
def backend() -> str:
    """Nothing here depends on the database."""
    return "sqlite"


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    return people.browser_of(app, people.create(app, "boss@example.com", is_superuser=True))


def marked(client: FlaskClient, path: str) -> dict[str, str]:
    """Return what the admin's rows mark as current: address to the value of aria-current."""
    text = client.get(path).text
    rows = text.split('<div class="subnav">')[1].split("<main")[0]
    return dict(re.findall(r'href="([^"]+)" aria-current="(\w+)"', rows))


def test_every_page_of_a_group_marks_the_group_and_itself(app: Flask, admin: FlaskClient) -> None:
    with app.test_request_context("/admin"):
        groups = navigation._resolve_groups(navigation.ADMIN)
    assert len(groups) <= 8  # more do not fit beside each other
    for group in groups:
        for item in group.items:
            found = marked(admin, item.href)
            if len(group.items) == 1:
                assert found == {group.href: "page"}
            elif item.href == group.href:
                assert found == {group.href: "page"}  # the last of the two: group and page are one
            else:
                assert found == {group.href: "true", item.href: "page"}


def test_every_admin_page_of_the_navigation_exists(app: Flask) -> None:
    named = [item.endpoint for group in navigation.ADMIN for item in group.items]
    assert set(named) <= set(app.view_functions)
    assert len(named) == len(set(named))


def test_a_page_below_a_page_marks_the_nearest(admin: FlaskClient) -> None:
    wages = marked(admin, "/admin/postings/minimum-wages")
    assert wages == {"/admin/jobs": "true", "/admin/postings": "page"}
    assert marked(admin, "/admin/imports/new") == {"/admin/imports": "page"}


def test_both_rows_have_names_of_their_own(admin: FlaskClient) -> None:
    text = admin.get("/admin/sources").text
    assert 'aria-label="Administration"' in text
    assert 'class="subnav__pages" aria-label="Imports"' in text
    today = admin.get("/admin").text
    assert "subnav__pages" not in today


def test_a_seeker_has_no_navigation_of_the_admin(app: Flask) -> None:
    seeker = people.browser_of(app, people.create(app, "someone@example.com"))
    assert 'class="subnav"' not in seeker.get("/jobs").text


SEEKER_PAGES = [item.endpoint for group in navigation.MAIN for item in group.items]


def rows_of(client: FlaskClient, path: str) -> dict[str, str]:
    """Return what the seeker's rows mark as current: address to the value of aria-current."""
    text = client.get(path).text
    rows = text.split('<nav class="nav"')[1].split("<main")[0]
    return dict(re.findall(r'href="([^"]+)"(?: data-goto="\w")? aria-current="(\w+)"', rows))


def test_a_seeker_sees_the_group_and_the_page_that_is_open(app: Flask) -> None:
    seeker = people.browser_of(app, people.create(app, "someone@example.com"))
    assert rows_of(seeker, "/me/account") == {"/me": "true", "/me/account": "page"}
    assert rows_of(seeker, "/me/mail") == {"/me/mail": "page"}
    assert rows_of(seeker, "/matches")["/matches"] == "page"
    assert rows_of(seeker, "/policy/scoring") == {}
    with app.test_request_context("/me"):
        groups = navigation._resolve_groups(navigation.MAIN)
    assert len(groups) <= 5  # more do not fit beside each other at 320 px


def test_a_group_leads_to_the_first_of_its_pages_that_exists(app: Flask) -> None:
    first, second = "not.there", "accounts.account"
    group = navigation.NavGroup(
        "Mine", "user", tuple(navigation.NavItem(e, e, "user") for e in (first, second))
    )
    with app.test_request_context("/"):
        (found,) = navigation._resolve_groups([group])
        assert navigation._resolve_groups([navigation.NavGroup("None", "user", ())]) == []
    assert (found.href, [item.endpoint for item in found.items]) == ("/me/account", [second])


def test_each_page_of_the_seeker_stands_in_one_group() -> None:
    assert len(SEEKER_PAGES) == len(set(SEEKER_PAGES))


def test_the_account_menu_leads_an_admin_to_the_administration(
    app: Flask, admin: FlaskClient
) -> None:
    seeker = people.browser_of(app, people.create(app, "someone@example.com"))
    menus = [c.get("/jobs").text.split('class="menu__panel"')[1] for c in (admin, seeker)]
    assert ['href="/admin"' in menu.split("</details>")[0] for menu in menus] == [True, False]


def test_a_guest_has_no_second_row(client: FlaskClient) -> None:
    assert "subnav__pages" not in client.get("/jobs").text
