"""Which pairs are trained, and by which recipes. Every module here is imported, so that a new suite is one new file."""

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(_module.name)
