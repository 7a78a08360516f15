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
_LOUDEST = 32_767


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
    """Return the recording at another pace and loudness; the pitch follows the pace, by less than a tone."""
    pace, loudness = noise.uniform(0.9, 1.08), noise.uniform(0.65, 0.85)
    last = len(recording) - 1
    return array.array(
        "h", [int(recording[min(last, int(place * pace))] * loudness) for place in range(int(last / pace))]
    )


def _with_noise(sound: "array.array[int]", noise: random.Random) -> "array.array[int]":
    """Lay a noise over the sound whose strength drifts, so that silences are never digital silences."""
    grains = noise.randbytes(len(sound))
    strength = 0.0
    mixed = array.array("h", sound)
    for start in range(0, len(sound), 800):
        strength = noise.uniform(0.35, 1.0) * _NOISE / 128
        for place in range(start, min(start + 800, len(sound))):
            value = sound[place] + int((grains[place] - 128) * strength)
            mixed[place] = max(-_LOUDEST, min(_LOUDEST, value))
    return mixed
