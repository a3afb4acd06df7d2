"""The page of answered claims."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from sim.claims import Claim, Input, Lever, Table, Threshold
from sim.experiment.statistics import Estimate
from sim.report import claims_page

MADE_BY = {
    "program": "orbitfleet",
    "seed": 7,
    "packages": {"numpy": "2.4.6"},
    "command": ["orbitfleet", "claims", "C1", "--out", "/home/ada/out"],
}
EVIL = "<script>alert('&')</script>"


def claim(name: str = "C1", verdict: str = "fails", **changes: object) -> Claim:
    estimate = Estimate(2.616, 2.2, 3.0, 2.616, 2.2, 3.0, 20, "")
    given: dict[str, object] = {
        "id": name,
        "said": "It is as cheap as on the ground.",
        "question": f"Is {name} cheaper?",
        "quantity": "cost in orbit over cost on the ground",
        "unit": "times",
        "estimate": estimate,
        "interval": "replicates and ranges",
        "verdict": verdict,
        "threshold": Threshold("launch under $140/kg", 140.0, "USD/kg", "launch.price"),
        "binding": "the launch",
        "inputs": (
            Input("satellite.mass_kg", 575.0, "P", "a paper", 500.0, 650.0),
            Input("launch.price", 1500, "A", "a guess"),
        ),
    }
    return Claim(**{**given, **changes})  # type: ignore[arg-type]


def text_of(*claims: Claim, made_by: dict[str, object] = MADE_BY) -> str:
    """What the page says, in words."""
    html = re.sub(r"<style>.*?</style>", "", claims_page(claims, made_by), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<(?!wbr)[^>]+>", " ", html.replace("<wbr>", ""))).split())


@pytest.mark.parametrize(
    ("verdicts", "says"),
    [
        (["fails"], "Of 1 claim 1 fails."),
        (["holds", "Holds.", "fails"], "Of 3 claims 2 hold and 1 fails."),
        (["holds if launch costs $100/kg", "fails", "fails"], "Of 3 claims 1 holds on a condition and 2 fail."),
        (["holds", "holds if cheap", "it depends"], "Of 3 claims 1 holds, 1 holds on a condition and 1 cannot be said"),
        ([], "No claim was asked about."),
    ],
)
def test_the_page_begins_with_how_many_claims_hold(verdicts, says):
    text = text_of(*(claim(f"C{number}", verdict) for number, verdict in enumerate(verdicts, start=1)))
    assert f"Answer {says}" in text


def test_a_claim_has_its_answer_what_would_turn_it_what_decides_it_and_what_went_in():
    text = text_of(claim(verdict="holds if launch costs less"))
    order = [
        "C1 Is C1 cheaper?",
        "C1: Is C1 cheaper?",
        "It is as cheap as on the ground.",
        "cost in orbit over cost on the ground: 2.62 times [2.2, 3]",
        "holds if launch costs less",
        "launch under $140/kg",
        "the launch",
        "replicates and ranges; of 2 figures 1 is an assumption",
        "Assumptions: nobody has published these (1)",
        "launch.price 1,500 A a guess",
        "satellite.mass_kg 575 500 to 650 P a paper",
    ]
    places = [text.index(order[0])]
    for said in order[1:]:
        places.append(text.index(said, places[-1]))
    assert "holds if holds if" not in text


def test_the_path_to_viability_and_tables_are_shown():
    levers = (Lever("cheaper launch", 200.0, "USD/kg", 2.1234), Lever("longer life", "ten years", "", 0.98))
    table = Table(
        "Darkness", ("altitude km", "minutes", "note"), ((650.0, 19.36, None), (1445.0, 0.0, "none")), "by day"
    )
    text = text_of(claim(levers=levers, tables=(table,)))
    assert "Path to viability" in text
    assert "cheaper launch 200 USD/kg 2.12 longer life ten years 0.98" in text
    assert "Darkness altitude km minutes note 650 19.36 - 1,445 0 none by day" in text
    assert "Path to viability" not in text_of(claim())


def test_provenance_and_the_command_are_there_without_folders():
    text = text_of(claim())
    assert "seed 7" in text
    assert "packages numpy 2.4.6" in text
    assert text.count("orbitfleet claims C1 --out out") == text.count("orbitfleet claims") == 1
    assert "/home/ada" not in text
    assert "Do it again" not in text_of(claim(), made_by={"seed": 7})


def test_what_others_wrote_stands_there_as_text():
    evil = claim(
        said=EVIL,
        question=EVIL,
        quantity=EVIL,
        unit=EVIL,
        interval=EVIL,
        verdict=f"fails {EVIL}",
        threshold=Threshold(EVIL),
        binding=EVIL,
        inputs=(Input(EVIL, EVIL, None, EVIL),),
        levers=(Lever(EVIL, EVIL, EVIL, 1.0),),
        tables=(Table(EVIL, (EVIL,), ((EVIL,),), EVIL),),
    )
    html = claims_page([evil], {"seed": 1, "note": EVIL, "command": ["orbitfleet", EVIL]})
    assert "<script" not in html
    assert html.count("&lt;script&gt;") > 15
    assert "Content-Security-Policy" in html


def test_without_an_interval_the_value_stands_alone():
    alone = Estimate(19.4, None, None, 19.4, None, None, 1, "")
    assert ": 19.4 times fails" in text_of(claim(estimate=alone))
    wide = Estimate(0.8176, 0.0797, 46.9, 0.8176, 0.0797, 46.9, 1, "")
    assert ": 0.818 times [0.0797, 46.9] fails" in text_of(claim(estimate=wide))
    assert ": undefined fails" in text_of(claim(estimate=Estimate(None, None, None, None, None, None, 1, "")))


def test_both_intervals_are_shown_where_inputs_have_ranges():
    both = replace(claim().estimate, total_low=1.5, total_median=2.7, total_high=4.5)
    text = text_of(claim(estimate=both))
    assert "[1.5, 4.5]" in text
    assert text.count("by luck alone 2.2 to 3") == 3  # in the list, beside the verdict, and where it says how sure
    assert "by luck alone" not in text_of(claim())
    exact = replace(both, ci_low=2.616, ci_high=2.616)
    assert "by luck alone" not in text_of(claim(estimate=exact))
