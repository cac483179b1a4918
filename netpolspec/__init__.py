"""Prove what Kubernetes NetworkPolicies do."""

__version__ = "0.1.0"
