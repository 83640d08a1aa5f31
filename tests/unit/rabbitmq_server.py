"""RabbitMQ's management interface, as releases of it answer."""

from __future__ import annotations

from typing import Any

from ansible_collections.privatechat.platform.plugins.modules import rabbitmq_definitions as definitions


class FakeServer:
    """Keeps definitions in memory."""

    def __init__(self, release: str) -> None:
        self.release = release
        self.objects: dict[str, dict[str, Any]] = {"/vhosts/%2F": {}}
        self.calls: list[str] = []
        self.user("guest", "guest", ["administrator"])
        self.user("administrator", "secret-a", ["administrator"])
        self.objects["/permissions/chat/guest"] = {"configure": "", "write": "", "read": ""}
        self.objects["/permissions/chat/administrator"] = {"configure": ".*", "write": "", "read": ""}

    def user(self, name: str, password: str, tags: list[str]) -> None:
        body = {"password_hash": definitions.hashed(password, b"salt"), "hashing_algorithm": definitions.ALGORITHM}
        self.objects[f"/users/{name}"] = {**body, "tags": tags}

    def request(self, method: str, path: str, data: Any = None) -> Any:
        name = path.removeprefix("/api").partition("?")[0]
        if method == "GET":
            return [self.row(key) for key in self.objects if key.startswith(f"{name}/")]
        self.calls.append(f"{method} {name}")
        if method == "DELETE":
            if name.startswith("/users/"):
                user = name.removeprefix("/users/")
                self.objects = {key: body for key, body in self.objects.items() if not key.endswith(f"/{user}")}
            elif name.startswith("/vhosts/"):
                inside = f"/{name.removeprefix('/vhosts/')}/"
                self.objects = {key: body for key, body in self.objects.items() if key != name and inside not in key}
            else:
                del self.objects[name]
            return None
        kept = dict(data)
        if "defaultqueuetype" in kept:
            kind = kept["defaultqueuetype" if self.release == "3.10" else "default_queue_type"]
            kept = {"default_queue_type": kind}
            if self.release == "3.10":
                kept = self.objects.get(name, {"metadata": kept})
        if "tags" in kept and self.release != "3.8":
            kept["tags"] = kept["tags"].split(",") if kept["tags"] else []
        self.objects[name] = kept
        return None

    def row(self, key: str) -> dict[str, Any]:
        _, kind, *names = key.split("/")
        named = {"permissions": ("vhost", "user"), "vhosts": ("name",), "users": ("name",)}.get(kind, ("vhost", "name"))
        return {**dict(zip(named, names, strict=True)), **self.objects[key]}
