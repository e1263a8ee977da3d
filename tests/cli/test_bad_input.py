"""Whatever is wrong is told in one line, with exit code 2, and nothing is written; damage and odd answers are noted."""

import json
import re
import shutil
import struct

import av
import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file, save_file

from afnext.dialogue.tokenizer import Tokenizer
from afnext.inference import core


def wav(rate=16_000, channels=1, bits=16, data=bytes(32_000), claimed=None):
    """A wav file with any header, also an impossible one."""
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * frame & 0xFFFFFFFF, frame & 0xFFFF, bits)
    size = len(data) if claimed is None else claimed
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", len(body) if claimed is None else claimed) + body


def silent_video():
    with av.open("mute.mp4", "w") as out:
        picture = out.add_stream("mpeg4", rate=5)
        picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
        for _ in range(5):
            out.mux(picture.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        out.mux(picture.encode(None))


@pytest.fixture
def broken(workplace):
    """Recordings that are none, beside the good ones."""
    (workplace / "empty.wav").touch()
    (workplace / "text.wav").write_text("this is no sound\n" * 100)
    files = {
        "stub.mp3": (workplace / "talk.mp3").read_bytes()[:200],
        "norate.wav": wav(rate=0),
        "onehertz.wav": wav(rate=1),
        "channels.wav": wav(channels=65_535),
        "bits.wav": wav(bits=200),
        "nosamples.wav": wav(data=b""),
        "click.wav": wav(data=bytes(320)),
    }
    for name, content in files.items():
        (workplace / name).write_bytes(content)
    for name, value in (("nan.wav", np.nan), ("inf.wav", np.inf), ("late.wav", -np.inf)):
        samples = np.zeros(32_000)
        samples[24_000 if name == "late.wav" else 400] = value
        soundfile.write(name, samples, 16_000, subtype="FLOAT")
    silent_video()


NO_SOUND = "holds no audio that can be decoded; expected wav, flac, mp3"
RECORDINGS = {
    "nowhere.wav": "no such file: 'nowhere.wav'; expected an audio file; check the path",
    "a" * 300: "cannot be read (File name too long); expected a readable audio file",
    ".": "'.' is a directory; expected an audio file; name a file in it",
    "empty.wav": "'empty.wav' is empty (0 bytes); expected an audio file",
    "text.wav": f"'text.wav' {NO_SOUND}",
    "stub.mp3": f"'stub.mp3' {NO_SOUND}",
    "norate.wav": f"'norate.wav' {NO_SOUND}",
    "onehertz.wav": "the rate of 'onehertz.wav' is 1 Hz; expected 1000 to 768000 Hz",
    "channels.wav": "'channels.wav' holds no",
    "bits.wav": "'bits.wav' holds no",
    "nosamples.wav": "'nosamples.wav' holds no samples; expected a recording of some length",
    "click.wav": "click.wav lasts 0.010 s; expected at least 0.03 s of sound",
    "nan.wav": "'nan.wav' holds NaN, infinity or an absurd value at 0.03 s; expected finite samples",
    "inf.wav": "'inf.wav' holds NaN, infinity or an absurd value at 0.03 s; expected finite samples",
    "late.wav": "'late.wav' holds NaN, infinity or an absurd value at 1.50 s; expected finite samples",
    "mute.mp4": "'mute.mp4' holds no sound track that can be decoded; expected a recording (wav, flac, mp3",
}


def told(result):
    """The one line that went to standard error."""
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("afnext: ")
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("afnext: ")


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("name", RECORDINGS, ids=lambda name: name[:20])
def test_a_recording_that_is_none(afnext, name):
    assert RECORDINGS[name] in told(afnext("ask", name, "What?"))
    assert RECORDINGS[name] in told(afnext("ask", "kitchen.flac", name, "What?", "--json"))


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("name", sorted(RECORDINGS.keys() - {"click.wav", "late.wav"}), ids=lambda name: name[:20])
def test_most_show_before_a_model_is_loaded(afnext, name):
    assert RECORDINGS[name] in told(afnext("caption", name, "--model", "nowhere"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", "kitchen.flac", ""], 'the question is empty; ask something, such as "What happens, and when?"'),
        (["ask", "kitchen.flac", " \n "], "the question is empty; ask something"),
        (["ask", "kitchen.flac"], "kitchen.flac is a file, and no question was given; ask: afnext ask kitchen.flac"),
        (["ask", "kitchen.flac", "x" * 1_000_000], "1,000,000 characters; expected 500,000 at most; shorten it"),
        (
            ["ask", "kitchen.flac", "w " * 500],
            "a prompt of 1,093 tokens (50 of sound, 1,043 of text); expected fewer than 512, the model's",
        ),
        (["ask", "kitchen.flac", "What?", "--start", "9"], "start 9 s lies beyond the end"),
        (["ask", "kitchen.flac", "What?", "--start", "2", "--end", "1"], "end 1 s is not behind start 2 s"),
        (["ask", "kitchen.flac", "What?", "--temperature", "-1"], "temperature -1.0; expected"),
        (["ask", "kitchen.flac", "What?", "--over-limit", "guess"], "over_limit 'guess'; expected error or truncate"),
        (["ask", "kitchen.flac", "What?", "--device", "warp"], "device 'warp'; expected cpu"),
        (["ask", "kitchen.flac", "What?", "--dtype", "int3"], "dtype 'int3'; expected float32"),
        (["transcribe", "nowhere.wav", "--json"], "no such file: 'nowhere.wav'"),
        (["transcribe", "nowhere.wav", "--format", "srt"], "no such file: 'nowhere.wav'"),
        (["transcribe", "before.wav", "after.wav", "--format", "srt"], "2 recordings with --format srt; expected one"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else None,
)
def test_a_question_or_a_setting_that_cannot_be(afnext, arguments, message):
    assert message in told(afnext(*arguments))


def wrong_tensor(folder):
    tensors = load_file(folder / "model.safetensors")
    tensors["language_model.model.norm.weight"] = torch.zeros(3)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def pickled(folder):
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def cut(folder):
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])


MODELS = {
    "no config": (lambda folder: (folder / "config.json").unlink(), "config.json; "),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "bad lacks model.safetensors; fetch the"),
    "wrong tensor": (wrong_tensor, "misshapen: language_model.model.norm.weight [3] for [32]; fetch the checkpoint"),
    "pickle": (
        pickled,
        "bad holds pytorch_model.bin but not model.safetensors; expected safetensors (a pickle can run",
    ),
    "cut": (cut, "model.safetensors is damaged"),
}


