"""Forgetting events: examples that were classified correctly and then no longer (paper section 3.2, table 1)."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


class ForgettingTracker:
    """Counts forgetting events while a network is trained.

    An event is an example that was correct at its previous presentation and is wrong now. All tensors have one entry
    per example [N]: `events` and `presentations` are int64, the others bool.
    """

    def __init__(self, num_examples: int) -> None:
        if num_examples < 1:
            raise ValueError(f"A tracker of {num_examples} examples tracks nothing; it needs at least 1.")
        self.events = torch.zeros(num_examples, dtype=torch.int64)
        self.presentations = torch.zeros(num_examples, dtype=torch.int64)
        self.ever_learned = torch.zeros(num_examples, dtype=torch.bool)
        self._correct_last = torch.zeros(num_examples, dtype=torch.bool)

    @property
    def unforgettable(self) -> Tensor:
        """Learned at least once and never forgotten."""
        return self.ever_learned & (self.events == 0)

    @property
    def never_learned(self) -> Tensor:
        """Wrong at every presentation so far."""
        return ~self.ever_learned

    def update(self, indices: Tensor, correct: Tensor) -> None:
        """Record one presentation each of the examples `indices` (integer [B]); `correct` is bool or 0 and 1 [B].

        An index that occurs several times is presented several times, in the order given. Raises ValueError for an
        index outside 0..N-1, and for shapes or dtypes other than these; nothing is then recorded.
        """
        indices, correct = self._checked(indices, correct)
        order = torch.argsort(indices, stable=True)
        indices, correct = indices[order], correct[order]
        repeated = torch.zeros_like(correct)
        repeated[1:] = indices[1:] == indices[:-1]
        before = torch.where(repeated, correct.roll(1), self._correct_last[indices])
        self.events.index_add_(0, indices, (before & ~correct).long())
        self.presentations.index_add_(0, indices, torch.ones_like(indices))
        self.ever_learned[indices[correct]] = True
        latest = ~repeated.roll(-1)
        self._correct_last[indices[latest]] = correct[latest]

    def _checked(self, indices: Tensor, correct: Tensor) -> tuple[Tensor, Tensor]:
        indices, correct = torch.as_tensor(indices).cpu(), torch.as_tensor(correct).cpu()
        if indices.ndim != 1 or indices.shape != correct.shape:
            shapes = f"{list(indices.shape)} and {list(correct.shape)}"
            raise ValueError(f"indices and correct have shapes {shapes}; both must be [B].")
        if indices.dtype == torch.bool or indices.is_floating_point():
            raise ValueError(f"indices have dtype {indices.dtype}; they must be integers.")
        if bool(((correct != 0) & (correct != 1)).any()):
            raise ValueError("correct must hold booleans, or 0 and 1.")
        if len(indices) and not 0 <= int(indices.min()) <= int(indices.max()) < len(self.events):
            span = f"{int(indices.min())}..{int(indices.max())}"
            raise ValueError(f"indices span {span}, but there are examples 0..{len(self.events) - 1}.")
        return indices.long(), correct.bool()


@dataclass(frozen=True, eq=False)
class Forgetting:
    """What was learned and forgotten over a training, one entry per example [N].

    `events` (int64) counts forgetting events; `first_learned` (int64) is the epoch of the first correct presentation,
    counted from the first epoch of the record, or -1 if there was none.
    """

    events: Tensor
    first_learned: Tensor

    @property
    def ever_learned(self) -> Tensor:
        """Correct at least once, bool [N]."""
        return self.first_learned >= 0

    @property
    def unforgettable(self) -> Tensor:
        """Learned at least once and never forgotten, bool [N]."""
        return self.ever_learned & (self.events == 0)

    @property
    def never_learned(self) -> Tensor:
        """Never correct, bool [N]; its own class, never counted as unforgettable."""
        return ~self.ever_learned

    @property
    def mean_events(self) -> float:
        """Events per example, over all examples (table 1); one never learned has none."""
        return float(self.events.double().mean())

    @property
    def std_events(self) -> float:
        """The spread of events over all examples, with ddof 0 (table 1)."""
        return float(self.events.double().std(correction=0))

    @property
    def unforgettable_share(self) -> float:
        """Unforgettable examples as a fraction of all examples (table 1)."""
        return float(self.unforgettable.double().mean())

    @property
    def never_learned_share(self) -> float:
        """Never-learned examples as a fraction of all examples."""
        return float(self.never_learned.double().mean())


def forgetting(correct: Tensor) -> Forgetting:
    """Forgetting over a training that presents each example once per epoch; `correct` is bool [epochs, N].

    Raises ValueError unless it is bool with at least one epoch and one example.
    """
    if correct.dtype != torch.bool or correct.ndim != 2 or correct.numel() == 0:
        raise ValueError(f"correct is {correct.dtype} {list(correct.shape)}; it must be bool [epochs >= 1, N >= 1].")
    events = (correct[:-1] & ~correct[1:]).sum(dim=0)
    first = correct.to(torch.uint8).argmax(dim=0)
    return Forgetting(events, torch.where(correct.any(dim=0), first, -1))


def hardness_ranking(*records: Forgetting) -> Tensor:
    """Example indices (int64 [N]) from easiest to hardest (paper appendix D), over one training or several.

    Fewest events come first, as a mean over the records, and equals in the order of their index. An example that a
    training never learned counts there as one forgotten once more than any other, so that it ranks as hardest.
    """
    scores = [torch.where(record.never_learned, record.events.max() + 1, record.events) for record in records]
    return torch.argsort(torch.stack(scores).double().mean(0), stable=True)


def pack_correct(correct: Tensor) -> Tensor:
    """Eight examples to a byte: bool [N] to uint8 [ceil(N / 8)], the first example in the lowest bit."""
    if correct.dtype != torch.bool or correct.ndim != 1:
        raise ValueError(f"correct is {correct.dtype} {list(correct.shape)}; it must be bool [N].")
    return torch.from_numpy(np.packbits(correct.cpu().numpy(), bitorder="little"))


def unpack_correct(bits: Tensor, n: int) -> Tensor:
    """The inverse for E epochs: uint8 [E, ceil(n / 8)] of `pack_correct` to bool [E, n].

    Raises ValueError for another dtype or shape.
    """
    if bits.dtype != torch.uint8 or bits.ndim != 2 or bits.shape[1] != -(-n // 8):
        raise ValueError(
            f"bits is {bits.dtype} {list(bits.shape)}; it must be uint8 [E, {-(-n // 8)}] for {n} examples."
        )
    return torch.from_numpy(np.unpackbits(bits.cpu().numpy(), axis=1, count=n, bitorder="little")).bool()
