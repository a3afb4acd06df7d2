"""Where figures are from: what a source may say, what it names, and when it stops vouching for a figure."""

from typing import get_args

import pytest
from pydantic import ValidationError

import sim
from sim.environment.cache import key_of
from sim.errors import ScenarioError
from sim.parameters import BELIEFS, TAGS, Belief, Parameters, Source, Tag
from sim.scenario import load, resolved_yaml, sha256_of, tally

BASE = """
extends: baseline
sources:
  satellite.mass_kg: {tag: S, source: a paper, low: 500, high: 900, law: triangular}
  satellite.propulsion: {tag: A, source: one guess for all of it}
  satellite.propulsion.isp_s: {tag: C, source: from thrust and power, low: 1000, high: 2000}
  satellite.array.mount: {tag: A, source: it turns}
  reliability.gpu: {tag: A, source: mild}
  reliability.gpu.constant_per_year: {tag: A, source: 'upper bound .09', low: 0.01, high: 0.09, law: log_uniform}
  constellation.shells.0.altitude_km: {tag: R, source: a filing}
  power.migration_gb_per_gpu: {tag: A, source: a default that a file vouches for}
"""


@pytest.fixture
def file(tmp_path):
    def make(text, name="twin.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return make


@pytest.fixture
def base(file):
    return file(BASE, "base.yaml")


def by_path(*files, set_=()):
    return {figure.path: figure for figure in sim.sources(load(*files, set_=set_))}


def faults(*files, set_=()):
    with pytest.raises(ScenarioError) as caught:
        load(*files, set_=set_)
    return caught.value.faults


# What a source may say


def test_tags_and_laws_of_belief_all_have_a_meaning():
    assert get_args(Tag) == tuple(TAGS)
    assert get_args(Belief) == tuple(BELIEFS)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"low": 3, "high": 2}, r"low \(3\) must not exceed high \(2\)"),
        ({"law": "uniform", "low": 1}, "law 'uniform' needs low and high"),
        ({"law": "log_uniform", "low": 0, "high": 1}, "must be above 0"),
        ({"law": "beta", "low": 0, "high": 1}, "'uniform', 'log_uniform', 'triangular' or 'normal'"),
        ({"tag": "Q"}, "'P', 'S', 'S2'"),
        ({"source": ""}, "at least 1 character"),
        ({"low": float("inf")}, "finite"),
    ],
)
def test_a_source_that_makes_no_sense_is_refused(given, problem):
    with pytest.raises(ValidationError, match=problem):
        Source.model_validate({"tag": "A", "source": "x", **given})


@pytest.mark.parametrize(
    ("entry", "path", "value", "problem"),
    [
        ("satellite.mas_kg: {tag: A, source: x}", "satellite.mas_kg", None, "did you mean 'satellite.mass_kg'?"),
        ("satellite.gpus.3: {tag: A, source: x}", "satellite.gpus.3", None, "names no field of the scenario"),
        ("constellation.shells.7: {tag: A, source: x}", "constellation.shells.7", None, "names no field"),
        ("satellite.mass_kg: {tag: A, source: x, low: 800}", "satellite.mass_kg.low", 800, "must be <= 740"),
        ("satellite.mass_kg: {tag: A, source: x, high: 7}", "satellite.mass_kg.high", 7, "must be >= 740"),
        ("satellite.gpu: {tag: A, source: x, low: 1}", "satellite.gpu.low", 1, "a range needs a number"),
        ("satellite.radiator.area_m2: {tag: A, source: x, high: 9}", "satellite.radiator.area_m2.high", 9, "'sized'"),
        ("radiation.solar_protons: {tag: A, source: x, low: 0}", "radiation.solar_protons.low", 0, "is true"),
        ("satellite.mass_kg: {tag: B, source: x}", "satellite.mass_kg.tag", "B", "must be 'P'"),
        ("satellite.mass_kg: {source: x}", "satellite.mass_kg.tag", None, "is missing"),
        ("satellite.mass_kg: {tag: A}", "satellite.mass_kg.source", None, "is missing"),
        ("satellite.mass_kg: {tag: A, sourc: x, source: y}", "satellite.mass_kg.sourc", "x", "did you mean 'source'?"),
        ("satellite.mass_kg: {tag: A, source: 7}", "satellite.mass_kg.source", 7, "must be text"),
    ],
)
def test_a_fault_names_file_line_path_and_what_is_allowed(file, entry, path, value, problem):
    path_of_file = file(f"extends: baseline\nsources:\n  {entry}\n")
    (fault,) = faults(path_of_file)
    assert fault.file == str(path_of_file)
    assert fault.path == f"sources.{path}"
    assert fault.value == value
    assert problem in fault.problem
    assert "(line 3)" in fault.problem


