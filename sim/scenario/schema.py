"""The JSON schema of a scenario: every key, its meaning, unit and bounds, for editors and for the manual."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from sim.scenario.models import Scenario
from sim.strategies import BUILT_IN
from sim.workloads import SCHEDULERS


def json_schema() -> dict[str, Any]:
    """JSON schema (2020-12) of a scenario.

    The parameters of each built-in strategy stand under `strategies`, of each scheduler under `workload.scheduler`.
    """
    plug_ins = (*BUILT_IN.values(), *SCHEDULERS.values())
    models = [(Scenario, "validation"), *((one, "validation") for one in plug_ins)]
    references, definitions = models_json_schema(models, ref_template="#/$defs/{model}")  # type: ignore[arg-type]
    parts = definitions["$defs"]
    schema: dict[str, Any] = parts.pop("Scenario")
    schema["properties"]["extends"] = {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        "description": "Scenarios to begin from, by name or by path from this file.",
    }
    schema["properties"]["strategies"]["properties"] = {
        name: references[(strategy, "validation")] for name, strategy in BUILT_IN.items()
    }
    parts["Workload"]["properties"]["scheduler"]["anyOf"] = [
        *(references[(one, "validation")] for one in SCHEDULERS.values()),
        {"type": "string"},
    ]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "$defs": parts}
