"""The straight line between two states, on which linear mode connectivity is measured (paper section 3.2)."""

from torch import Tensor


def interpolate(a: dict[str, Tensor], b: dict[str, Tensor], alpha: float) -> dict[str, Tensor]:
    """The state (1 - alpha) a + alpha b, of new tensors with the dtypes of `a`.

    `a` and `b` are state dicts of the same names, shapes and dtypes. Only floating tensors are interpolated; integer
    buffers, such as BatchNorm's `num_batches_tracked`, are those of `a`. At alpha 0 and 1 the floating tensors are bit
    for bit those of `a` and `b`.

    Raises ValueError if alpha is outside [0, 1] or the states do not match.
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha}; a point on the line has an alpha in [0, 1].")
    _check_match(a, b)
    return {name: _between(tensor, b[name], alpha) for name, tensor in a.items()}


def alphas(count: int) -> tuple[float, ...]:
    """`count` equally spaced points on the line, from 0 to 1 with both ends.

    Raises ValueError if `count` is even or below 3, because 0.5, where barriers tend to be highest, must be one.
    """
    if count < 3 or count % 2 == 0:
        raise ValueError(f"A line of {count} alphas misses 0.5; take an odd number of at least 3.")
    return tuple(index / (count - 1) for index in range(count))


def _between(a: Tensor, b: Tensor, alpha: float) -> Tensor:
    # The ends are copied, because 0 x inf is NaN and -0.0 + 0.0 is 0.0.
    if alpha == 0 or not a.is_floating_point():
        return a.detach().clone()
    if alpha == 1:
        return b.detach().clone()
    # Not torch.lerp: b - a overflows where both weights are finite but huge.
    return (1 - alpha) * a.detach() + alpha * b.detach()


def _check_match(a: dict[str, Tensor], b: dict[str, Tensor]) -> None:
    if unmatched := a.keys() ^ b.keys():
        name = min(unmatched)
        raise ValueError(f"Only the {'first' if name in a else 'second'} state has {name!r}; both must name the same.")
    for name, tensor in a.items():
        ours, theirs = (tuple(tensor.shape), tensor.dtype), (tuple(b[name].shape), b[name].dtype)
        if ours != theirs:
            raise ValueError(f"{name!r} is {ours[0]} {ours[1]} in one state, {theirs[0]} {theirs[1]} in the other.")
