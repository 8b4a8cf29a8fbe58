"""Garbage collected while sessions let go of their objects: the interpreter lives."""

import subprocess
import sys

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from jobscore.accounts.models import User
from jobscore.mapped_states import NAMES

#: Each round lets go of objects that are garbage in cycles, with a collection at another step.
#: One state first uses a name of its own, as any page may: with no room kept, the last is gone.
LETTING_GO = """
import gc
import sys

from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.orm.state import InstanceState

if sys.argv[1] == "with room":
    import jobscore.extensions


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with engine.begin() as connection:
    connection.execute(Thing.__table__.insert(), [{"id": n} for n in range(1, 201)])
for turn in range(200):
    session = Session(engine)
    gc.disable()
    things = session.scalars(select(Thing)).all()
    states = [thing._sa_instance_state for thing in things]
    for thing in things:
        thing.__dict__["itself"] = thing
    if turn == 0:
        states[0].a_name_of_its_own = None
    del things, thing
    gc.set_threshold(gc.get_count()[0] + 1 + turn % 60)
    gc.enable()
    InstanceState._detach_states(states, session)
    del states
print("alive")
"""


def _let_go(how: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LETTING_GO, how], capture_output=True, text=True, timeout=120
    )


def test_a_collection_in_the_middle_of_letting_go_does_no_harm() -> None:
    done = _let_go("with room")
    assert done.stdout == "alive\n", done.stderr
    assert done.returncode == 0


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 has no such fault")
def test_without_the_room_this_python_dies() -> None:
    """When this fails, the room is not needed any more (or the test above cannot fail)."""
    assert _let_go("without").returncode < 0


def test_every_name_that_sqlalchemy_uses_has_room(session: Session) -> None:
    user = User(email="room@example.jp", hashed_password="-")
    session.add(user)
    session.flush()
    session.expire(user)
    session.scalars(select(User)).all()
    names = set(vars(inspect(user)))
    session.delete(user)
    session.flush()
    names |= set(vars(inspect(user)))
    assert names - set(NAMES) <= {"mapper"}
