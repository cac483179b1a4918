"""What cluster is wished for: who wins among several places, what excludes what, and kind's configuration for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from netpolspec.backends.clusters.blueprint import Blueprint, Wish, contradiction, draw, kind_config, wish
from netpolspec.backends.clusters.catalog import CALICO, CILIUM, KINDNET, KUBE_ROUTER, NONE, IpFamily
from netpolspec.diagnostics import Refusal, render

CNI_OFF = "kind: Cluster\nnetworking:\n  disableDefaultCNI: true\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("off.yaml").write_text(CNI_OFF)
    Path("on.yaml").write_text("kind: Cluster\n# disableDefaultCNI: true would turn it off\n")
    Path("cni.yaml").write_text("kind: DaemonSet\n")
    return tmp_path


def refused(*wishes: Wish) -> str:
    with pytest.raises(Refusal) as caught:
        draw(*wishes)
    return "\n".join(render(each) for each in caught.value.diagnostics)


def test_without_a_word_it_is_one_node_with_calico() -> None:
    blueprint = draw(Wish(), Wish())
    assert (blueprint.name, blueprint.nodes, blueprint.cni) == ("netpolspec", 1, CALICO)
    assert blueprint.context == "kind-netpolspec"
    assert blueprint.asked == {}
    assert blueprint.has_network


def test_settings_become_a_wish() -> None:
    said: dict[str, str | int] = {"cluster-name": "a", "cni": "kindnet", "nodes": 3, "ip-family": "dual"}
    said["node-image"] = "i:1"
    assert wish(said) == Wish(name="a", cni="kindnet", nodes=3, ip_family="dual", node_image="i:1")
    assert wish({"kind-config": "k", "cni-manifest": "m"}) == Wish(kind_config="k", cni_manifest="m")
    assert wish({}) == Wish()


def test_the_earlier_place_wins_word_by_word() -> None:
    blueprint = draw(Wish(name="mine"), Wish(name="theirs", node_image="mirror/node:1"))
    assert (blueprint.name, blueprint.node_image) == ("mine", "mirror/node:1")


def test_nodes_on_the_command_line_replace_the_configuration_of_the_environment() -> None:
    blueprint = draw(Wish(nodes=3), Wish(kind_config="off.yaml", cni_manifest="cni.yaml"))
    assert (blueprint.nodes, blueprint.kind_config) == (3, None)
    assert blueprint.cni_manifest == "cni.yaml"


def test_a_configuration_on_the_command_line_replaces_the_nodes_of_the_project() -> None:
    blueprint = draw(Wish(kind_config="off.yaml"), Wish(nodes=3, ip_family="dual"))
    assert (blueprint.kind_config, blueprint.nodes, blueprint.ip_family) == ("off.yaml", 1, IpFamily.IPV4)


def test_a_plugin_on_the_command_line_replaces_the_manifest_of_the_environment() -> None:
    blueprint = draw(Wish(cni="kindnet"), Wish(cni_manifest="cni.yaml"))
    assert (blueprint.cni, blueprint.cni_manifest) == (KINDNET, None)


def test_a_manifest_alone_is_the_plugin() -> None:
    blueprint = draw(Wish(cni_manifest="cni.yaml"))
    assert (blueprint.cni, blueprint.plugin) == (NONE, "cni.yaml")
    assert blueprint.has_network


def test_a_manifest_may_come_on_top_of_kinds_own_plugin() -> None:
    blueprint = draw(Wish(cni="kindnet", cni_manifest="cni.yaml"))
    assert blueprint.plugin == "kindnet kind's own and cni.yaml"
    assert "disableDefaultCNI" not in kind_config(blueprint)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (Wish(nodes=2, kind_config="off.yaml"), "--nodes and --kind-config exclude each other"),
        (Wish(ip_family="ipv6", kind_config="off.yaml"), "--ip-family and --kind-config exclude each other"),
        (Wish(cni="calico", cni_manifest="cni.yaml"), "--cni calico and --cni-manifest exclude each other"),
        (Wish(cni="calicoo"), "did you mean 'calico'?"),
        (Wish(cni="flannel"), "there are: calico, kindnet, cilium, kube-router, none"),
        (Wish(ip_family="ipv5"), "did you mean 'ipv"),
        (Wish(nodes=0), "a cluster of 0 nodes cannot be"),
        (Wish(name="Mine"), "'Mine' cannot be a cluster's name"),
        (Wish(name="-x"), "cannot be a cluster's name"),
        (Wish(name="../x"), "cannot be a cluster's name"),
        (Wish(name="a" * 51), "cannot be a cluster's name"),
        (Wish(kind_config="none.yaml"), "there is no file 'none.yaml'"),
        (Wish(cni_manifest="none.yaml"), "NETPOLSPEC_CNI_MANIFEST"),
        (Wish(cni="kindnet", kind_config="off.yaml"), "turns off kind's own plugin"),
        (Wish(cni="calico", kind_config="on.yaml"), "would be a second one"),
        (Wish(kind_config="on.yaml"), "would be a second one"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(said: Wish, message: str) -> None:
    assert message in refused(said)


def test_all_that_is_wrong_is_told_at_once() -> None:
    said = refused(Wish(cni="x"), Wish(kind_config="none.yaml", ip_family="ipv6"))
    assert said.count("error: ") == 3


def test_a_manifest_on_the_web_need_not_be_a_file() -> None:
    assert draw(Wish(cni_manifest="https://mirror.example/cni.yaml")).cni is NONE


def test_a_configuration_may_bring_its_own_plugin() -> None:
    assert draw(Wish(cni="none", kind_config="on.yaml")).has_network
    assert not draw(Wish(cni="none")).has_network


# --- kind's configuration -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("blueprint", "networking"),
    [
        (Blueprint(), ["disableDefaultCNI: true", 'podSubnet: "192.168.0.0/16"']),
        (Blueprint(cni=KINDNET), []),
        (Blueprint(cni=CILIUM), ["disableDefaultCNI: true"]),
        (Blueprint(cni=KUBE_ROUTER, ip_family=IpFamily.IPV6), ["disableDefaultCNI: true", "ipFamily: ipv6"]),
        (Blueprint(cni=NONE, cni_manifest="cni.yaml"), ["disableDefaultCNI: true"]),
        (
            Blueprint(ip_family=IpFamily.DUAL),
            ["disableDefaultCNI: true", "ipFamily: dual", 'podSubnet: "192.168.0.0/16,fd00:10:244::/56"'],
        ),
        (Blueprint(ip_family=IpFamily.IPV6), ["disableDefaultCNI: true", "ipFamily: ipv6"]),
    ],
)
def test_the_configuration_is_written_for_the_plugin(blueprint: Blueprint, networking: list[str]) -> None:
    expected = ["kind: Cluster", "apiVersion: kind.x-k8s.io/v1alpha4"]
    expected += ["networking:", *(f"  {line}" for line in networking)] if networking else []
    expected += ["nodes:", "- role: control-plane"]
    assert kind_config(blueprint).splitlines() == expected


def test_one_of_the_nodes_is_the_control_plane() -> None:
    lines = kind_config(Blueprint(nodes=3)).splitlines()
    assert lines[-3:] == ["- role: control-plane", "- role: worker", "- role: worker"]


def test_a_configuration_of_the_users_is_taken_as_it_is() -> None:
    assert kind_config(Blueprint(kind_config="off.yaml", cni=NONE)) == CNI_OFF


# --- a cluster that is there already --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "asked", "otherwise"),
    [
        (Wish(), Wish(), None),
        (Wish(cni="cilium", nodes=3), Wish(), None),
        (Wish(cni="cilium"), Wish(cni="calico"), "--cni calico is asked for, it was made with --cni cilium"),
        (Wish(nodes=1), Wish(nodes=3), "--nodes 3 is asked for, it was made with --nodes 1"),
        (Wish(), Wish(node_image="n:1"), "--node-image n:1 is asked for, it was made without --node-image"),
        (Wish(kind_config="off.yaml", cni="cilium"), Wish(nodes=3), None),
        (Wish(cni_manifest="cni.yaml"), Wish(cni_manifest="./cni.yaml"), None),
    ],
)
def test_what_is_asked_for_is_compared_with_what_was_made(made: Wish, asked: Wish, otherwise: str | None) -> None:
    assert contradiction(draw(asked).asked, draw(made).facts) == otherwise