def test_sources_that_are_no_mapping_are_one_fault(file):
    (fault,) = faults(file("extends: baseline\nsources: [1, 2]\n"))
    assert fault.path == "sources"
    (fault,) = faults("baseline", set_=["sources.satellite.mass_kg.tag=A"])
    assert "stated in a file" in fault.problem


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("factory.satellites_per_year", "{first_per_year: 5, last_per_year: 60, years: 1}"),
        ("launch.vehicle.success_probability", "{flights: 600, failures: 3}"),
    ],
)
def test_a_figure_with_a_range_may_give_way_to_a_mapping(path, value):
    changed = by_path("baseline", "overlays/ground_stock", set_=[f"{path}={value}"])[path]
    assert (changed.tag, changed.low, changed.source) == (None, None, "set by --set, no source given")


# What is listed


def test_every_number_is_listed_once_with_what_is_said_of_it(base):
    found = by_path(base)
    mass = found["satellite.mass_kg"]
    assert (mass.value, mass.tag, mass.source) == (740, "S", "a paper")
    assert (mass.low, mass.high, mass.law) == (500, 900, "triangular")
    assert (found["satellite.array.mount"].value, found["satellite.array.mount"].tag) == ("two_axis", "A")
    assert found["constellation.shells.0.eccentricity"].source == "default, no source given"
    assert "light.shadow" not in found  # not a number, and nobody says where it is from


def test_a_source_of_a_part_stands_for_the_figures_inside_that_have_none(base):
    found = by_path(base)
    assert found["satellite.propulsion"].value["lethal_size_cm"] == 1
    assert "isp_s" not in found["satellite.propulsion"].value
    assert "satellite.propulsion.lethal_size_cm" not in found
    assert found["satellite.propulsion.isp_s"].tag == "C"


def test_figures_that_a_later_design_has_from_the_first_are_left_out(file, base):
    extra = file(
        "designs: {late: {gpus: 72, gpu: {idle_w: 90}}}\nsources: {designs.late.gpus: {tag: A, source: twice}}\n"
    )
    found = by_path(base, extra)
    assert [path for path in found if path.startswith("designs.")] == [
        "designs.late.gpus",
        "designs.late.gpu.idle_w",
        "designs.late.available_from_day",
    ]
    assert found["designs.late.gpus"].tag == "A"


def test_lists_mappings_and_strategies_are_named_by_path(file):
    text = """
extends: baseline
reliability:
  gpu: {kind: piecewise_constant, years: [0, 1], rates_per_year: [0.1, 0.2]}
  groups: {host: {law: {kind: exponential, rate_per_year: 0.01}}}
sources:
  reliability.gpu.rates_per_year: {tag: C, source: a life table}
  reliability.groups.host.law.rate_per_year: {tag: A, source: x, low: 0.001, high: 0.1}
  strategies.batch.reorder_point: {tag: A, source: x}
  workload.jobs.0.count: {tag: C, source: x}
"""
    found = by_path(file(text))
    assert found["reliability.gpu.rates_per_year"].value == [0.1, 0.2]
    assert found["reliability.groups.host.law.rate_per_year"].high == 0.1
    assert found["strategies.batch.reorder_point"].tag == "A"
    assert found["workload.jobs.0.count"].value == 72


