"""Voices: who speaks, how, and when each word is said."""
