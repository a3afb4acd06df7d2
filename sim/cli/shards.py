"""Where a study is computed: here, on a cluster or in shards; and the command that merges these."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.options import AllowCode, Force, Json, command_line
from sim.cli.output import finish, print_json
from sim.cli.progress import progress
from sim.cli.screen import say
from sim.errors import InputError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from sim.experiment.shards import Shard
    from sim.scenario import Scenario


def shard_named(text: str | None, **others: object) -> Shard | None:
    """The shard of an option; `others`: options that need the whole study, by name."""
    if text is None:
        return None
    from sim.experiment.shards import Shard

    if given := [name for name, value in others.items() if value]:
        raise typer.BadParameter(f"--{given[0]} needs the whole study: not with --shard", param_hint="--shard")
    try:
        return Shard.named(text)
    except InputError as error:
        raise typer.BadParameter(str(error), param_hint="--shard") from error


@contextmanager
def executor_at(cluster: str | None, workers: int | None) -> Iterator[Executor | None]:
    """The executor of `--cluster`; none: processes of this machine."""
    if cluster is None:
        yield None
        return
    if workers is not None:
        raise typer.BadParameter("is for processes of this machine: not with --cluster", param_hint="--workers")
    from sim.experiment import on_cluster

    with on_cluster(cluster) as executor:
        yield executor


def run_shard(
    scenario: Scenario,
    strategies: list[str],
    replicates: int,
    seed: int,
    shard: Shard,
    *,
    as_json: bool,
    **options: Any,
) -> None:
    """Simulate a shard and say what to do with it."""
    from sim.experiment.shards import simulate_shard

    with progress(as_json) as show:
        done = simulate_shard(scenario, strategies, replicates, seed, shard, progress=show, **options)
    if as_json:
        print_json({"scenario": scenario.name, "seed": seed, **done.to_json(), "out": str(done.folder)})
        return
    say(f"Shard {shard}: {done.done} of {len(strategies) * replicates} replicates in {done.folder}")
    say("When all shards are there: orbitfleet merge DIR... --out DIR")


def merge(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="The folders of all shards.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Output folder of the study.")],
    force: Force = False,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Make one study of its shards, the same as one command would have made."""
    from sim.experiment.shards import merge as merged

    study = merged(folders, out, force=force, allow_code=allow_code, command=command_line())
    finish(study, as_json)
