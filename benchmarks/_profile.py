"""Where the time of a program goes, by torch's profiler. The scripts beside this file use it."""

from collections.abc import Callable, Mapping

from torch.profiler import ProfilerActivity, profile, record_function

SHOWN = 14
"""Operations in a table, the most expensive ones."""
BETWEEN = "(between operations)"
"""Python, and what else no operation accounts for."""

Shares = dict[str, float]
"""Operation -> its share of the processor time, without what it calls."""


def shares(work: Callable[[], object]) -> Shares:
    """Where the time of ``work`` goes."""
    with profile(activities=[ProfilerActivity.CPU], acc_events=True) as taken, record_function(BETWEEN):
        work()
    spent = {event.key: event.self_cpu_time_total for event in taken.key_averages()}
    whole = sum(spent.values())
    return {name: time / whole for name, time in spent.items()}


def table(taken: Mapping[str, Shares]) -> str:
    """The most expensive operations (rows) of several works (columns)."""
    most = {name: max(one.get(name, 0) for one in taken.values()) for some in taken.values() for name in some}
    rows = sorted(most, key=lambda name: most[name], reverse=True)[:SHOWN]
    lines = [_line("where the time of ours goes", list(taken))]
    for row in rows:
        lines.append(_line(row, [f"{one.get(row, 0):.1%}" for one in taken.values()]))
    rest = [1 - sum(one.get(row, 0) for row in rows) for one in taken.values()]
    return "\n".join([*lines, _line("all others", [f"{share:.1%}" for share in rest])])


def _line(first: str, cells: list[str]) -> str:
    return f"{first.removeprefix('aten::'):46}" + "".join(f"{cell:>19}" for cell in cells)
