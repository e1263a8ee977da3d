"""Text to numbers, without torch: the official rules of benchmarks, transcripts, captions, spans, judges, summaries."""
