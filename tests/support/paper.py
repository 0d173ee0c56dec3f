"""What a browser prints."""

from __future__ import annotations

from io import BytesIO
from unicodedata import normalize

from pypdf import PdfReader


def sheets(page, **options) -> list[str]:
    """The words on each sheet of paper, A4 unless told otherwise.

    Spaces and ends of lines are one space each, and ligatures the letters that they are of.
    """
    printed = PdfReader(BytesIO(page.pdf(**{"format": "A4"} | options)))
    return [normalize("NFKC", " ".join(sheet.extract_text().split())) for sheet in printed.pages]
