"""sakark_api: case handling and archive for Norwegian municipalities, by the national standard."""

import sys

# httpx is also a command, and loads rich and its highlighters for it: 5 MB in every process that
# serves. It does without where its command can't be loaded.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # how Python says so
