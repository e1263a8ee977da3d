"""What a trained model says of itself."""

import json
from pathlib import Path

from omegaconf import OmegaConf

from afnext.training.stage import Stage


def model_card(stage: Stage, run: Path) -> str:
    """A README for the model's folder: what it began as, what it learnt from, how well, and its recipe."""
    recipe = stage.recipe
    rows = [json.loads(line) for line in (run / "journal.jsonl").read_text(encoding="utf-8").splitlines()]
    losses = [row for row in rows if "loss" in row]
    measured = [row for row in rows if any(name.startswith("validation_") for name in row)]
    base = recipe.model.weights
    how = ["low-rank products in the decoder"] * (recipe.lora is not None) + [f"the {part}" for part in recipe.parts]
    front = ["---", "library_name: afnext", "pipeline_tag: audio-text-to-text", "tags: [audio, audio-flamingo-next]"]
    front += [f"base_model: {base}"] * (base is not None and "/" in base) + ["---"]
    lines = [
        *front,
        f"# {recipe.name}",
        "",
        f"Trained with afnext for {stage.steps} steps from {base or recipe.model.start or 'random weights'}: "
        f"{', '.join(how)}.",
        "",
        f"- Learnt from: {recipe.data or 'scenes composed as they were needed'}",
    ]
    if losses:
        lines.append(
            f"- Loss: {losses[0]['loss']:.4f} at step {losses[0]['step']}, {losses[-1]['loss']:.4f} at the end"
        )
    for name, value in measured[-1].items() if measured else ():
        if name != "step":
            lines.append(f"- {name.removeprefix('validation_')} on held-out data: {value:.4f}")
    resolved = OmegaConf.to_yaml(OmegaConf.create(recipe.model_dump(mode="json", exclude_none=True)))
    ask = f'    afnext ask recording.wav "What happens, and when?" --model {run / "model"}'
    lines += ["", "## Use", "", ask, "", "## Recipe", "", "```yaml", resolved.rstrip(), "```"]
    return "\n".join(lines) + "\n"
