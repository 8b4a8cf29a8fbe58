"""What a team would write instead of the engine, each giving the same forty where it is exact.

`in_python` is the loop over pairs, `in_sql` one statement a person, `in_pandas` arithmetic on a
DataFrame a person, `in_numpy` the same on plain columns, `retrieving` asks an embedding for
candidates first and is not exact. All but the loop are **given** how close each job's title and
text are to the person's titles, as points computed by the product and not counted: the ratios
are too kind to them, by the most expensive part of the formula.
"""
