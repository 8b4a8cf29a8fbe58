"""The life of policies: drafts change, used versions never, exactly one is live."""

import json
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from jobscore import clock
from jobscore.accounts.models import AuditLog
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.scoring import policies, service
from jobscore.scoring.models import (
    PolicyChange,
    PolicyChangeKind,
    PolicyStatus,
    ScorePolicy,
    UsedPolicyError,
)
from jobscore.scoring.policy import BUILT_IN, FIRST, LATEST, PolicyError
from tests import factories

NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
ONE_PER_CENT_OVER = {"weights.location": LATEST.weights[1] + 1}
MORE_PLACE = {"weights.location": LATEST.weights[1] + 5, "weights.salary": LATEST.weights[2] - 5}


@pytest.fixture(autouse=True)
def _fixed_clock():
    with clock.set_to(NOON):
        yield


@pytest.fixture
def live(session):
    with transaction():
        service.seed_policy()
    return service.active_policy_row().id


def draft(version="9.1", source=LATEST, **values):
    with transaction():
        return policies.create_draft(source, version=version, **values).id


def activate(policy_id, **values):
    with transaction():
        policies.activate(policy_id, **values)


def statuses(session):
    session.expire_all()
    rows = session.scalars(select(ScorePolicy).order_by(ScorePolicy.id)).all()
    return {row.version: str(row.status) for row in rows}


def codes(call):
    with pytest.raises(PolicyError) as caught:
        call()
    db.session.rollback()
    return {(p.where, p.code) for p in caught.value.problems}


def test_a_draft_is_a_copy_with_some_numbers_changed(session, live):
    admin = factories.user(session, is_superuser=True).id
    session.commit()
    one = draft(changes=MORE_PLACE, text=" Place matters. ", created_by=admin)
    row = policies.get_policy(one)
    rules = policies.rules_of(row)
    assert (row.status, row.text, row.created_by) == (PolicyStatus.DRAFT, "Place matters.", admin)
    assert rules.weights[1:3] == (LATEST.weights[1] + 5, LATEST.weights[2] - 5)
    assert rules.parameters == LATEST.parameters
    assert service.active_policy() == LATEST


def test_everything_that_is_wrong_with_a_draft_is_named_at_once(session, live):
    assert codes(
        lambda: draft("no spaces please", changes={"neutral": 10_001}, text="x" * 2_001)
    ) == {
        ("version", "needs_1_to_20_characters"),
        ("neutral", "out_of_range"),
        ("text", "text_too_long"),
    }
    assert codes(lambda: draft(changes=ONE_PER_CENT_OVER)) == {("weights", "sum_is_not_100")}
    assert codes(lambda: draft(changes={"luck": 1})) == {("luck", "unknown_field")}
    assert codes(lambda: draft(LATEST.version)) == {("version", "version_taken")}
    assert codes(lambda: draft(FIRST.version, changes={"neutral": 1})) == {
        ("version", "version_built_in")
    }
    assert len(statuses(session)) == 1


def test_a_built_in_version_may_be_stored_as_it_is(session, live):
    draft(FIRST.version, FIRST)
    assert service.policy_of(FIRST.version) == FIRST


def test_a_draft_is_edited_renamed_and_deleted(session, live):
    one = draft()
    with transaction():
        row = policies.update_draft(one, version="9.2", changes={"neutral": 3_000}, text="calmer")
        seen = policies.fingerprint(row)
    assert policies.rules_of(policies.find_version("9.2")).neutral == 3_000
    with transaction():
        policies.update_draft(one, version="9.2", changes={}, text="calm", seen=seen)
    with pytest.raises(policies.DraftChangedError), transaction():
        policies.update_draft(one, version="9.2", changes={}, text="late", seen=seen)
    assert codes(lambda: edit(one, version=LATEST.version)) == {("version", "version_taken")}
    with transaction():
        policies.delete_draft(one)
    with pytest.raises(policies.PolicyNotFoundError):
        policies.find_version("9.2")
    assert set(session.scalars(select(AuditLog.action))) == {
        "policy.drafted",
        "policy.edited",
        "policy.deleted",
    }


