"""A header names a field as a whole or not at all."""

import pytest

from jobscore.imports.columns import COLUMNS, field_named, header_key
from jobscore.imports.mapping import columns_of


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["Job Title", "Company Name", "Location", "Salary Estimate"],
         {"title": 0, "company": 1, "location": 2, "salary": 3}),
        (["企業名", "キャッチコピー", "ステータス", "初年度年収"],
         {"company": 0, "title": 1, "employment_type": 2, "salary": 3}),
        (["", "会社名", "タイトル名", "項目C"], {"company": 1, "title": 2}),
        (["jobTitle", "hiring_organization", "給与(円)"], {"title": 0, "company": 1, "salary": 2}),
        (["role", "job title"], {"title": 1}),
        (["title", "title"], {"title": 0}),
        (["salary note", "my title is", "company profile"], {}),
    ],
)  # fmt: skip
def test_headers_are_mapped(header: list[str], expected: dict[str, int]) -> None:
    assert columns_of(header) == expected


def test_no_name_means_two_fields() -> None:
    seen: dict[str, str] = {}
    for column in COLUMNS:
        for name in column.names:
            key = header_key(name)
            assert seen.setdefault(key, column.field) == column.field, name


def test_every_field_is_found_by_its_own_name() -> None:
    for column in COLUMNS:
        found = field_named(column.field)
        assert found is not None
        assert found[0] == column.field
