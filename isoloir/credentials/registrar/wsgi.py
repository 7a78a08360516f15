"""What granian serves: the store named by the environment variable ISOLOIR_REGISTRAR_STORE."""

import logging
import os
from pathlib import Path

from .application import Application, tidy_regularly
from .service import Service

logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.WARNING)
logging.getLogger("isoloir").setLevel(logging.INFO)

_service = Service(Path(os.environ["ISOLOIR_REGISTRAR_STORE"]))
tidy_regularly(_service)
application = Application(_service)
