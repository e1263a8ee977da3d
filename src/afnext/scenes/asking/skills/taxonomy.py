"""The skills by the families of Audio Flamingo's data: AudioSkills-XL, LongAudio-XL, Music Flamingo, multi-talker."""

FAMILIES: dict[str, tuple[str, ...]] = {
    "temporal order": ("order_first", "order_last", "order_list", "nth", "topic_order", "edge_words"),
    "temporal referring": ("before_after", "after_nth", "between", "said_next", "said_by", "overlap"),
    "temporal grounding": ("when", "at_time", "said_when", "word_when", "topic_when", "fact_when", "said_feeling"),
    "temporal attribute": ("duration", "gap", "longest", "longer"),
    "counting": (
        *("count", "count_before", "count_compare", "count_between", "count_instruments", "count_word", "count_words"),
        *("count_turns", "count_manner"),
    ),
    "sound attributes": ("presence", "loudest", "louder", "nearing", "nearest"),
    "captions": ("events", "caption"),
    "place and channel": ("place", "channel", "background"),
    "transcripts": ("transcript", "timed_transcript", "said_how"),
    "multi-talker speech": (
        *("speaker", "count_speakers", "who_said", "same_speaker", "target_transcript", "talks_most"),
        *("interruption", "interrupter", "back_channel"),
    ),
    "emotion and manner": ("emotion", "emotion_flip", "manner"),
    "sarcasm": ("sarcasm", "mocker"),
    "needles": ("fact_name", "fact_number", "fact_time", "fact_place", "fact_plan", "fact_decision", "position"),
    "causes and responses": ("response", "mind", "changes", "settles"),
    "topics and summaries": ("topic", "summary"),
    "music: instruments": ("instrument", "instrument_entry", "count_parts", "pitch", "count_notes", "lyrics"),
    "music: harmony": ("key", "chord", "progression"),
    "music: time": ("metre", "tempo", "tempo_change", "tempo_when", "count_beats", "count_bars"),
    "music: form": ("section_order", "section_return", "section_at", "count_sections", "dynamics", "crescendo"),
    "several recordings": (
        *("which_clip", "count_clips", "clip_most", "clip_soonest", "clip_said", "clip_topic", "clip_faster"),
        *("clip_speaker", "same_order", "what_changed"),
    ),
}
"""Every skill stands in one family."""
