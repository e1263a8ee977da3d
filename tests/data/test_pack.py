"""Several questions in one row are learnt exactly as if each stood alone."""

import torch
import torch.nn.functional as F

from afnext.data.pack import IGNORED, join, pack
from afnext.dialogue.template import Prompt, Slot
from afnext.model.attention import attend
from afnext.model.config import preset
from afnext.model.flamingo import Flamingo

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

    talk = pack([join(prompts), join(prompts[:1])])
    embeddings = model.embed(talk.ids, torch.cat([sound, sound]))
    logits = model.logits(model.decoder(embeddings, positions=talk.positions, attention=talk.attention))
    losses = F.cross_entropy(logits[0], talk.targets[0], reduction="none", ignore_index=IGNORED)

    border = talk.trees[1][0]
    torch.testing.assert_close(losses[:border].sum(), sum(alone))
    torch.testing.assert_close(losses[border:].sum(), alone[0])
    assert int((talk.targets != IGNORED).sum()) == (2 + 4 + 3) + 2


def test_nobody_sees_beyond_its_prefix_and_its_branch() -> None:
    """Against one softmax over everything, masked by what each token belongs to."""
    talk = pack(
        [
            join([conversation([20], [30], 2), conversation([21, 22], [31], 2)]),
            join([Prompt([5, 6, 7], [False, True, True], [])]),
            join([conversation([23], [32, 33], 4)]),
        ]
    )
    tree, branch = [], []
    for number, (start, behind, *ends) in enumerate(talk.trees):
        tree += [number] * (ends[-1] - start)
        branch += [0] * (behind - start)
        for part, (first, last) in enumerate(zip([behind, *ends], ends, strict=False), 1):
            branch += [part] * (last - first)
    trees, branches = torch.tensor(tree), torch.tensor(branch)
    alike = (branches == 0) | (branches == branches[:, None])
    mask = (trees == trees[:, None]) & alike & torch.ones(len(tree), len(tree), dtype=torch.bool).tril()

    torch.manual_seed(1)
    query, key, value = (
        torch.randn(1, 4, len(tree), 8),
        torch.randn(1, 2, len(tree), 8),
        torch.randn(1, 2, len(tree), 8),
    )
    torch.testing.assert_close(talk.attention(query, key, value), attend(query, key, value, mask=mask[None, None]))
    assert talk.pairs == int(mask.sum())
