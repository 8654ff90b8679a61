"""Gives the tests a data folder of their own.

Here and not in conftest: the framework's settings are read before any conftest is.
"""

import atexit
import os
import shutil
import tempfile

from tests.support import caches

_POSTGRES = os.environ.get("KUNDRESA_TEST_DATABASE_URL", "")

for _name in [name for name in os.environ if name.startswith("KUNDRESA_")]:
    # What names the tests' own services stays.
    if "TEST" not in _name and _name != "KUNDRESA_CHROMIUM":
        del os.environ[_name]
os.environ["KUNDRESA_DATA_DIR"] = tempfile.mkdtemp(prefix="kundresa-tests-")
atexit.register(shutil.rmtree, os.environ["KUNDRESA_DATA_DIR"], ignore_errors=True)
os.environ["NUMBA_CACHE_DIR"] = caches.kernels()
os.environ["DJANGO_SETTINGS_MODULE"] = "kundresa.project.django_settings"
if _POSTGRES:
    os.environ["KUNDRESA_DATABASE_URL"] = _POSTGRES
