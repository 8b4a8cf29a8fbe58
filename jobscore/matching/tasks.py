"""The worker's share: take a waiting run, backtest or effect of an import; finish it.

What a vanished worker left behind is taken too.
"""

from jobscore import background
from jobscore.database.transaction import transaction
from jobscore.imports import prospects
from jobscore.imports.running import worker_name
from jobscore.matching import backtesting, import_effects, runs


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


@background.task("import effects")
def import_effect_waiting() -> bool:
    """Take one checked import and say whose lists it would change; tell whether there was one."""
    worker = worker_name()
    check_id = prospects.claim_effect(worker)
    if check_id is None:
        return False
    import_effects.run(check_id, worker)
    return True
