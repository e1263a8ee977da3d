"""Who sees what, checked against asking every token by itself."""

from hypothesis import given
from hypothesis import strategies as st

from afnext.model.stretches import Row, Stretch, first, last, plan


@st.composite
def rows(draw):
    """Conversations over slots: a few beginnings that several share, then runs of their own."""
    fresh = iter(range(0, 10_000, 50))
    shared = [[(start, start + draw(st.integers(1, 9)))] for start in (next(fresh), next(fresh))]
    shared.append([*shared[0], (start := next(fresh), start + draw(st.integers(1, 9)))])
    found = []
    for _ in range(draw(st.integers(1, 5))):
        runs = list(draw(st.sampled_from([[], *shared])))
        runs += [
            (start, start + draw(st.integers(1, 9))) for start in [next(fresh) for _ in range(draw(st.integers(1, 3)))]
        ]
        own = sum(end - begin for begin, end in runs if begin >= 150)
        found.append(Row(tuple(runs), draw(st.integers(1, max(1, own)))))
    return found


@given(rows())
def test_every_token_sees_its_own_past_once(some):
    seen, begun = {}, set()
    for stretch in plan(some):
        count = sum(row.new for row in some)
        queries = list(range(count))[stretch.queries] if isinstance(stretch.queries, slice) else stretch.queries
        for place, query in enumerate(queries):
            assert stretch.first == (query not in begun)
            slots = range(*stretch.run) if stretch.run else [("new", q) for q in queries[: place + 1]]
            seen.setdefault(query, []).extend(slots)
        begun.update(queries)
    query = 0
    for row in some:
        slots = [slot for run in row.runs for slot in range(*run)]
        for place in range(row.length - row.new, row.length):
            names = {("new", query - place + other): slots[other] for other in range(row.length - row.new, row.length)}
            assert sorted(names.get(slot, slot) for slot in seen[query]) == sorted(slots[: place + 1])
            query += 1


def test_what_is_shared_is_one_stretch():
    """Ten questions about one recording read its keys once."""
    some = [Row(((0, 15_000), (16_000 + 100 * number, 16_007 + 100 * number)), 1) for number in range(10)]
    stretches = plan(some)
    assert stretches[0] == Stretch(tuple(range(10)), (0, 15_000), True)
    assert len(stretches) == 11


def test_runs_are_cut_at_a_token():
    runs = ((0, 4), (10, 13), (20, 21))
    assert first(runs, 6) == ((0, 4), (10, 12))
    assert last(runs, 3) == ((11, 13), (20, 21))
    assert first(runs, 0) == last(runs, 0) == ()
