"""The events of a recording as a drawing in text: python examples/timeline.py kitchen.flac"""

import sys

import afnext

WIDTH = 60

model = afnext.load("nano")
reply = model.ask(sys.argv[1], "What happens, and when?")
length = reply.usage.audio_seconds
for event in reply.events:
    first, last = (min(round(second / length * WIDTH), WIDTH) for second in (event.start, event.end))
    bar = "." * first + "#" * max(last - first, 1)
    print(f"{bar:.<{WIDTH}}  {event.start:5.1f}-{event.end:.1f} s  {event.text}")
if not reply.events:
    print(reply.text)
