"""Images and sounds of the CAPTCHA made per second."""

import random

from isoloir.captcha.drawing import draw_digits
from isoloir.captcha.speech import say_digits

from .report import line, seconds_each, title


def measure(times: int) -> None:
    title("CAPTCHA of five digits (one core)")
    noise = random.Random(1)
    image = seconds_each(lambda: draw_digits("31415", noise=noise), times=times)
    line("images drawn", f"{1 / image:.0f} /s", f"{1000 * image:.1f} ms each")
    sound = seconds_each(lambda: say_digits("31415", language="fr", noise=noise), times=max(1, times // 10))
    line("sounds made", f"{1 / sound:.0f} /s", f"{1000 * sound:.1f} ms each")
