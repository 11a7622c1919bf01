"""The content-addressed store of states, masks and evaluations, and the storage that it lives on."""

from raylth.store.checkpoints import Checkpoints
from raylth.store.storage import Storage, check_writable, open_storage, split_address
from raylth.store.store import Start, Store

__all__ = ["Checkpoints", "Start", "Storage", "Store", "check_writable", "open_storage", "split_address"]
