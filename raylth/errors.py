"""What can go wrong, as a small tree of exceptions that each explain themselves in one sentence."""


class RaylthError(Exception):
    """Anything that raylth can explain to a person in one sentence."""


class BadInput(RaylthError):
    """The user gave something that cannot work; the command line answers with exit code 2."""


class SpecError(BadInput):
    """A sweep spec is malformed: the message names file, line, key, value and what is allowed."""


class DataMissing(BadInput):
    """A data set is not on this machine; the message says how to get it."""


class DataCorrupt(BadInput):
    """A data set's files are there but cannot be what they claim to be."""


class StorageError(BadInput):
    """A storage root cannot be read or written."""


class RunLocked(BadInput):
    """Another driver is working on the same run."""


class Unsupported(RaylthError):
    """This machine cannot do what the sweep needs, such as its precision."""


class ObjectMissing(RaylthError):
    """The store does not hold the object that was asked for."""


class ObjectDamaged(ObjectMissing):
    """An object is not what was written; it has been set aside where that was possible, and counts as missing."""
