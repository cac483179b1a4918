from __future__ import annotations

import pytest

from netpolspec.policy.assumptions import KEYS, PROFILES, Assumptions, HostNetwork, YesNo, choices, parse, profile


def test_every_key_of_the_command_line_is_there() -> None:
    assert set(KEYS) == {
        "ipblock-selects-pods",
        "networks-select-pods",
        "hostnetwork",
        "baseline-after-isolation",
        "hairpin",
        "nodeport-snat",
        "icmp",
        "pod-without-address",
    }


def test_defaults() -> None:
    assert {key: Assumptions().value(key) for key in KEYS} == {
        "ipblock-selects-pods": "yes",
        "networks-select-pods": "yes",
        "hostnetwork": "node",
        "baseline-after-isolation": "per-direction",
        "hairpin": "unspecified",
        "nodeport-snat": "unspecified",
        "icmp": "unspecified",
        "pod-without-address": "outside-blocks",
    }


@pytest.mark.parametrize("key", KEYS)
def test_every_value_can_be_given_and_is_read_back(key: str) -> None:
    for value in choices(key):
        assumed = parse(key, value)
        assert assumed.value(key) == value
        assert assumed.given(key) == f"{key}={value}"
        assert all(assumed.value(other) == Assumptions().value(other) for other in KEYS if other != key)


def test_one_after_the_other() -> None:
    assumed = parse("hostnetwork", "pod", parse("ipblock-selects-pods", "no"))
    assert (assumed.hostnetwork, assumed.ipblock_selects_pods) == (HostNetwork.POD, YesNo.NO)


def test_what_cannot_be_assumed() -> None:
    with pytest.raises(ValueError, match="unknown assumption 'hostnet'"):
        parse("hostnet", "pod")
    with pytest.raises(ValueError, match="'hostnetwork' cannot be 'host'; it is one of node, pod"):
        parse("hostnetwork", "host")
    with pytest.raises(ValueError, match="unknown profile 'flannel'"):
        profile("flannel")


def test_profiles_set_what_their_sources_say_and_keep_the_rest() -> None:
    assert profile("cilium").ipblock_selects_pods is YesNo.NO
    assert profile("calico").ipblock_selects_pods is YesNo.YES
    assert profile("kindnet", parse("icmp", "denied")).value("icmp") == "denied"
    assert set(PROFILES) == {"calico", "cilium", "kube-router", "kindnet"}
    assert all(setting.source for settings in PROFILES.values() for setting in settings)