def test_the_tally_counts_what_is_listed(base):
    figures = sim.sources(load(base))
    found = tally(figures)
    assert found["with_source"] + found["without"] == len(figures)
    assert found["with_source"] == sum(found["tags"].values())
    assert found["with_range"] >= 3


def models_of(model):
    yield model
    for sub in model.__subclasses__():
        yield from models_of(sub)


def test_the_sources_of_defaults_hold_for_the_defaults():
    count = 0
    for model in models_of(Parameters):
        for name, field in model.model_fields.items():
            extra = field.json_schema_extra or {}
            default = field.get_default(call_default_factory=True, validated_data={})
            cited = {(): extra["source"]} if "source" in extra else {}
            cited |= {tuple(path.split(".")): given for path, given in extra.get("sources", {}).items()}
            for path, given in cited.items():
                source = Source.model_validate(given)
                value = default
                for key in path:
                    value = value[key] if isinstance(value, dict) else getattr(value, key)
                assert source.low is None or source.low <= value, f"{model.__name__}.{name}"
                assert source.high is None or value <= source.high, f"{model.__name__}.{name}"
                count += 1
    assert count > 100


def test_a_default_has_its_source_until_it_is_changed(base):
    default = by_path(base)["satellite.links.mtbf_h"]
    assert (default.tag, default.low, default.high, default.default) == ("A", 100, 5000, True)
    effect = by_path(base)["radiation.effects.memory_error.rad_per_event"]
    assert (effect.tag, effect.value, effect.default) == ("S2", 44, True)
    changed = by_path(base, set_=["satellite.links.mtbf_h=400", "radiation.effects.memory_error.rad_per_event=45"])
    assert changed["satellite.links.mtbf_h"].source == "no source given"
    assert changed["radiation.effects.memory_error.rad_per_event"].tag is None


# When a source stops vouching


def test_a_changed_figure_loses_its_source_and_its_range(base):
    found = by_path(base, set_=["satellite.mass_kg=950"])["satellite.mass_kg"]
    assert (found.value, found.tag, found.source) == (950, None, "set by --set, no source given")
    assert (found.low, found.high, found.law) == (None, None, None)


def test_an_overlay_is_named_by_its_file(file, base):
    found = by_path(base, file("satellite: {mass_kg: 600}\n", "lighter.yaml"))["satellite.mass_kg"]
    assert (found.tag, found.source) == (None, "set in lighter.yaml, no source given")


def test_the_last_who_changes_it_is_named(file, base):
    lighter = file("satellite: {mass_kg: 600}\n", "lighter.yaml")
    found = by_path(base, lighter, set_=["satellite.mass_kg=601"])["satellite.mass_kg"]
    assert found.source == "set by --set, no source given"


def test_the_same_value_again_keeps_its_source(file, base):
    assert by_path(base, file("satellite: {mass_kg: 740.0}\n"))["satellite.mass_kg"].tag == "S"
    assert by_path(base, set_=["satellite.mass_kg=740"])["satellite.mass_kg"].tag == "S"


def test_a_layer_with_a_source_of_its_own_replaces_all_of_the_old_one(file, base):
    overlay = file("satellite: {mass_kg: 90}\nsources: {satellite.mass_kg: {tag: C, source: a sum}}\n")
    found = by_path(base, overlay)["satellite.mass_kg"]
    assert (found.tag, found.source, found.low, found.high) == ("C", "a sum", None, None)


def test_one_figure_of_a_part_loses_the_source_of_the_part(base):
    found = by_path(base, set_=["satellite.propulsion.lethal_size_cm=2"])
    assert found["satellite.propulsion.lethal_size_cm"].tag is None
    assert found["satellite.propulsion"].tag == "A"
    assert "lethal_size_cm" not in found["satellite.propulsion"].value


def test_a_default_that_a_file_vouches_for_can_be_changed_too(base):
    assert by_path(base)["power.migration_gb_per_gpu"].tag == "A"
    assert by_path(base, set_=["power.migration_gb_per_gpu=7"])["power.migration_gb_per_gpu"].tag is None


