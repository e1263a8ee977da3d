"""Where a model is: the one that is shipped, a folder, or a repository on the Hugging Face hub."""

import json
import os
import re
import shutil
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from afnext.base.errors import CheckpointError
from afnext.model import weights
from afnext.model.config import PRESETS

NANO = Path(str(files("afnext"))) / "assets" / "nano"
"""The model that the package carries."""

PUBLISHED = (
    "nvidia/audio-flamingo-next-hf",
    "nvidia/audio-flamingo-next-think-hf",
    "nvidia/audio-flamingo-next-captioner-hf",
    "nvidia/music-flamingo-2601-hf",
    "nvidia/audio-flamingo-3-hf",
)

BESIDE = ("*.json", "*.jinja", "*.txt", "*.model", "README.md", "LICENSE*")
"""Files that belong to a model besides its weights: tokenizer, template, processor, card."""

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


def find_folder(name: str | os.PathLike[str]) -> Path:
    """The folder of the model called ``name``; a hub repository is downloaded into the hub's cache, or found there.

    Raises:
        CheckpointError: there is no such model, or it cannot be downloaded.
    """
    text = os.fspath(name)
    path = Path(text)
    if text == "nano":
        if not NANO.is_dir():
            raise CheckpointError("nano is not in this installation", do="install afnext from its wheel or repository")
        return NANO
    if text and path.is_dir():
        return path
    if path.is_file():
        raise CheckpointError(f"{text} is a file", expected="the folder that holds the model's config.json")
    if _HUB_ID.fullmatch(text) and text.count("/") == 1 and not text.startswith("."):
        return _download(text)
    if text in PRESETS:
        raise CheckpointError(
            f"{text} is a size without weights",
            do=f"try nano, or a release such as {PUBLISHED[0]} (sizes: afnext info {text})",
        )
    near = get_close_matches(text, ["nano", *PUBLISHED], n=1)
    raise CheckpointError(
        f"unknown model {text!r}",
        expected="nano, a folder, or a Hugging Face id such as " + PUBLISHED[0],
        do=f"did you mean {near[0]}?" if near else "check the spelling or the path",
    )


def copy_beside(source: Path, target: Path) -> None:
    """Copy tokenizer, template and the other files beside the weights of ``source`` into the folder ``target``."""
    for pattern in BESIDE:
        for file in source.glob(pattern):
            if file.name not in (weights.CONFIG, weights.GENERATION, weights.INDEX):
                shutil.copyfile(file, target / file.name)


def _download(name: str) -> Path:
    """The repository's configuration first, then exactly the weights its index names: some releases hold them twice."""
    folder = _snapshot(name, ["*.json", "*.jinja"])
    index = folder / weights.INDEX
    if index.is_file():
        try:
            shards = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        except (ValueError, KeyError, AttributeError) as error:
            raise CheckpointError(
                f"{name}: {weights.INDEX} cannot be read", do="remove it from the cache and try again"
            ) from error
    else:
        shards = ["*.safetensors"]
    return _snapshot(name, ["*.json", "*.jinja", *shards])


def _snapshot(name: str, patterns: list[str]) -> Path:
    from huggingface_hub import snapshot_download  # noqa: PLC0415  only downloads need it
    from huggingface_hub.errors import (  # noqa: PLC0415
        GatedRepoError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        return Path(snapshot_download(name, allow_patterns=patterns, ignore_patterns=["*/*"]))
    except GatedRepoError as error:
        raise CheckpointError(
            f"{name} is gated", do=f"accept its terms at huggingface.co/{name}, then: hf auth login"
        ) from error
    except RepositoryNotFoundError as error:
        near = get_close_matches(name, PUBLISHED, n=1)
        hint = f"did you mean {near[0]}?" if near else "check the spelling; a private one needs: hf auth login"
        raise CheckpointError(f"{name} is neither a folder nor on the Hugging Face hub", do=hint) from error
    except LocalEntryNotFoundError as error:
        raise CheckpointError(
            f"{name} is not in the local cache and the Hugging Face hub cannot be reached",
            do="connect, or give the folder of a model that is already here",
        ) from error
    except Exception as error:  # a broken connection or a full disk shows as whatever the client's libraries raise
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise CheckpointError(
            f"{name} cannot be downloaded: {reason[0]}", do="try again, or give a local folder"
        ) from error
