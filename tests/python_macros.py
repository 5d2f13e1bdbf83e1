"""The Python macros, for tests: loaded by file, under a name of their own.

dbt imports them by their plain names from its own copy of the project. A test that put their folder on
`sys.path` would hand the originals to every dbt that is forked from its process.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).resolve().parents[1] / "macros" / "python"


def python_macro(name: str) -> ModuleType:
    """The module `macros/python/NAME.py`."""
    spec = importlib.util.spec_from_file_location(f"python_macro_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module
