"""Data sets as uint8 tensors: finding, reading, checking, splitting and augmenting them."""

from raylth.data.augment import DeviceSplit, normalisation, present, to_device
from raylth.data.catalogue import Source, SourceInfo, describe, known_datasets
from raylth.data.dataset import DataFacts, Dataset, Split, fingerprint, make_dataset
from raylth.data.fetch import fetch
from raylth.data.load import check_dataset, data_root, load_dataset, load_whole
from raylth.data.subset import class_balanced, largest_balanced, stratified_split

__all__ = [
    "DataFacts",
    "Dataset",
    "DeviceSplit",
    "Source",
    "SourceInfo",
    "Split",
    "check_dataset",
    "class_balanced",
    "data_root",
    "describe",
    "fetch",
    "fingerprint",
    "known_datasets",
    "largest_balanced",
    "load_dataset",
    "load_whole",
    "make_dataset",
    "normalisation",
    "present",
    "stratified_split",
    "to_device",
]
