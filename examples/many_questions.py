"""Many questions about one recording, answered together: python examples/many_questions.py kitchen.flac

The recording is heard once, however many questions there are.
"""

import sys

import afnext

QUESTIONS = ["What happens, and when?", "Which comes first?", "Which instrument plays?", "What is said?"]

model = afnext.load("nano")
replies = model.ask_many([(sys.argv[1], question) for question in QUESTIONS], max_new_tokens=100)
for question, reply in zip(QUESTIONS, replies, strict=True):
    print(f"{question}\n    {reply.text}")
