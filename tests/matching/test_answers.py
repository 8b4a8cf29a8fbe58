"""What people answer to a match: reasons, undo that restores, companies in any spelling."""

import pytest

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.matching import answers, gates
from jobscore.matching.models import Feedback, FeedbackKind, HideReason, MatchStatus, Outcome
from tests import factories
from tests.matching.matches import NOON, TODAY, match

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def one(session, person):
    with transaction():
        return match(session, person)


def hidden_gate(person):
    return gates.gates_of([person], TODAY)[person].jobs.get("hidden", frozenset())


def test_a_reason_told_later_goes_to_the_same_answer(session, person, one):
    with transaction():
        first = answers.hide(one)
        assert (first.kind, first.reason) == (FeedbackKind.HIDE, None)
        second = answers.hide(one, HideReason.PAY, "950円では生活できない")
    assert second.id == first.id
    assert (second.kind, second.reason) == (FeedbackKind.NOT_INTERESTED, HideReason.PAY)
    assert second.note == "950円では生活できない"
    assert hidden_gate(person) == {one.job_id}


def test_hiding_again_without_a_reason_keeps_the_one_that_was_told(session, one):
    with transaction():
        answers.hide(one, HideReason.WORK)
        assert answers.hide(one).reason == HideReason.WORK


def test_a_note_has_at_most_two_hundred_characters(session, one):
    with transaction(), pytest.raises(answers.NoteTooLongError):
        answers.hide(one, HideReason.OTHER, "あ" * 201)
    with transaction():
        answers.hide(one, HideReason.OTHER, "あ" * 200)


@pytest.mark.parametrize(
    ("before", "status"),
    [
        ([], MatchStatus.PENDING),
        ([answers.save], MatchStatus.SAVED),
    ],
    ids=["untouched", "saved"],
)
def test_undoing_brings_back_what_was_before(session, person, one, before, status):
    with transaction():
        for act in before:
            act(one)
        answer = answers.hide(one, HideReason.TOO_FAR)
        assert one.match_status is MatchStatus.DISMISSED
        answers.undo(answer)
    assert one.match_status is status
    assert hidden_gate(person) == frozenset()
    with transaction():
        again = answers.redo(answer)
        assert answers.redo(again) == again
    assert again.id != answer.id  # runs look at what was said since the one before
    assert (one.match_status, again.reason) == (MatchStatus.DISMISSED, HideReason.TOO_FAR)


def test_a_company_is_blocked_and_let_in_again_however_its_name_is_written(session, person):
    with transaction():
        first, second = (
            match(session, person, job=factories.job(session, company_name=name))
            for name in ("ABC Foods", "ＡＢＣ foods")
        )
        answers.block_company(first)
    given = answers.given(person, [])
    assert given.is_blocked("ＡＢＣ foods")
    assert not given.is_blocked("ABC Books")
    with transaction():
        answers.unblock_company(second)
    assert answers.given(person, []).companies == frozenset()


def test_notes_of_an_application_outlive_a_slip(session, one):
    with transaction():
        answers.mark_applied(one)
        one.application_notes, one.application_outcome = "Ms Tanaka", Outcome.INTERVIEW
        answers.unmark_applied(one)
        answers.mark_applied(one)
    assert (one.application_notes, one.application_outcome) == ("Ms Tanaka", Outcome.INTERVIEW)
    assert one.applied_on == TODAY


def test_it_is_asked_once_until_it_is_answered(session, person, one):
    assert answers.to_ask(person) is None
    with transaction():
        answers.note_apply_click(one)
    assert answers.to_ask(person) == one
    with transaction():
        answers.ask_later(one)
    assert answers.to_ask(person) is None
    with clock.set_to(NOON.replace(day=3)):
        assert answers.to_ask(person) == one
    with transaction():
        answers.ask_again(one)
        assert answers.to_ask(person) == one
        answers.mark_applied(one)
    assert answers.to_ask(person) is None


def test_the_answers_of_others_are_not_found(session, person, one):
    with transaction():
        stranger = factories.user(session).id
        answer = answers.hide(one)
    with pytest.raises(answers.FeedbackNotFoundError):
        answers.get_feedback(stranger, answer.id)
    assert session.get(Feedback, answer.id).undone_at is None
