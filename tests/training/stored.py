"""What a checkpoint holds, read without our code."""

from safetensors.torch import load_file


def stored(checkpoint):
    """All tensors of a checkpoint that one process wrote."""
    [file] = checkpoint.glob("*.safetensors")
    return load_file(file)
