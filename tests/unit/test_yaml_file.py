"""Strict YAML: what is meant is read, what is ambiguous or dangerous is refused, whatever the bytes."""

import math
import random

import pytest

from sim.scenario.yaml_file import MAX_BYTES, MAX_DEPTH, YamlError, parse, read, write


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("1E6", 1e6),
        ("67e6", 67e6),
        ("-.5", -0.5),
        ("5.", 5.0),
        ("+3", 3),
        ("010", 10),
        ("0", 0),
        ("no", "no"),
        ("Yes", "Yes"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("12:30:00", "12:30:00"),
        ("2030-01-01", "2030-01-01"),
        ("0x1f", "0x1f"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("~", None),
        ("null", None),
        ("", None),
        ("'1e-3'", "1e-3"),
        ('"true"', "true"),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("=", "="),
        ("[1, 2.5, a]", [1, 2.5, "a"]),
        ("{a: 1, 'b c': [x]}", {"a": 1, "b c": ["x"]}),
        ("a: |\n  line\n  2\n", {"a": "line\n2\n"}),
        ("'<<': 1", {"<<": 1}),
        ("\ufeffa: 1", {"a": 1}),
    ],
)
def test_values_are_what_they_look_like(text, value, tmp_path):
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    found = read(file).value
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", "'a' stands twice in one mapping, first on line 1", 3),
        ("'': 1\n'': 2\n", "stands twice", 2),
        ("a: &x 1\n", "anchors", 1),
        ("a: 1\nb: *x\n", "anchors", 2),
        ("a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", "anchors", 1),
        ("base: {a: 1}\nb:\n  <<: {a: 1}\n", "merge keys", 3),
        ("a: !!python/object/apply:os.system ['true']\n", "tags are not allowed", 1),
        ("a: !!str 3\n", "tags are not allowed", 1),
        ("a: ! 3\n", "tags are not allowed", 1),
        ("a: 1\n---\nb: 2\n", "second document", 2),
        ("1: a\n", "key must be text, not 1", 1),
        ("true: a\n", "key must be text, not True", 1),
        ("? [a, b]\n: c\n", "key must be text", 1),
        ("? {a: b}\n: c\n", "key must be text", 1),
        ("~: c\n", "key must be text, not None", 1),
        ("{[", "not valid YAML", 1),
        ("a: 1\n\tb: 2\n", "not valid YAML", 2),
        ("a: b: c\n", "not valid YAML", 1),
        ("a: 'x\n", "not valid YAML", None),
        ("%YAML 3.0\n---\na: 1\n", "not valid YAML", None),
        ("a: \x00\n", "is not text", None),
        ("a: \x1b[31m\n", "is not text", None),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested deeper", 1),
        ("[" * 100_000, "nested deeper", 1),
        ("{a: " * 100_000, "nested deeper", 1),
        ("- " * 100_000, "nested deeper", 1),
        ("a: " + "9" * 5000, "digits", 1),
    ],
)
def test_what_is_refused_says_why_and_where(text, problem, line):
    with pytest.raises(YamlError) as caught:
        parse(text)
    assert problem in caught.value.problem
    if line is not None:
        assert caught.value.line == line


def test_unreadable_files_are_named_as_such(tmp_path):
    for name, content, problem in (
        ("latin.yaml", "a: 1\nb: \xe9\n".encode("latin-1"), "UTF-8"),
        ("utf16.yaml", "a: 1\n".encode("utf-16"), "UTF-8"),
        ("large.yaml", b"#" * (MAX_BYTES + 1), "larger than"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(YamlError, match=problem):
            read(tmp_path / name)
    with pytest.raises(YamlError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(YamlError, match="no such file"):
        read(tmp_path / "nowhere.yaml")
    with pytest.raises(YamlError, match="cannot be read"):
        read(tmp_path / "large.yaml" / "below.yaml")
    with pytest.raises(YamlError, match="cannot be read"):
        read(tmp_path / "nul\0.yaml")


def test_no_bytes_bring_a_traceback(tmp_path):
    dice = random.Random(1)
    alphabet = list("ab:-?[]{},&*!|>'\"%@`# \n\t\\<~.0e\x00\xe9\u2028")
    file = tmp_path / "noise.yaml"
    for _ in range(600):
        file.write_text("".join(dice.choices(alphabet, k=dice.randint(1, 40))), encoding="utf-8")
        try:
            read(file)
        except YamlError as error:
            assert error.problem  # noqa: PT017 - either outcome will do, but nothing else


def test_lines_of_the_parts_are_known():
    lines = parse("a:\n  - 1\n  - b: 2\n    c: 3\nd: 4\n").lines
    assert lines[("a",)] == 1
    assert lines[("a", 0)] == 2
    assert lines[("a", 1, "c")] == 4
    assert lines[("d",)] == 5


TEXTS = [
    "1e-3",
    "1e6",
    "no",
    "true",
    "null",
    "~",
    "",
    "010",
    "2030-01-01",
    ".inf",
    "12:30",
    " x ",
    "a: b",
    "#",
    "é\n\n",
]


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_written_reads_back(text):
    value = {"text": text, "number": 1e-9, "large": 1e22, "list": [1, 2.0, None, True], "empty": {}}
    assert parse(write(value)).value == value


def test_no_aliases_are_written():
    shared = [1, 2]
    assert "*" not in write({"a": shared, "b": shared})
