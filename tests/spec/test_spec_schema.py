"""The published schema, and the promise that bad input is answered at once."""

import subprocess
import sys

from raylth.spec import json_schema


def test_the_schema_describes_files_as_written() -> None:
    schema = json_schema()
    assert set(schema["properties"]) >= {"base", "name", "grid", "training"}
    assert schema["additionalProperties"] is False
    assert "required" not in schema
    axes = schema["properties"]["grid"]["propertyNames"]["enum"]
    assert {"momentum", "training.momentum", "crop", "data.name"} <= set(axes)
    assert "name" not in axes


def test_specs_import_nothing_heavy() -> None:
    script = (
        "import sys, raylth.spec; sys.exit(bool({'torch', 'numpy', 'pyarrow', 'ray', 'pandas'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
