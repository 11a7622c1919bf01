"""The doctor on a cluster: a report from every node, whatever happens on it."""

import time
from collections.abc import Iterator

import pytest
import ray
from ray.cluster_utils import Cluster

from raylth.doctor import Check
from raylth.errors import BadInput
from raylth.orchestration.nodes import examine_nodes


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Two nodes; each could run both examinations, so that only pinning spreads them."""
    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 4})
    started.add_node(num_cpus=4)
    yield started
    started.shutdown()


def test_every_node_examines_itself(cluster: Cluster) -> None:
    def where() -> list[Check]:
        time.sleep(0.5)
        return [Check("place", "pass", ray.get_runtime_context().get_node_id())]

    reports = list(examine_nodes(cluster.address, where))
    places = [report.checks[0].detail for report in reports]
    assert len(set(places)) == 2
    assert [place[:8] in report.node for place, report in zip(places, reports, strict=True)] == [True, True]
    assert "offers 4 CPU" in reports[0].node
    assert not ray.is_initialized()


def test_a_broken_node_does_not_hide_the_others(cluster: Cluster) -> None:
    head = cluster.head_node.node_id

    def broken() -> list[Check]:
        if ray.get_runtime_context().get_node_id() == head:
            raise ModuleNotFoundError("No module named 'raylth'")
        return [Check("place", "pass", "here")]

    reports = {head[:8] in report.node: report.checks for report in examine_nodes(cluster.address, broken)}
    assert reports[False] == (Check("place", "pass", "here"),)
    assert (reports[True][0].name, reports[True][0].outcome) == ("node", "fail")
    assert reports[True][0].detail.endswith("No module named 'raylth'")


def test_a_silent_node_is_not_waited_for(cluster: Cluster) -> None:
    def silent() -> list[Check]:
        time.sleep(100)
        return []

    began = time.monotonic()
    reports = list(examine_nodes(cluster.address, silent, seconds=1))
    assert time.monotonic() - began < 50
    assert [report.checks[0].outcome for report in reports] == ["fail", "fail"]
    assert "no answer within 1 s" in reports[0].checks[0].detail


@pytest.mark.parametrize("address", ["127.0.0.1:9", "127.0.0.1:99999", "host:port", "nonsense", "ray://127.0.0.1:9"])
def test_no_cluster_is_bad_input_at_once(address: str) -> None:
    began = time.monotonic()
    with pytest.raises(BadInput, match=address):
        list(examine_nodes(address, list))
    assert time.monotonic() - began < 20
