"""The memory that a process holds."""

from pathlib import Path


def resident(field: str = "VmRSS") -> int:
    """Bytes of memory that this process holds (``VmRSS``), or held at most (``VmHWM``); Linux only."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        name, _, rest = line.partition(":")
        if name == field:
            return int(rest.split()[0]) * 1024
    raise ValueError(f"/proc/self/status has no {field}")


def forget_peak() -> None:
    """Begin to watch the highest resident memory (``VmHWM``) anew; Linux only."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
