"""Ask about a recording: python examples/ask.py kitchen.flac "What happens, and when?" """

import sys

import afnext

*recordings, question = sys.argv[1:]
model = afnext.load("nano")  # or a folder, or a Hugging Face id such as "nvidia/audio-flamingo-next-hf"
reply = model.ask(*recordings, question)
print(reply.text)
for note in reply.notes:
    print("note:", note, file=sys.stderr)
