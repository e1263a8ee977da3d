"""convert, info and scenes."""

import io
import json
import tarfile

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file
from transformers import AutoProcessor, MusicFlamingoForConditionalGeneration

from afnext.cli import scenes as scenes_verb
from afnext.scenes.write import Written


def tensors(folder):
    found = {}
    for file in sorted(folder.glob("*.safetensors")):
        found |= load_file(file)
    return found


def test_convert_cuts_and_casts_and_brings_the_rest_along(afnext, workplace, tiny):
    result = afnext("convert", "nano", "half", "--dtype", "bfloat16", "--shard-size", "100kB", "--json")
    value = json.loads(result.stdout)
    assert len(value["files"]) > 2
    assert value["bytes"] == sum((workplace / "half" / name).stat().st_size for name in value["files"])
    before, after = tensors(tiny), tensors(workplace / "half")
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name].bfloat16(), after[name]) for name in before)
    others = {"tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "processor_config.json", "card.json"}
    assert all((workplace / "half" / name).read_bytes() == (tiny / name).read_bytes() for name in others)
    assert json.loads(afnext("info", "half", "--json").stdout)["dtype"] == "bfloat16"


def test_transformers_reads_what_convert_wrote(afnext, workplace):
    assert afnext("convert", "nano", "copy").stdout.startswith("copy: ")
    MusicFlamingoForConditionalGeneration.from_pretrained(workplace / "copy")
    AutoProcessor.from_pretrained(workplace / "copy")


def test_converting_twice_gives_the_same_bytes(afnext, workplace):
    afnext("convert", "nano", "one")
    afnext("convert", "one", "two")
    for file in (workplace / "one").iterdir():
        assert file.read_bytes() == (workplace / "two" / file.name).read_bytes(), file.name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["convert", "nano", "there"], "there is already there; expected a new folder"),
        (["convert", "nano", "new", "--dtype", "int3"], "dtype 'int3'; expected float32, bfloat16, float16"),
        (["convert", "nowhere.jsonl", "new"], "nowhere.jsonl: no such file; expected rows as JSON lines"),
        (["convert", "my.jsonl", "new", "--dtype", "float16"], "--dtype with rows; expected a model; leave it out"),
        (["scenes", "new", "--shards", "--show"], "--show with --shards; expected loose files, to draw beside"),
        (["scenes", "new", "--shard-size", "1GB"], "--shard-size without --shards; give both, or none"),
        (["convert", "nano", "new", "--shard-size", "big"], "shard size 'big'; expected a size such as 5GB"),
        (["convert", "nano", "new", "--shard-size", "0MB"], "shard size '0MB'"),
        (["convert", "nowhere", "new"], "unknown model 'nowhere'"),
        (["info", "nowhere"], "unknown model 'nowhere'"),
        (["info", "there"], "config.json"),
        (["scenes", "new", "--world", "mars"], "world 'mars'; expected train, validation, test"),
        (["scenes", "new", "--hours", "-1"], "-1.0 hours of scenes"),
        (["scenes", "new", "--events", "500", "--minutes", "0.0834-1"], "500 events in 5.004 seconds; ask for fewer"),
        (["scenes", "new", "--skills", "taste"], "skill 'taste'; expected one of events"),
        (["scenes", "new", "--forms", "opera"], "form 'opera'; expected some of mix, scape"),
        (["scenes", "new", "--words", "rhyme"], "--words 'rhyme'; expected grammar or plain"),
        (["scenes", "new", "--benchmark", "--hours", "1"], "--hours with --benchmark; expected --items, --seed"),
        (["scenes", "new", "--benchmark", "--workers", "2"], "--workers with --benchmark; expected --items, --seed"),
        (["scenes", "new", "--items", "100"], "--items without --benchmark"),
        (["scenes", "new", "--benchmark", "--items", "3"], "3 items; expected 20 or more"),
    ],
    ids=" ".join,
)
def test_bad_input(afnext, workplace, arguments, message):
    (workplace / "there").mkdir()
    (workplace / "there" / "file").touch()
    result = afnext(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("afnext: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert not (workplace / "new").exists(), "nothing is written half"


def test_info_counts_what_the_folder_holds(afnext, tiny):
    value = json.loads(afnext("info", "nano", "--json").stdout)
    stored = tensors(tiny)
    assert value["parameters"]["total"] == sum(tensor.numel() for tensor in stored.values())
    assert value["weight_bytes"] == sum(tensor.nbytes for tensor in stored.values())
    # two layers, keys and values, two heads of eight numbers, four bytes each
    assert value["cache_bytes_per_token"] == 2 * 2 * 2 * 8 * 4
    assert value["cache_bytes_at_limit"] == 45_000 * 256
    assert value["scope"] in afnext("info").stdout


def test_info_of_the_published_size(afnext):
    told = afnext("info", "af-next").stdout
    assert "total 8.27 B" in told
    assert "131,072 tokens" in told


def test_scenes_passes_everything_on(afnext, monkeypatch):
    asked = []

    def play(*arguments, **more):
        asked.append((arguments, more))
        more["progress"]("scenes", 1, 1)
        return Written(3, 5400.0, 17)

    monkeypatch.setattr(scenes_verb, "write_scenes", play)
    arguments = [
        "scenes",
        "out",
        "--hours",
        1.5,
        "--seed",
        7,
        "--world",
        "test",
        "--minutes",
        "1-30",
        "--skills",
        "count, when",
    ]
    assert afnext(*arguments).stdout == "out: 3 scenes, 1.50 h, 17 questions\n"
    (given, more), *_ = asked
    assert [str(item) for item in given] == ["out", "1.5", "7", "test", "(1.0, 30.0)"]
    assert more["skills"] == ["count", "when"]
    drawn = []
    monkeypatch.setattr(scenes_verb, "draw_folder", lambda folder, tell: drawn.append(str(folder)))
    afnext(*arguments, "--minutes", "2", "--forms", "talk,mix", "--words", "plain", "--show")
    assert asked[1][0][-1] == (2.0, 2.0)
    assert asked[1][1]["forms"] == ["talk", "mix"]
    assert asked[1][1]["words"] == "plain"
    assert drawn == ["out"]
    value = json.loads(afnext(*arguments, "--json").stdout)
    assert value == {"folder": "out", "scenes": 3, "seconds": 5400.0, "examples": 17}


@pytest.mark.parametrize("minutes", ["", "a-b", "1-", "-1-2", "1:30"])
def test_minutes_that_are_none_are_refused(afnext, minutes):
    result = afnext("scenes", "out", "--minutes", minutes)
    assert result.exit_code == 2
    assert f"--minutes {minutes!r}; expected shortest and longest, such as 0.1-30" in " ".join(result.stderr.split())


def test_rows_become_shards(afnext, workplace):
    row = {"audio": "kitchen.flac", "question": "What?", "answer": "Noise."}
    lines = [row, row | {"question": "Where?"}, {"audio": "gone.wav", "question": "What?", "answer": "No."}]
    (workplace / "my.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    said = afnext("convert", "my.jsonl", "packed")
    assert said.exit_code == 0, said.output
    assert said.stdout == "packed: 2 rows about 1 recordings, 0.00 h, in 1 shard; 1 rows left out\n"
    told = json.loads(afnext("convert", "my.jsonl", "again", "--json").stdout)
    assert (told["folder"], told["shards"], told["samples"], told["rows"], told["seconds"]) == ("again", 1, 1, 2, 2.0)
    assert (workplace / "again/shard-000000.tar").read_bytes() == (workplace / "packed/shard-000000.tar").read_bytes()
    refused = afnext("convert", "my.jsonl", "packed")
    assert refused.exit_code == 2
    assert "packed already holds shards; give another folder, or remove it" in refused.stderr


@pytest.mark.long
@pytest.mark.scenes_tools
def test_scenes_in_shards_are_the_scenes_of_loose_files(afnext, workplace):
    order = ["--hours", "0.002", "--minutes", "0.1", "--forms", "mix", "--events", "2", "--workers", "1"]
    said = afnext("scenes", "packed", *order, "--shards")
    assert said.exit_code == 0, said.output
    assert afnext("scenes", "loose", *order).exit_code == 0
    assert sorted(path.name for path in (workplace / "packed").iterdir()) == [
        ".nv-meta", "scenes.json", "shard-000000.tar", "shard-000000.tar.idx",
    ]  # fmt: skip
    rows = [json.loads(line) for line in (workplace / "loose/examples.jsonl").read_text().splitlines()]
    found = []
    with tarfile.open(workplace / "packed/shard-000000.tar") as tar:
        members = {member.name: tar.extractfile(member).read() for member in tar}
    for name in [name for name in members if name.count(".") == 1]:
        key = name.partition(".")[0]
        sound = soundfile.read(io.BytesIO(members[f"{key}.0.flac"]), dtype="int16")[0]
        for row in json.loads(members[name])["rows"]:
            [original] = [other for other in rows if other["id"] == row["id"]]
            loose = workplace / "loose" / original["audio"][0]["path"]
            np.testing.assert_array_equal(sound, soundfile.read(loose, dtype="int16")[0])
            assert members[f"{key}.0.json"] == loose.with_suffix(".json").read_bytes()
            for one, other in zip(row["messages"], original["messages"], strict=True):
                given = other["content"]
                assert one["content"] == ([{"type": "text", "text": given}] if isinstance(given, str) else given)
            found.append({k: v for k, v in row.items() if k not in ("messages", "audio")})
    assert found == [{k: v for k, v in row.items() if k not in ("messages", "audio")} for row in rows]


def test_a_model_is_stored_in_few_bits_and_answers(afnext, tiny):
    done = afnext("convert", tiny, "small", "--quantize", "int8", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["bytes"] < (tiny / "model.safetensors").stat().st_size
    told = json.loads(afnext("info", "small", "--json").stdout)
    assert (told["quantized"], told["gap"]) == ("int8", None)
    quantized = afnext("ask", "kitchen.flac", "What?", "--model", tiny, "--quantize", "int8", "--max-new-tokens", 9)
    assert afnext("ask", "kitchen.flac", "What?", "--model", "small", "--max-new-tokens", 9).stdout == quantized.stdout


def test_the_gap_is_told(afnext, tiny):
    told = json.loads(afnext("info", tiny, "--quantize", "int4", "--json").stdout)
    assert 0 < told["gap"]["logits"] < 1
    assert told["gap"]["divergence"] > 0
    assert 0 <= told["gap"]["same_first"] <= 1
    assert "away, divergence" in afnext("info", tiny, "--quantize", "int8").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("ask", "What?", "--quantize", "int3"), "quantize 'int3'; expected int8 or int4"),
        (("info", "af-next", "--quantize", "int8"), "a size without weights; give a model"),
        (("convert", "my.jsonl", "x", "--quantize", "int8"), "--quantize with rows; expected a model"),
    ],
)
def test_quantising_what_cannot_be(afnext, words, message):
    result = afnext(*words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_quantising_twice(afnext, tiny):
    afnext("convert", tiny, "small", "--quantize", "int8")
    result = afnext("convert", "small", "smaller", "--quantize", "int4")
    assert result.exit_code == 2
    assert "small is quantised already, to int8; load it as it is, or the original to have it in int4" in result.stderr
