import pytest
import torch

from afnext.model.config import preset
from afnext.model.flamingo import Flamingo
from afnext.model.fusion import fuse
from afnext.model.initialise import sinusoids

from . import reference


def test_sounds_take_their_places_in_order():
    ids = torch.tensor([[9, 3, 3, 9], [3, 9, 9, 3]])
    words, audio = torch.zeros(2, 4, 2), torch.arange(1.0, 5.0)[:, None].expand(4, 2)
    fused = fuse(ids, words, audio, sound_id=3)
    assert fused[..., 0].tolist() == [[0, 1, 2, 0], [3, 0, 0, 4]]
    assert words.abs().max() == 0


@pytest.mark.parametrize("audio", [None, torch.zeros(3, 2)])
def test_tokens_without_places_are_our_mistake(audio):
    with pytest.raises(AssertionError, match="audio tokens for 2 places"):
        fuse(torch.tensor([[3, 3]]), torch.zeros(1, 2, 2), audio, sound_id=3)


def test_every_weight_but_the_positions_is_trained():
    """A batch as training makes it: several windows and several clips to a row, and a row of text."""
    torch.manual_seed(0)
    config = preset("tiny")
    model = Flamingo(config)
    mel, frames, starts = (
        torch.randn(4, 128, 1004),
        torch.tensor([1000, 37, 400, 1000]),
        torch.tensor([0.0, 30.0, 0.0, 0.0]),
    )
    counts = (((frames - 1) // 2 + 1) // 2).tolist()
    first = [4, *[3] * counts[0], *[3] * counts[1], 5, 4, *[3] * counts[2], 5, 20, 21]
    second = [4, *[3] * counts[3], 5, 22]
    ids = torch.tensor([first, second + [0] * (len(first) - len(second)), [40] * len(first)])
    logits = model(ids, mel, frames, starts)
    assert logits.shape == (3, len(first), config.decoder.vocabulary)
    torch.nn.functional.cross_entropy(logits[0, -2:-1], torch.tensor([21])).backward()
    idle = [name for name, tensor in model.named_parameters() if tensor.grad is None or tensor.grad.abs().max() == 0]
    # a bias on keys adds the same to every score of a query, which softmax forgets, up to rounding
    assert [name for name in idle if not name.endswith("key.bias")] == ["encoder.positions.weight"]


def test_on_the_meta_device_no_embedding_is_drawn(monkeypatch):
    """For which PyTorch would import its compiler, in every process that loads a model."""
    monkeypatch.setattr(torch.nn.init, "normal_", lambda *_, **__: pytest.fail("something is drawn"))
    with torch.device("meta"):
        model = Flamingo(preset("tiny"))
    assert model.decoder.embedding.weight.is_meta


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_low_precision_stays_near(dtype):
    """Whole model in low precision, and autocast over float32 weights as training uses it, with its backward pass."""
    torch.manual_seed(0)
    model = Flamingo(preset("tiny"))
    ids = torch.tensor([[4, *[3] * 25, 5, 20, 21]])
    sound = torch.randn(1, 128, 104), torch.tensor([100]), torch.tensor([60.0], dtype=torch.float64)
    expected = model(ids, *sound)
    with torch.autocast("cpu", dtype):
        logits = model(ids, *sound)
    torch.testing.assert_close(logits.float(), expected, atol=0.02, rtol=0)
    logits.float().logsumexp(-1).sum().backward()
    assert all(tensor.grad.isfinite().all() for tensor in model.parameters() if tensor.grad is not None)
    with torch.no_grad():
        logits = model.to(dtype)(ids, *sound)
    assert logits.dtype == dtype
    torch.testing.assert_close(logits.float(), expected, atol=0.02, rtol=0)


@pytest.mark.cuda
@torch.no_grad()
def test_the_same_on_a_gpu():
    torch.manual_seed(0)
    model = Flamingo(preset("tiny"))
    ids = torch.tensor([[4, *[3] * 25, 5, 20, 21], [4, *[3] * 20, 5, 20, 21, 0, 0, 0, 0, 0]])
    sound = torch.randn(2, 128, 104), torch.tensor([100, 80]), torch.tensor([0.0, 600.0])
    expected = model(ids, *sound)
    model.cuda()
    torch.testing.assert_close(model(ids.cuda(), *(item.cuda() for item in sound)).cpu(), expected, atol=1e-3, rtol=0)
    store = reference.Rows(model.decoder, 2, 32, device="cuda")
    audio = model.encode(*(item.cuda() for item in sound))
    store.read(model.embed(ids.cuda(), audio)[:, :27], [27, 22])
    hidden = store.read(model.decoder.embedding(torch.tensor([[20], [20]], device="cuda")))
    torch.testing.assert_close(model.logits(hidden)[0, 0].cpu(), expected[0, 27], atol=1e-3, rtol=0)
    torch.testing.assert_close(model.logits(hidden)[1, 0].cpu(), expected[1, 22], atol=1e-3, rtol=0)


def test_what_one_window_hears_depends_on_nothing_else():
    """The gradient of a token of the first window reaches only that window."""
    model = Flamingo(preset("tiny"))
    mel = torch.randn(2, 128, 304, requires_grad=True)
    model.encode(mel, torch.tensor([300, 120]), torch.zeros(2))[3].sum().backward()
    assert mel.grad[0].abs().max() > 0
    assert mel.grad[1].abs().max() == 0


def test_the_future_does_not_reach_the_past():
    model = Flamingo(preset("tiny"))
    ids = torch.arange(10, 20)[None]
    other = ids.clone()
    other[0, 6:] += 30
    with torch.no_grad():
        assert torch.equal(model(ids)[:, :6], model(other)[:, :6])
        assert not torch.equal(model(ids)[:, 6:], model(other)[:, 6:])


def test_fresh_models_are_alike_by_their_seed():
    torch.manual_seed(5)
    one = Flamingo(preset("tiny")).state_dict()
    torch.manual_seed(5)
    two = Flamingo(preset("tiny")).state_dict()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_fresh_models_are_unsure_and_not_wild():
    torch.manual_seed(0)
    model = Flamingo(preset("nano"))
    with torch.no_grad():
        logits = model(torch.randint(6, 1000, (2, 50)))
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), torch.randint(6, 1000, (100,)))
    assert abs(loss.item() - torch.tensor(1024.0).log().item()) < 0.3


def test_positions_begin_as_whispers():
    table = sinusoids(1500, 1280)
    assert table.shape == (1500, 1280)
    assert table[7, 0].item() == pytest.approx(0.65699, abs=1e-5)  # sin 7
    assert table[7, 640].item() == pytest.approx(0.75390, abs=1e-5)  # cos 7
    assert table[1000, 639].item() == pytest.approx(0.09983, abs=1e-5)  # sin(1000 / 10000)
