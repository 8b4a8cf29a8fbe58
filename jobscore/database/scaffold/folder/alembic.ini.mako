# alembic -c FOLDER/alembic.ini upgrade head
[alembic]
script_location = %(here)s
prepend_sys_path = .
path_separator = os
timezone = UTC
# The environment variable DATABASE_URL goes before this line: keep passwords there.
sqlalchemy.url = ADDRESS

[loggers]
keys = root,alembic

[handlers]
keys = console

[formatters]
keys = plain

[logger_root]
level = WARNING
handlers = console
qualname =

[logger_alembic]
level = INFO
handlers =
qualname = alembic

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = plain

[formatter_plain]
format = %(levelname)-5.5s [%(name)s] %(message)s
