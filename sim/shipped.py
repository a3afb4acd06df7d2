"""The scenarios that come with the program, by name; light to import, for the completion of names in a shell."""

from __future__ import annotations

from pathlib import Path


def shipped() -> dict[str, Path]:
    """The complete scenarios that come with the program, by name."""
    return {path.stem: path for path in sorted(_configs().glob("*.yaml"))}


def shipped_overlays() -> dict[str, Path]:
    """The overlays that come with the program, by name: `overlays/pause`; launch vehicles: `vehicles/electron`."""
    overlays = {f"overlays/{path.stem}": path for path in sorted(_configs().glob("overlays/*.yaml"))}
    return overlays | {f"vehicles/{path.stem}": path for path in sorted(_configs().glob("overlays/vehicles/*.yaml"))}


def validation_cases() -> dict[str, Path]:
    """Complete scenarios that are there to be compared with what is published, by name: `validation/mccalip_orbit`."""
    return {f"validation/{path.stem}": path for path in sorted(_configs().glob("validation/*.yaml"))}


def validation_case(name: str) -> Path:
    """The file of a validation case that comes with the program."""
    return _configs() / "validation" / f"{name}.yaml"


def shipped_studies() -> dict[str, Path]:
    """The study files that come with the program, by name: `studies/launch_price`."""
    return {f"studies/{path.stem}": path for path in sorted(_configs().glob("studies/*.yaml"))}


def _configs() -> Path:
    """The folder of shipped scenarios: inside an installed package, or at the root of a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "_configs"
    return installed if installed.is_dir() else package.parent / "configs"
