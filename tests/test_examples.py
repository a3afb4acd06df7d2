"""What the README and the notebooks show, run."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def run_python(code: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_first_block_of_the_readme_runs(tmp_path: Path) -> None:
    printed = run_python("if __name__ == '__main__':\n" + indented(BLOCKS[0]), tmp_path)
    assert "sunlit" in printed
    assert "difference" in printed


def test_strategy_of_the_readme_runs_from_a_folder_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(BLOCKS[1])
    command = (
        "sys.argv = ['orbitfleet', 'run', 'suncatcher_81', '--strategy', 'mine:Patient', '--years', '1', '--json']"
    )
    printed = run_python(f"import sys; {command}; from sim.cli import main; main()", tmp_path)
    assert '"strategy": "mine:Patient"' in printed


def test_strategy_of_the_examples_runs_from_its_folder(tmp_path: Path) -> None:
    line = ["run", "baseline", "--strategy", "hold_the_line:HoldTheLine", "--years", "2", "--set", "workload.jobs=[]"]
    line += ["--set", "reliability.bus={kind: exponential, rate_per_year: 0.1}"]
    command = f"import sys; sys.argv = {['orbitfleet', *line, '--json', '--out', str(tmp_path / 'out')]}"
    printed = run_python(f"{command}; from sim.cli import main; main()", ROOT / "docs" / "examples")
    found = json.loads(printed)["metrics"]
    # Of 80 satellites some 15 are lost: as soon as a twentieth of the slots is empty, a flight goes to one plane.
    assert 1 <= found["launches"]["mean"] < found["satellites_launched"]["mean"] < 15


def indented(code: str) -> str:
    return "".join("    " + line for line in code.splitlines(keepends=True))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_holds_no_output_and_matches_its_script(path: Path) -> None:
    import jupytext

    notebook, script = jupytext.read(path), jupytext.read(path.with_suffix(".py"))
    assert [cell.source for cell in notebook.cells] == [cell.source for cell in script.cells]
    assert not any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_runs(path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "jupyter", "execute", str(path), f"--output={tmp_path / path.name}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
