"""Files that were probably meant."""

from pathlib import Path

import pytest

from sim.files import nearest_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("own/fleet.yaml", "own/fleet.csv", "own/second fleet.yaml", "other/thing.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("given", "endings", "meant"),
    [
        ("own/fleat.yaml", (), "own/fleet.yaml"),
        ("own/fleat.csv", (), "own/fleet.csv"),
        ("own/fleat.csv", (".yaml",), "own/fleet.yaml"),
        ("own/fleet", (".yaml",), "own/fleet.yaml"),
        ("onw/fleat.yaml", (), "own/fleet.yaml"),
        ("othr", (), "other"),
        ("own/rocket.yaml", (), None),
        ("elsewhere/fleet.yaml", (), None),
        ("own/a\0b.yaml", (), None),
    ],
)
def test_what_a_path_that_leads_nowhere_was_meant_to_be(folder, given, endings, meant) -> None:
    expected = "" if meant is None else f"; did you mean {str(folder / meant)!r}?"
    assert nearest_file(folder / given, endings) == expected
