"""The numbers of the sound treaty, each once, with its unit; derived ones are computed and asserted.

Sound is mono float32 at 16 kHz. A window is 30 s, cut without overlap. Its log-mel has 128 bins, 100 frames a second;
the encoder's strided convolution halves that to 50 a second and its pooling to 25: one token is 40 ms. (Audio Flamingo
Next, section 3; the formulas are those of the published ports.)
"""

SAMPLE_RATE = 16_000
"""Samples a second."""

FFT = 400
"""Samples in one Fourier transform: 25 ms."""

HOP = 160
"""Samples from one mel frame to the next: 10 ms."""

MELS = 128
"""Mel bins, from 0 to 8000 Hz."""

WINDOW_SECONDS = 30
"""Seconds in a window."""

MAX_SECONDS = 1800
"""Seconds of audio that the models were trained for: 30 minutes."""

WINDOW_SAMPLES = WINDOW_SECONDS * SAMPLE_RATE
WINDOW_FRAMES = WINDOW_SAMPLES // HOP
FRAMES_PER_SECOND = SAMPLE_RATE // HOP


def mel_frames(samples: int) -> int:
    """Valid mel frames of ``samples`` samples: one for every hop that is begun."""
    return -(-samples // HOP)


def encoder_frames(mel: int) -> int:
    """Frames behind the encoder's stride-2 convolution, of ``mel`` valid mel frames."""
    return (mel - 1) // 2 + 1


def audio_tokens(mel: int) -> int:
    """Tokens of ``mel`` valid mel frames: one for every pair of encoder frames that is complete."""
    return (encoder_frames(mel) - 2) // 2 + 1


TOKENS_PER_WINDOW = audio_tokens(WINDOW_FRAMES)
SECONDS_PER_TOKEN = WINDOW_SECONDS / TOKENS_PER_WINDOW
MAX_TOKENS = MAX_SECONDS // WINDOW_SECONDS * TOKENS_PER_WINDOW

assert WINDOW_FRAMES == 3000
assert TOKENS_PER_WINDOW == 750
assert SECONDS_PER_TOKEN == 0.04
assert MAX_TOKENS == 45_000
assert audio_tokens(0) == 0
