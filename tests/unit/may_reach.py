"""Who may reach what of the platform, as a person would say it; the table of flows is held against this."""

from __future__ import annotations

WORLD = "anyone"

# The whole of who may reach what. A flow that comes or goes is seen here.
MAY_REACH: dict[str, dict[str, set[str]]] = {
    "etcd": {"client": {"etcd", "postgresql"}, "peer": {"etcd"}, "metrics": {"monitoring"}},
    "postgresql": {
        "sql": {"chat", "postgresql"},
        "api": {"chat", "monitoring", "postgresql"},
        "metrics": {"monitoring"},
    },
    "redis": {"redis": {"chat", "redis"}, "sentinel": {"redis"}, "metrics": {"monitoring"}},
    "rabbitmq": {
        "amqps": {"chat"},
        "management": {"rabbitmq"},
        "epmd": {"rabbitmq"},
        "distribution": {"rabbitmq"},
        "metrics": {"monitoring"},
    },
    "chat": {
        "health": {"edge"},
        "main": {"chat", "edge"},
        "workers": {"edge"},
        "replication_main": {"chat"},
        "replication_workers": {"chat"},
        "metrics_main": {"monitoring"},
        "metrics_workers": {"monitoring"},
        "balancer_metrics": {"monitoring"},
    },
    "edge": {"http": {WORLD}, "https": {WORLD}, "vrrp": {"edge"}, "balancer_metrics": {"monitoring"}},
    "monitoring": {"prometheus": {"edge"}, "alertmanager_cluster": {"monitoring"}},
}
# What each host has beside the ports of its tiers.
EACH_HOST = {"metrics": {"monitoring"}}
