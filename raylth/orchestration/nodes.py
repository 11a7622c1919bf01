"""Running the doctor on every node of a cluster."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from raylth.doctor import Check
from raylth.orchestration.session import ray_session
from raylth.spec.schema import LoggingSpec

NODE_SECONDS = 180.0
"""A node that has not answered by then is busy, or broken."""

Examination = Callable[[], Iterable[Check]]


@dataclass(frozen=True)
class NodeReport:
    """What was found on one node; `node` names it for people."""

    node: str
    checks: tuple[Check, ...]


def examine_nodes(address: str, examination: Examination, seconds: float = NODE_SECONDS) -> Iterator[NodeReport]:
    """Run an examination on every node that is alive, in one task each, and give the reports as they come.

    A task takes one core, and one GPU where there is one. `examination` must be importable on the nodes.
    Raises BadInput when no cluster answers at `address`.
    """
    with ray_session(address, LoggingSpec()):
        waiting = {_submit(node, examination): _label(node) for node in ray.nodes() if node["Alive"]}
        deadline = time.monotonic() + seconds
        while waiting and (left := deadline - time.monotonic()) > 0:
            for done in ray.wait(list(waiting), timeout=left)[0]:
                yield NodeReport(waiting.pop(done), _checks(done))
        for late, label in waiting.items():
            ray.cancel(late, force=True)
            yield NodeReport(label, (_silent(seconds),))


def _submit(node: Mapping[str, Any], examination: Examination) -> "ray.ObjectRef[tuple[Check, ...]]":
    offered = node["Resources"]
    pinned = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
    task = ray.remote(_run).options(
        num_cpus=min(1, offered.get("CPU", 0)),
        num_gpus=min(1, offered.get("GPU", 0)),
        scheduling_strategy=pinned,
        max_retries=0,
    )
    return task.remote(examination)


def _run(examination: Examination) -> tuple[Check, ...]:
    return tuple(examination())


def _checks(done: "ray.ObjectRef[tuple[Check, ...]]") -> tuple[Check, ...]:
    try:
        checks: tuple[Check, ...] = ray.get(done)
    except RayError as error:
        return (Check("node", "fail", f"the examination broke off: {_last_line(error)}"),)
    return checks


def _silent(seconds: float) -> Check:
    detail = f"no answer within {seconds:.0f} s; is it busy? The examination needs a free core, and a free GPU if any"
    return Check("node", "fail", detail)


def _label(node: Mapping[str, Any]) -> str:
    offered = node["Resources"]
    shown = ", ".join(f"{offered[kind]:g} {kind}" for kind in ("CPU", "GPU") if kind in offered)
    place = f"{node['NodeManagerHostname']} {node['NodeManagerAddress']}"
    return f"{place} (node {node['NodeID'][:8]}, offers {shown or 'no cores'})"


def _last_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[-1]