def edit(one, version="9.1", changes=None):
    with transaction():
        policies.update_draft(one, version=version, changes=changes or {}, text="")


def test_a_used_version_is_never_rewritten(session, live):
    one = draft()
    activate(one)
    for used in (live, one):  # the one that was live, and the one that is
        with pytest.raises(policies.NotADraftError):
            edit(used, changes={"neutral": 1})
        with pytest.raises(policies.NotADraftError), transaction():
            policies.delete_draft(used)
        with pytest.raises(UsedPolicyError), transaction():
            session.get(ScorePolicy, used).definition = FIRST.to_json()
        with pytest.raises(UsedPolicyError), transaction():
            session.get(ScorePolicy, used).version = "other"
    assert service.policy_of(LATEST.version) == LATEST


def test_a_draft_may_change_and_become_live_in_one_go_but_not_after(session, live):
    one = draft()
    with transaction():
        policies.update_draft(one, version="9.1", changes={"neutral": 7}, text="")
        policies.activate(one)
    assert service.active_policy().neutral == 7


def test_activating_retires_the_live_one_and_writes_down_who_and_when(session, live):
    admin = factories.user(session, is_superuser=True).id
    session.commit()
    one = draft(changes=MORE_PLACE)
    with clock.set_to(NOON + timedelta(hours=1)):
        activate(one, instead_of=live, changed_by=admin)
    assert statuses(session) == {LATEST.version: "retired", "9.1": "active"}
    old, new = session.get(ScorePolicy, live), session.get(ScorePolicy, one)
    assert old.active_to == new.active_from == NOON + timedelta(hours=1)
    assert new.active_to is None
    assert service.active_policy().weights[1] == LATEST.weights[1] + 5
    last = policies.history()[0]
    assert (last.policy_id, last.previous_id, last.changed_by) == (one, live, admin)
    assert (last.kind, last.changed_at) == (PolicyChangeKind.ACTIVATED, NOON + timedelta(hours=1))


def test_activating_twice_or_instead_of_another_than_seen_is_refused(session, live):
    one, two = draft("9.1"), draft("9.2")
    activate(one, instead_of=live)
    with pytest.raises(policies.AlreadyLiveError):
        activate(one)
    with pytest.raises(policies.LiveChangedError, match=r"9\.1"):
        activate(two, instead_of=live)
    with pytest.raises(policies.PolicyNotFoundError):
        activate(987)
    assert statuses(session) == {LATEST.version: "retired", "9.1": "active", "9.2": "draft"}


def test_a_roll_back_is_one_step_and_can_be_rolled_back(session, live):
    with pytest.raises(policies.NothingToRollBackError), transaction():
        policies.roll_back()
    one = draft()
    activate(one)
    assert policies.version_before().id == live
    for back, kept in ((live, one), (one, live)):
        with transaction():
            policies.roll_back(instead_of=kept)
        assert service.active_policy_row().id == back
        assert session.get(ScorePolicy, kept).status is PolicyStatus.RETIRED
    with pytest.raises(policies.LiveChangedError), transaction():
        policies.roll_back(instead_of=live)
    kinds = [str(change.kind) for change in policies.history()]
    assert kinds == ["rolled_back", "rolled_back", "activated", "activated"]


def test_a_draft_that_the_product_no_longer_understands_does_not_become_live(session, live):
    one = draft()
    with transaction():
        session.get(ScorePolicy, one).definition = {"luck": 7}
    with pytest.raises(PolicyError):
        activate(one)
    assert service.active_policy() == LATEST


def test_the_database_itself_refuses_a_second_live_version(session, live):
    row = ScorePolicy(version="2", status=PolicyStatus.ACTIVE, definition=FIRST.to_json())
    with pytest.raises(IntegrityError), transaction():
        session.add(row)
    make_live = update(ScorePolicy).where(ScorePolicy.id == draft())
    with pytest.raises(IntegrityError), transaction():
        session.execute(make_live.values(status=PolicyStatus.ACTIVE))


