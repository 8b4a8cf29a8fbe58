"""Import jobs with django-import-export's bulk mode: ``python django_bulk.py FILE DATABASE``.

A process of its own, because Django is configured once a process. It stores the cells as they are,
recognises a job by its id and prints the seconds of the dry run and of the import as JSON: once as
bulk mode comes (``use_bulk``), once with all that its documentation advises for speed, which leaves
out what people would look at. Nothing of ours is imported here.
"""

import json
import sys
import time
from pathlib import Path


def main(file: Path, database: Path) -> None:
    """Create the table, then measure a dry run and an import of the file."""
    import django
    from django.conf import settings

    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(database)}},
        INSTALLED_APPS=["import_export"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()
    import tablib
    from django.db import connection, models
    from import_export import resources
    from import_export.instance_loaders import CachedInstanceLoader

    text = file.read_text(encoding="utf-8")
    names = text.partition("\n")[0].strip().split(",")

    class Job(models.Model):
        """One row of the file."""

        class Meta:
            """Belongs to no application of its own."""

            app_label = "jobs"

    for name in names:
        kind = models.CharField(max_length=255, unique=True) if name == "job_id" else None
        Job.add_to_class(name, kind or models.TextField(blank=True))

    class Usual(resources.ModelResource):
        """Bulk mode as it comes."""

        class Meta:
            """Nothing but what is needed."""

            model = Job
            fields = names
            import_id_fields = ("job_id",)
            use_bulk = True

    class Fast(resources.ModelResource):
        """Bulk mode with what is advised for large files."""

        class Meta:
            """No differences, known rows in memory."""

            model = Job
            fields = names
            import_id_fields = ("job_id",)
            use_bulk = True
            batch_size = 1_000
            skip_diff = True
            skip_html_diff = True
            skip_unchanged = True
            report_skipped = False
            instance_loader_class = CachedInstanceLoader

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")
    with connection.schema_editor() as editor:
        editor.create_model(Job)
    seconds: dict[str, float] = {}
    for way in (Usual, Fast):
        Job.objects.all().delete()
        for step, is_dry in (("dry run", True), ("import", False)):
            began = time.process_time()
            data = tablib.Dataset().load(text, format="csv")
            way().import_data(data, dry_run=is_dry, raise_errors=True)
            seconds[f"{way.__name__}, {step}"] = time.process_time() - began
    print(json.dumps({"seconds": seconds, "rows": Job.objects.count()}))  # noqa: T201 # its answer


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
