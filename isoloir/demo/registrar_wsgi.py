"""The registrar of the demonstration, as granian serves it: the product's own, by the demonstration's clock.

It is a process of its own here too, without the portal's framework, settings or database; the two only share the file
`clock-shift`, beside the store, in which the visitor's moves of the clock are written.
"""

import logging
import os
from functools import partial
from pathlib import Path

from isoloir.credentials.registrar.application import Application, tidy_regularly
from isoloir.credentials.registrar.service import Service
from isoloir.demo.registrar_clock import shifted_time

logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.WARNING)
logging.getLogger("isoloir").setLevel(logging.INFO)
_store = Path(os.environ["ISOLOIR_REGISTRAR_STORE"])


_service = Service(_store, clock=partial(shifted_time, _store.parent))
tidy_regularly(_service, seconds=2)
application = Application(_service)
