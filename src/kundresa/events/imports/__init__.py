"""Imports from a page: a file is uploaded, its columns get a meaning, and a job takes it in.

The command line reads a file where it lies and needs none of this.
"""

from kundresa.events.imports.mended import (
    receive_mended,
)
from kundresa.events.imports.places import (
    aside_of,
    head_of,
    import_of,
    imports_of,
    in_peoples_names,
    upload_of,
)
from kundresa.events.imports.plans import (
    change_plan,
    choices_in,
    first_pieces,
    fitted,
    mapping_text,
    plan_of,
    plan_of_file,
    save_mapping,
    saved_mapping,
    saved_mappings,
)
from kundresa.events.imports.running import (
    run,
)
from kundresa.events.imports.turns import (
    start,
    stop,
)
from kundresa.events.imports.uploads import (
    discard,
    receive,
    sweep_uploads,
    write_incoming,
)

__all__ = [
    "aside_of",
    "change_plan",
    "choices_in",
    "discard",
    "first_pieces",
    "fitted",
    "head_of",
    "import_of",
    "imports_of",
    "in_peoples_names",
    "mapping_text",
    "plan_of",
    "plan_of_file",
    "receive",
    "receive_mended",
    "run",
    "save_mapping",
    "saved_mapping",
    "saved_mappings",
    "start",
    "stop",
    "sweep_uploads",
    "upload_of",
    "write_incoming",
]
