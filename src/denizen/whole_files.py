"""Files written whole or not at all, beside no other file of the user."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from denizen.errors import fail

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Hand over where to write; what was written becomes the file when the context ends without an error.

    Raises:
        DenizenError: the file cannot be written.
    """
    place = Path(path)
    draft = place.with_name(f".{place.name[:100]}.{secrets.token_hex(8)}")
    try:
        yield draft
        draft.replace(place)
    except OSError as error:
        raise fail("file-unreadable", f"cannot write: {error.strerror or error}", file=str(path)) from None
    finally:
        draft.unlink(missing_ok=True)
