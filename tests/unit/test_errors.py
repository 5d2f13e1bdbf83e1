"""One base for all that a person can act on."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path

import tolerance
from tolerance.errors import ToleranceError


def test_the_sentence_tells_what_is_wrong_and_then_what_to_do() -> None:
    assert str(ToleranceError("STATE is full", "make room and run again.")) == (
        "STATE is full: make room and run again."
    )
    assert str(ToleranceError("Nothing is published yet.")) == "Nothing is published yet."


def test_an_error_of_a_child_process_comes_back_whole() -> None:
    error = ToleranceError("the file is bad", "deliver it again.")

    back = pickle.loads(pickle.dumps(error))

    assert (back.what, back.remedy, str(back)) == (error.what, error.remedy, str(error))


_OF_A_RECORD_OR_FILE = {
    "ArchiveTooDenseError",
    "BadFieldError",
    "FileRefusedError",
    "TooCostlyError",
    "UndecodableError",
}
"""They end in quarantine or in a load record, and never reach a person as a fault."""

_TRIED_AGAIN = {"FailedError", "_WaitingError"}
"""A request to a CRM, which ends in the journal; a file still being written, left to the next look."""


def test_every_fault_has_the_one_base() -> None:
    package = Path(str(tolerance.__path__[0]))
    without = {
        node.name
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and "Exception" in {ast.unparse(base) for base in node.bases}
    }
    assert without == {"ToleranceError"} | _OF_A_RECORD_OR_FILE | _TRIED_AGAIN