def test_another_kind_takes_the_sources_of_the_old_ones_parameters_away(base):
    found = by_path(base, "overlays/high_gpu_failure", set_=["reliability.gpu.rate_per_year=0.08"])
    assert "reliability.gpu.constant_per_year" not in found
    assert [path for path in found if path.startswith("reliability.gpu.") and found[path].tag is not None] == []
    by_set = by_path(base, set_=["reliability.gpu.kind=exponential", "reliability.gpu.rate_per_year=0.08"])
    assert by_set["reliability.gpu"].tag is None
    assert by_set["reliability.gpu"].source == "set by --set, no source given"


def test_the_source_of_a_part_covers_the_figures_that_its_layer_changes(file, base):
    text = "reliability: {gpu: {constant_per_year: 0.2}}\nsources: {reliability.gpu: {tag: R, source: new}}\n"
    found = by_path(base, file(text))
    assert found["reliability.gpu"].tag == "R"
    assert found["reliability.gpu"].value["constant_per_year"] == 0.2
    assert "reliability.gpu.constant_per_year" not in found  # the old source does not vouch for the new figure


def test_a_list_that_is_replaced_keeps_the_sources_of_what_is_the_same(file, base):
    shell = "{kind: walker, altitude_km: %g, inclination_deg: 53, planes: 4, satellites_per_plane: 20}"
    same = file("constellation: {shells: [" + shell % 550 + "]}\n", "same.yaml")
    other = file("constellation: {shells: [" + shell % 600 + "]}\n", "other.yaml")
    path = "constellation.shells.0.altitude_km"
    assert by_path(base, same)[path].tag == "R"
    assert by_path(base, other)[path].source == "set in other.yaml, no source given"
    polar = "{kind: sun_synchronous, altitude_km: 550, ltan_h: 6, satellites_per_plane: 20}"
    assert by_path(base, file("constellation: {shells: [" + polar + "]}\n"))[path].tag is None


def test_what_a_null_takes_away_takes_its_source_along(file):
    text = "extends: baseline\nsources: {radiation.effects.latch_up.rad_per_event: {tag: A, source: x}}\n"
    known = file(text, "known.yaml")
    assert "radiation.effects.latch_up.rad_per_event" in by_path(known)
    gone = file("radiation: {effects: {latch_up: null}}\n", "gone.yaml")
    assert not [path for path in by_path(known, gone) if "latch_up" in path]


# What does not depend on it


def test_a_resolved_scenario_says_the_same_and_reads_back(base, file):
    scenario = load(base, set_=["satellite.mass_kg=950"])
    again = load(file(resolved_yaml(scenario), "resolved.yaml"))
    assert again == scenario
    assert sim.sources(again) == sim.sources(scenario)


def test_neither_the_study_nor_its_tables_depend_on_sources(base):
    bare = load("baseline").model_copy(update={"sources": {}})
    cited = load(base)
    assert cited.sources
    assert sha256_of(cited) == sha256_of(bare)
    assert key_of(cited) == key_of(bare)


def test_what_a_design_takes_over_changes_with_the_first_and_loses_its_source(file):
    text = (
        "extends: baseline\ndesigns: {b: {mass_kg: 900}}\nsources: {designs.b.gpus: {tag: A, source: as the first}}\n"
    )
    wider = text.replace("as the first", "as the first, low: 30, high: 36")
    for path in (file(text, "k.yaml"), file(wider, "wide.yaml")):
        assert by_path(path)["designs.b.gpus"].tag == "A"
        changed = by_path(path, set_=["satellite.gpus=40"])["designs.b.gpus"]
        assert (changed.tag, changed.source) == (None, "set by --set, no source given")
        # What the design says itself does not follow the first.
        assert by_path(path, set_=["designs.b.gpus=36", "satellite.gpus=40"])["designs.b.gpus"].tag == "A"
