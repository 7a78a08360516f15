"""The sound: recorded digits one after the other, each at its own pace, over a light and irregular noise."""

import array
import io
import random
import wave
from functools import cache
from pathlib import Path

RATE = 16_000
LANGUAGES = ("fr", "en")
_FOLDER = Path(__file__).parent / "digits"
# Of the 32,767 steps of a sample: the voice stays fifteen times louder than the noise.
_NOISE = 900
# Samples between two strengths of the noise.
_DRIFT = 800


def say_digits(digits: str, *, language: str, noise: random.Random) -> bytes:
    """Return a WAV file (16 kHz, mono, 16 bits) that says the digits in `fr` or `en`, with a pause between them.

    The same `noise` says them in the same way. Raises KeyError for another language.
    """
    sound = array.array("h")
    _pause(sound, noise.uniform(0.5, 0.9))
    for digit in digits:
        sound.extend(_spoken(_recording(language, digit), noise))
        _pause(sound, noise.uniform(0.55, 0.95))
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(_with_noise(sound, noise).tobytes())
    return stream.getvalue()


@cache
def _recording(language: str, digit: str) -> "array.array[int]":
    if language not in LANGUAGES:
        raise KeyError(language)
    with wave.open(str(_FOLDER / f"{language}-{digit}.wav")) as file:
        return array.array("h", file.readframes(file.getnframes()))


def _pause(sound: "array.array[int]", seconds: float) -> None:
    sound.extend([0] * round(seconds * RATE))


def _spoken(recording: "array.array[int]", noise: random.Random) -> "array.array[int]":
    """Return the recording at another pace and loudness; the pitch follows the pace, by less than a tone and a half."""
    pace, loudness = noise.uniform(0.92, 1.08), noise.uniform(0.65, 0.85)
    length = int((len(recording) - 1) / pace)
    return array.array("h", [int(recording[int(place * pace)] * loudness) for place in range(length)])


def _with_noise(sound: "array.array[int]", noise: random.Random) -> "array.array[int]":
    """Lay a noise over the sound whose strength drifts, so that silences are never digital silences."""
    grains = noise.randbytes(len(sound))
    mixed = array.array("h")
    for start in range(0, len(sound), _DRIFT):
        strength = noise.uniform(0.35, 1.0) * _NOISE / 128
        # The recordings keep enough room under the loudest sample for the noise: nothing overflows.
        added = [int((grain - 128) * strength) for grain in range(256)]
        end = start + _DRIFT
        mixed.extend(value + added[grain] for value, grain in zip(sound[start:end], grains[start:end], strict=True))
    return mixed
