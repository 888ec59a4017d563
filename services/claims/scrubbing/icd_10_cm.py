"""ICD-10-CM as a file of codes, out of the library that carries it.

The library takes seconds and a lot of memory to import, so it is imported when the file is asked
for: by the command that loads it, never by the server.
"""

import csv
import io
import warnings
from collections.abc import Iterator
from importlib import import_module

FILE_NAME = "simple-icd-10-cm"
EDITION = "April 2026"
SOURCE = "ICD-10-CM, CDC/NCHS, as in simple-icd-10-cm 1.5.0"


def icd_10_cm_file() -> Iterator[bytes]:
    """Every category and code with its description; only the most specific may be billed."""
    with warnings.catch_warnings():  # it reads its own data by a function that is on its way out
        warnings.simplefilter("ignore", DeprecationWarning)
        library = import_module("simple_icd_10_cm")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("code", "label", "is_billable"))
    for code in dict.fromkeys(library.get_all_codes(False)):  # a block of one category is twice
        if library.is_category_or_subcategory(code):
            is_billable = "1" if library.is_leaf(code) else "0"
            writer.writerow((code, library.get_description(code), is_billable))
        if text.tell() > _CHUNK_CHARACTERS:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


_CHUNK_CHARACTERS = 1 << 18
