"""The sound: every digit of both languages, said in order, never twice in the same way."""

import array
import io
import itertools
import random
import wave

import pytest

from isoloir.captcha import speech
from isoloir.captcha.speech import LANGUAGES, RATE, say_digits


def said(digits, language="fr", seed=1):
    return say_digits(digits, language=language, noise=random.Random(seed))


def samples(content):
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return array.array("h", file.readframes(file.getnframes()))


@pytest.mark.parametrize(("language", "digit"), list(itertools.product(LANGUAGES, "0123456789")))
def test_every_recording_is_audible_short_and_without_silence_around_it(language, digit):
    recording = speech._recording(language, digit)
    assert 0.2 < len(recording) / RATE < 1.0
    # Loud enough to be heard, and never so loud that the noise laid over it would overflow.
    assert 15_000 < max(map(abs, recording)) < 30_000
    for end in (recording[: RATE // 10], recording[-RATE // 10 :]):
        assert max(map(abs, end)) > 200


def test_recordings_all_differ():
    recordings = [speech._recording(language, digit).tobytes() for language in LANGUAGES for digit in "0123456789"]
    assert len(set(recordings)) == 20


def test_sound_lasts_a_few_seconds_and_is_light_enough_for_a_phone():
    content = said("90817")
    assert 4 < len(samples(content)) / RATE < 11
    assert len(content) < 400_000


def test_digits_are_heard_apart_over_a_noise_that_never_stops():
    sound = samples(said("55555"))
    # Tenths of a second: loud ones are voice, quiet ones are pauses, and none is silent.
    tenths = [
        max(map(abs, sound[start : start + RATE // 10])) for start in range(0, len(sound) - RATE // 10, RATE // 10)
    ]
    assert min(tenths) > 100
    loud = "".join("x" if loudness > 4_000 else " " for loudness in tenths)
    assert len(loud.split()) >= 5
    assert 0 < max(map(abs, sound)) <= 32_767


def test_same_digit_is_never_said_twice_in_the_same_way():
    once, again = samples(said("7", seed=1)), samples(said("7", seed=2))
    assert len(once) != len(again)


def test_sound_is_the_same_for_the_same_noise():
    assert said("24680") == said("24680")


def test_languages_differ():
    assert said("24680", "fr") != said("24680", "en")


def test_language_without_recordings_is_refused():
    with pytest.raises(KeyError):
        said("1", "../fr")
