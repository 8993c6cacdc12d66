"""Records that notice damage: JSON with a digest of itself and of the files that it is about."""

import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILES = "files"
"""Key of the digests of the files beside a record."""
VALUES = "values"
"""Key of what a record says of them."""
CODE = "code"
"""Key of the digests of the source by which values were made, where it is not genzoo's."""
DIGEST = "digest"
"""Key of the digest of the rest of a record."""


def digest_of(content: bytes) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def sealed(record: Mapping[str, Any]) -> str:
    """A record as JSON text, with a digest of itself."""
    plain = json.loads(json.dumps(dict(record)))
    return json.dumps({**plain, DIGEST: _seal(plain)}, indent=2, sort_keys=True) + "\n"


def _seal(record: Mapping[str, Any]) -> str:
    return digest_of(json.dumps(record, sort_keys=True).encode())


def is_intact(record: Mapping[str, Any]) -> bool:
    """Whether a record is as it was written.

    Records of before there were digests are taken as they are.
    """
    if DIGEST not in record:
        return True
    rest = dict(record)
    digest: object = rest.pop(DIGEST)
    return digest == _seal(rest)


def digest_of_file(path: Path) -> str:
    """The SHA-256 of a file on disk."""
    facts = path.stat()
    return _digest_at(path, facts.st_mtime_ns, facts.st_size)


@functools.lru_cache(maxsize=10_000)
def _digest_at(path: Path, time: int, size: int) -> str:
    """The digest, computed again only where time or size have changed.

    A comparison asks often whether a run is scored.
    """
    return digest_of(path.read_bytes())
