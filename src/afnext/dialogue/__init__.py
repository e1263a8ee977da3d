"""Conversations as values, and their one spelling as token ids: messages, template, tokenizer, times in text."""
