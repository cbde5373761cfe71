"""Manifests for Kubernetes: a Deployment for each process, a Service for the one that listens."""

from onward.core.yaml_text import Data, write_yaml
from onward.domain.containers.app import Process
from onward.domain.containers.compose import names
from onward.domain.containers.dockerfile import HEAD, USER
from onward.domain.containers.facts import Facts
from onward.domain.containers.services import addresses


def kubernetes(facts: Facts) -> str:
    """Give the text of kubernetes.yaml; values come from a Secret that it only refers to."""
    note = f"{HEAD}\nSet `image` to where you push it."
    secret = _wanted(facts)
    if secret:
        note += (
            f"\nIt expects a Secret `{facts.name}-env` with: {', '.join(secret)}.\n"
            f"`kubectl create secret generic {facts.name}-env --from-env-file=.env.kubernetes` makes it."
        )
    documents = [_deployment(process, facts) for process in facts.app.processes]
    documents += [_service(process, facts) for process in facts.app.processes if process.port]
    return "---\n".join(
        write_yaml(document, note if index == 0 else "") for index, document in enumerate(documents)
    )


def _wanted(facts: Facts) -> list[str]:
    passwords = {service.secret for service in facts.used}
    own = [name for name in names(facts) if name not in passwords]
    return sorted([*own, *addresses(facts.used, facts.app.variables)])


def _labels(process: Process, facts: Facts) -> dict[str, Data]:
    return {"app.kubernetes.io/name": facts.name, "app.kubernetes.io/component": process.name}


def _deployment(process: Process, facts: Facts) -> Data:
    container: dict[str, Data] = {
        "name": process.name,
        "image": f"{facts.name}:{facts.version}",
        "command": [word.replace("$", "$$") for word in process.argv],  # else it expands `$(NAME)`
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"cpu": "1", "memory": "512Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - in the container
    }
    if _wanted(facts):
        container["envFrom"] = [{"secretRef": {"name": f"{facts.name}-env"}}]
    if process.port:
        container["ports"] = [{"name": "http", "containerPort": process.port}]
        container |= _probes(facts.app.health)
    labels = _labels(process, facts)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"{facts.name}-{process.name}", "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "automountServiceAccountToken": False,
                    "securityContext": {
                        "runAsNonRoot": True,
                        "runAsUser": USER,
                        "runAsGroup": USER,
                        "fsGroup": USER,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "containers": [container],
                    "volumes": [{"name": "tmp", "emptyDir": {}}],
                },
            },
        },
    }


def _probes(health: str) -> dict[str, Data]:
    ask: dict[str, Data] = (
        {"httpGet": {"path": health, "port": "http"}} if health else {"tcpSocket": {"port": "http"}}
    )
    return {
        "startupProbe": {**ask, "periodSeconds": 2, "failureThreshold": 30},
        "readinessProbe": {**ask, "periodSeconds": 10, "timeoutSeconds": 5},
        "livenessProbe": {**ask, "periodSeconds": 30, "timeoutSeconds": 5},
    }


def _service(process: Process, facts: Facts) -> Data:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": f"{facts.name}-{process.name}",
            "labels": _labels(process, facts),
        },
        "spec": {
            "selector": _labels(process, facts),
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
        },
    }
