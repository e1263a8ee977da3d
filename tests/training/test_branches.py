"""Several questions in one row are learnt exactly as if each stood alone."""

import torch
import torch.nn.functional as F

from afnext.dialogue.template import Prompt, Slot
from afnext.model.config import preset
from afnext.model.flamingo import Flamingo
from afnext.training.branches import attention_mask, join, next_targets, stack

SOUND = preset("tiny").sound_id


def conversation(question: list[int], answer: list[int], tokens: int) -> Prompt:
    ids = [10, 11, *[SOUND] * tokens, 12, *question, 13, *answer, 2]
    mask = [False] * (len(ids) - len(answer) - 1) + [True] * (len(answer) + 1)
    return Prompt(ids, mask, [Slot(start=2, tokens=tokens)])


def test_a_row_of_questions_costs_what_its_conversations_cost_alone() -> None:
    torch.manual_seed(0)
    model = Flamingo(preset("tiny")).eval()
    sound = torch.randn(5, 32)
    prompts = [
        conversation([20, 21], [30], 5),
        conversation([22], [31, 32, 33], 5),
        conversation([23, 24, 25], [34, 35], 5),
    ]

    alone = []
    for prompt in prompts:
        ids = torch.tensor([prompt.ids])
        logits = model.logits(model.decoder(model.embed(ids, sound)))[0, :-1]
        wanted = torch.tensor(prompt.loss_mask[1:])
        alone.append(F.cross_entropy(logits[wanted], ids[0, 1:][wanted], reduction="sum"))

    ids, positions, branch, target = stack([join(prompts), join(prompts[:1])], pad_id=0)
    embeddings = model.embed(ids, torch.cat([sound, sound]))
    logits = model.logits(model.decoder(embeddings, positions=positions, mask=attention_mask(branch)))
    targets = next_targets(ids, branch, target)
    rows = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none", ignore_index=-100).sum(-1)

    torch.testing.assert_close(rows[0], sum(alone))
    torch.testing.assert_close(rows[1], alone[0])
    assert int((targets != -100).sum()) == (2 + 4 + 3) + 2


def test_a_branch_never_sees_another() -> None:
    row = join([conversation([20], [30], 2), conversation([21], [31], 2)])
    _, _, branch, _ = stack([row], pad_id=0)
    mask, labels = attention_mask(branch)[0, 0], branch[0]
    assert not mask[labels == 1][:, labels == 2].any()
    assert not mask[labels == 2][:, labels == 1].any()
    assert mask[labels == 2][:, labels == 0].all()
