"""A scene, sorted out for asking: what can be heard of it, and what of that is beyond doubt."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np

from afnext.dialogue.timestamps import Span, format_span
from afnext.scenes.asking.phrasing import mention, pick, shuffled
from afnext.scenes.asking.skills.draft import Timed
from afnext.scenes.asking.wording import Style, Worded, say
from afnext.scenes.scene import Event, Kind, Scene
from afnext.scenes.sources import LABELS

APART = 0.3
"""Seconds by which onsets must differ for their order to be asked."""
SECTION = (15, 30)
"""Seconds of a section, shortest and longest."""
MOST_LISTED = 12
"""Events in a list; of a scene with more, a section is asked about."""
PARTED = 0.29
"""Seconds between two events of one label that are heard as two; composed ones keep 0.3."""
FAINT = 35.0
"""Decibels below the loudest event at which an event is not asked about."""
OVER_NOISE = 12.0
"""Decibels that an event's peak must stand above the root mean square of the background."""
SUNG = "singing"
"""What the labels of songs say."""
LIKE_NOISE = (
    *("rain", "wind", "thunder", "engine running", "helicopter", "waves on a shore", "stream flowing", "airplane"),
    *("car passing", "vacuum cleaner", "hair dryer", "tap running", "lawn mower", "crowd applauding"),
)
"""Labels that a steady background could be taken for."""


def spoken(event: Event) -> bool:
    """Whether ``event`` is speech in words, not song."""
    return event.kind == "speech" and bool(event.text) and SUNG not in event.label


class Facts:
    """A scene, sorted out for asking.

    Attributes:
        scene: the whole truth.
        style: in which words to ask.
        events: those that can be heard.
        doubtful: labels of which something happens that cannot be heard, or whose events run into one another: neither
            to be counted nor denied.
        of_label: the other labels' events.
        once: events whose label is heard once.
        speech: what is spoken, and can be heard.
        music: what plays, and can be heard.
    """

    def __init__(self, scene: Scene, style: Style = "plain") -> None:
        self.scene = scene
        self.style: Style = style
        loudest = max((event.level for event in scene.events), default=0.0)
        least = loudest - FAINT
        if scene.background:
            least = max(least, scene.background.level + OVER_NOISE)
        self.events = tuple(event for event in scene.events if not event.masked_by and event.level >= least)
        self.hidden = tuple(event for event in scene.events if event.masked_by or event.level < least)
        self._hidden = {id(event) for event in self.hidden}
        self.doubtful = {event.label for event in self.hidden} | set(self._running())
        self.of_label: dict[str, list[Event]] = {}
        for event in self.events:
            if event.label not in self.doubtful:
                self.of_label.setdefault(event.label, []).append(event)
        self.once = [events[0] for events in self.of_label.values() if len(events) == 1]
        self.speech = [event for event in self.events if spoken(event)]
        self.music = [event for event in self.events if event.kind == "music"]

    def _running(self) -> Iterator[str]:
        """Labels two of whose events a listener may take for one."""
        ends: dict[str, float] = {}
        for event in self.events:
            if event.label in ends and event.start - ends[event.label] < PARTED:
                yield event.label
            ends[event.label] = max(event.end, ends.get(event.label, 0.0))

    @cached_property
    def told(self) -> Scene:
        """What can be heard, as a scene of its own, for captions: without what refers to events by number."""
        if not self.hidden:
            return self.scene
        events = tuple(event.model_copy(update={"masked_by": ()}) for event in self.events)
        return self.scene.model_copy(update={"events": events, "talks": (), "pieces": ()})

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """The kind of every label that is known."""
        known: dict[str, Kind] = {label: kind for kind, labels in LABELS.items() for label in labels}
        return {event.label: event.kind for event in self.events} | known

    @property
    def whole(self) -> Span:
        """All of the recording."""
        return Span(0.0, self.scene.duration)

    def say(self, rng: np.random.Generator, form: str, **slots: str) -> Worded:
        """A question of ``form`` in words."""
        return say(rng, self.style, form, slots)

    def hears(self, event: Event) -> bool:
        """Whether ``event``, one of the scene's, can be heard."""
        return id(event) not in self._hidden

    def heard_all(self, events: Iterable[int]) -> bool:
        """Whether all of the scene's ``events``, by number, can be heard."""
        return all(id(self.scene.events[index]) not in self._hidden for index in events)

    def lacks(self, label: str) -> bool:
        """Whether ``label`` is surely not heard."""
        masked = LIKE_NOISE if self.scene.background else ()
        return label not in self.of_label and label not in self.doubtful and label not in masked

    def clear(self, start: float, end: float) -> bool:
        """Whether nothing that may or may not be heard sounds between ``start`` and ``end`` seconds."""
        return not any(event.start < end and start < event.end for event in self.hidden)

    def near_labels(self, label: str, rng: np.random.Generator) -> list[str]:
        """Other labels, mentioned: those in the scene first, then others of kinds that are there."""
        inside = [other for other in self.of_label if other != label]
        if self.style == "plain":
            kind = self.kinds[label]
            akin = [other for other in LABELS[kind] if other != label and other not in inside]
            return [mention(other) for other in [*inside, *shuffled(rng, akin)]]
        # Akin to any of them, the right one being one: the odd option out tells nothing.
        named = [label, *shuffled(rng, inside)]
        for model in shuffled(rng, named)[:4]:
            akin = [other for other in LABELS[self.kinds[model]] if other not in named and other not in self.doubtful]
            if akin:
                named.append(pick(rng, akin))
        return [mention(other) for other in named[1:]]

    def near_spans(
        self, piece: Timed, rng: np.random.Generator, avoid: Iterable[Timed] = (), anchors: Sequence[Timed] = ()
    ) -> list[str]:
        """Spans as long as ``piece`` elsewhere in the recording, where other things happen first.

        Args:
            piece: the right answer.
            rng: chooses among them.
            avoid: what none of them may touch, besides ``piece``.
            anchors: where they should begin first of all; by default where events begin.
        """
        length = piece.end - piece.start
        last = self.scene.duration - length
        starts = [item.start for item in shuffled(rng, anchors or self.events)[:12]]
        taken, found = [piece, *avoid], list[str]()
        for start in [*starts, *rng.uniform(0, max(last, 0), 12)]:
            other = Span(float(start), float(start) + length)
            if start <= last and not any(other.start < item.end and item.start < other.end for item in taken):
                taken.append(other)
                found.append(format_span(other.start, other.end))
        return found[:8]

    def section(self, rng: np.random.Generator) -> tuple[int, int] | None:
        """Whole seconds between which a few events lie, and at which none is cut."""
        for _ in range(20):
            start = int(rng.integers(0, max(1, int(self.scene.duration) - SECTION[0])))
            end = min(start + int(rng.integers(SECTION[0], SECTION[1] + 1)), int(self.scene.duration))
            cut = any(event.start < edge < event.end for event in self.events for edge in (start, end))
            inside = sum(start <= event.start and event.end <= end for event in self.events)
            if not cut and 1 <= inside <= MOST_LISTED:
                return start, end
        return None
