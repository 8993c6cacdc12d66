"""One file that lets an interrupted fit go on where it stopped, to the bit."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from genzoo.disk import write_bytes
from genzoo.errors import InputError


class Checkpoint:
    """A safetensors file, replaced as a whole: a kill at any moment leaves the last complete one.

    Args:
        path: Where it is kept while the fit runs.
        identity: What the fit is; a file of another fit is not used.
        every: Seconds between writes.
    """

    def __init__(self, path: Path, identity: str, every: float = 5.0) -> None:
        self.path = path
        self.identity = identity
        self.every = every
        self._last = time.monotonic()

    def due(self) -> bool:
        """Whether it is time to write."""
        return time.monotonic() - self._last >= self.every

    def write(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Replace the file.

        Raises:
            InputError: When it cannot be written.
        """
        metadata = {"identity": self.identity, "facts": json.dumps(facts)}
        plain: dict[str, Tensor] = {}
        for name, tensor in tensors.items():
            plain[name] = tensor.detach().contiguous().cpu()
        write_bytes(self.path, safetensors.torch.save(plain, metadata))
        self._last = time.monotonic()

    def read(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """The tensors and facts of this fit, or None when there are none.

        Raises:
            InputError: When the file is damaged.
        """
        if not self.path.exists():
            return None
        try:
            with safe_open(self.path, framework="pt") as file:
                metadata = file.metadata() or {}
                if metadata.get("identity") != self.identity:
                    return None
                tensors: dict[str, Tensor] = {}
                names = file.keys()
                for name in names:
                    tensors[name] = file.get_tensor(name)
                return tensors, json.loads(metadata["facts"])
        except (SafetensorError, OSError, KeyError, ValueError) as error:
            raise InputError(
                f"the checkpoint {self.path} is damaged: delete it to train again from the start"
            ) from error
