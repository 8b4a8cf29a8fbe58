"""Make small Excel workbooks without any library: a zip of a few XML files."""

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


class Raw(str):
    """A cell as XML: ``<v>5</v>`` with attributes before it, ``r`` excepted."""


def day(serial: int) -> Raw:
    """Return a cell that holds a date as Excel does: days since 1899-12-30 and a style."""
    return Raw(f's="1"><v>{serial}</v>')


def error(word: str) -> Raw:
    """Return a cell whose formula came to an error such as ``#REF!``."""
    return Raw(f't="e"><f>1/0</f><v>{word}</v>')


def formula(text: str, value: float) -> Raw:
    """Return a cell with a formula and what it last came to."""
    return Raw(f"><f>{escape(text)}</f><v>{value}</v>")


def _cell(column: int, line: int, value: object) -> str:
    place = f'<c r="{chr(65 + column)}{line}" '
    if value is None:
        return ""
    if isinstance(value, Raw):
        return f"{place}{value if '>' in value else '>' + value}</c>"
    if isinstance(value, int | float):
        return f"{place}><v>{value}</v></c>"
    return f'{place}t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'


def make(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    """Write a workbook with these sheets; a cell is a text, a number, None or ``Raw``."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        types = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" '
            f'ContentType="{_SHEET_TYPE}.worksheet+xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        book.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_SHEET_TYPE}.styles+xml"/>'
            f"{types}</Types>",
        )
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
            '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
        )
        names = "".join(
            f'<sheet name="{escape(name)}" sheetId="{n}" r:id="s{n}"/>'
            for n, name in enumerate(sheets, 1)
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{names}</sheets></workbook>',
        )
        links = "".join(
            f'<Relationship Id="s{n}" Type="{_LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        styles = f'<Relationship Id="st" Type="{_LINKS}/styles" Target="styles.xml"/>'
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships">{links}{styles}</Relationships>',
        )
        for n, table in enumerate(sheets.values(), 1):
            body = "".join(
                f'<row r="{line}">'
                + "".join(_cell(column, line, value) for column, value in enumerate(row))
                + "</row>"
                for line, row in enumerate(table, 1)
            )
            book.writestr(
                f"xl/worksheets/sheet{n}.xml",
                f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>',
            )
    return path
