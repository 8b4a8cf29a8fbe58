"""The worker's share: take a waiting run or backtest, or one whose worker vanished; finish it."""

from jobscore import background
from jobscore.database.transaction import transaction
from jobscore.matching import backtesting, runs


@background.task("matching")
def match_waiting() -> bool:
    """Take one run and finish it, committing per block; tell whether there was one."""
    with transaction():
        run_id = runs.next_waiting()
    if run_id is None:
        return False
    try:
        runs.execute(run_id)
    except runs.RunTakenError:
        return False
    return True


@background.task("backtests")
def backtest_waiting() -> bool:
    """Take one backtest and finish it; tell whether there was one."""
    with transaction():
        run_id = backtesting.next_waiting()
        if run_id is None:
            return False
        backtesting.claim(run_id)
    try:
        backtesting.execute(run_id)
    except runs.RunTakenError:
        return False
    return True