@pytest.mark.parametrize("sees_live", [True, False], ids=["instead of what was seen", "whatever"])
def test_of_two_activations_at_once_one_wins_and_the_other_is_told(app, session, live, sees_live):
    drafts = [draft(f"9.{n}") for n in range(4)]
    session.rollback()
    gate = threading.Barrier(len(drafts))
    ended = []

    def go(policy_id):
        with app.app_context():
            gate.wait(10)
            try:
                activate(policy_id, instead_of=live if sees_live else None)
            except policies.LiveChangedError:
                ended.append("told")
            else:
                ended.append("live")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=go, args=(one,)) for one in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(ended) == (["live", *["told"] * 3] if sees_live else ["live"] * 4)
    found = statuses(session)
    assert list(found.values()).count("active") == 1
    changes = policies.history()[::-1]
    assert changes[-1].policy.version == next(v for v, s in found.items() if s == "active")
    for earlier, later in pairwise(changes):
        assert later.previous_id == earlier.policy_id  # each replaced the one before it
    assert session.scalar(select(func.count(PolicyChange.id))) == 1 + ended.count("live")


@pytest.mark.parametrize("backend", ["postgresql"])
def test_two_drafts_of_one_name_at_once_make_one(app, session, live, monkeypatch):
    """SQLite lets nobody in while another writes; there the second finds the name taken."""
    gate = threading.Barrier(2)
    check = policies._checked
    ended = []

    def check_and_wait(*args, **values):
        found = check(*args, **values)
        gate.wait(10)  # both have found the name free
        return found

    def go():
        with app.app_context():
            try:
                draft("9.1")
            except PolicyError as error:
                ended.append(error.problems[0].code)
            else:
                ended.append("made")
            finally:
                db.session.remove()

    monkeypatch.setattr(policies, "_checked", check_and_wait)
    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(ended) == ["made", "version_taken"]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("1.1", "1.1.1"),
        ("1.1.9", "1.1.10"),
        ("2024", "2024.1"),
        ("a" * 20, "a" * 18 + ".1"),
        ("x.y.z", "x.y.z.1"),
    ],
)
def test_the_next_name_follows_the_version_and_is_free(session, source, wanted):
    assert policies.suggested_version(source) == wanted
    draft(wanted)
    assert policies.suggested_version(source) not in {wanted, *(p.version for p in BUILT_IN)}


def test_people_whose_own_weights_a_policy_refuses_are_counted(session, live):
    narrow = draft(changes={"bounds.location.2": 40})
    for weights in (None, {}, own(30, 50), own(40, 40), {"skill_match": 100}):
        factories.user(session, profile={"weights": weights})
    factories.user(session, is_active=False, profile={"weights": own(30, 50)})
    session.commit()
    assert policies.people_outside_bounds(LATEST) == 0
    assert policies.people_outside_bounds(policies.rules_of(policies.get_policy(narrow))) == 1


def own(skill, location):
    return {
        "skill_match": skill,
        "location": location,
        "salary": 20,
        "experience": 0,
        "culture_fit": 0,
    }


def test_json_goes_out_and_in(session):
    assert policies.read_json(policies.export_json(LATEST)) == LATEST


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"1.1"',
        "{",
        "[" * 50_000,
        json.dumps({"version": 5}),
        json.dumps({"version": None}),
        json.dumps({"weights": [1, 2]}),
        json.dumps(LATEST.to_json() | {"bounds": dict.fromkeys(LATEST.to_json()["bounds"], 5)}),
        json.dumps(LATEST.to_json() | {"bounds": dict.fromkeys(LATEST.to_json()["bounds"], "ab")}),
        json.dumps(LATEST.to_json() | {"neutral": None}),
        json.dumps(LATEST.to_json() | {"neutral": 2.5}),
        json.dumps(LATEST.to_json() | {"neutral": True}),
        '{"neutral": NaN}',
        json.dumps({"parameters": {"level_credit": {"1": 2}}}),
        json.dumps({"parameters": {"level_credit": [1, [2], 3, 4, 5]}}),
        " " * 100_001,
    ],
)
def test_whatever_is_not_a_policy_is_refused_with_a_name(text):
    with pytest.raises(PolicyError) as caught:
        policies.read_json(text)
    assert caught.value.problems