@pytest.mark.parametrize("case", MODELS)
def test_a_model_that_does_not_fit(afnext, workplace, tiny, case):
    spoil, message = MODELS[case]
    spoil(shutil.copytree(tiny, workplace / "bad"))
    before = sorted(workplace.iterdir())
    assert message in told(afnext("ask", "kitchen.flac", "What?", "--model", "bad"))
    assert message in told(afnext("convert", "bad", "new"))
    assert sorted(workplace.iterdir()) == before, "nothing is written half"


def test_a_folder_without_a_tokenizer(afnext, workplace, tiny):
    shutil.copytree(tiny, workplace / "bad")
    (workplace / "bad" / "tokenizer.json").unlink()
    assert "bad holds no tokenizer.json; expected a checkpoint" in told(afnext("ask", "What?", "--model", "bad"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nanno", "unknown model 'nanno'; expected nano, a folder, or a Hugging Face id such as"),
        ("kitchen.flac", "kitchen.flac is a file; expected the folder that holds the model's config.json"),
        ("empty", "empty holds no config.json; expected a checkpoint folder"),
    ],
)
def test_a_model_that_is_none(afnext, workplace, name, message):
    (workplace / "empty").mkdir()
    assert message in told(afnext("ask", "kitchen.flac", "What?", "--model", name))


@pytest.mark.parametrize("name", ["short.mp3", "absurd.wav"])
def test_a_recording_that_breaks_off_is_used_and_noted(afnext, workplace, name):
    """Half of an mp3 is half of its sound. Of 2 s, a header claims 37 hours: what is there is heard."""
    data = (workplace / "talk.mp3").read_bytes()
    (workplace / "short.mp3").write_bytes(data[: len(data) // 2])
    (workplace / "absurd.wav").write_bytes(wav(data=bytes(64_000), claimed=0xFFFFFFF0))
    result = afnext("ask", name, "What?", "--json")
    assert result.exit_code == 0
    reply = json.loads(result.stdout)
    assert reply["usage"]["audio_seconds"] == pytest.approx(1.0 if name == "short.mp3" else 2.0, abs=0.1)
    assert not reply["truncated"], "that is about recordings over the limit"
    if name == "short.mp3":
        told = r"'short\.mp3' breaks off after (0\.9|1\.0) of 2\.0 s; what it holds is used"
        assert re.fullmatch(told, reply["notes"][0])
        assert f"note: {reply['notes'][0]}\n" in afnext("ask", name, "What?").stderr


def test_a_time_that_runs_backwards_is_noted_and_no_event(afnext, tiny, monkeypatch):
    tokenizer = Tokenizer.load(tiny)
    ids = [*tokenizer.encode("a dog <t>5.0-3.0</t>; a man <t>1.0-1.5</t>"), tokenizer.turn_end]

    def asked(*options):
        rest = iter(ids)
        monkeypatch.setattr(core, "choose", lambda logits, choosers: [next(rest)])
        result = afnext("ask", "kitchen.flac", "What?", "--max-new-tokens", 100, *options)
        assert result.exit_code == 0, result.stderr
        return result

    note = "in the model's answer: <t>5.0-3.0</t> runs backwards"
    reply = json.loads(asked("--json").stdout)
    assert reply["notes"] == [note]
    assert reply["events"] == [{"start": 1.0, "end": 1.5, "text": "a man"}]
    assert asked().stdout == "a dog <t>5.0-3.0</t>; a man <t>1.0-1.5</t>\n"
    assert f"note: {note}\n" in asked().stderr
