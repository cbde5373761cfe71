"""Compose files: the program's processes beside the services it uses, and the same to work and debug in."""

from onward.core.yaml_text import Data, write_yaml
from onward.domain.containers.app import Process
from onward.domain.containers.dockerfile import HEAD
from onward.domain.containers.facts import FOLDER, Facts
from onward.domain.containers.services import PASSWORD_OF, Service, addresses


def compose(facts: Facts) -> str:
    """Give the text of compose.yaml; what it publishes is on loopback only."""
    services: dict[str, Data] = {
        process.name: _process(process, facts) for process in facts.app.processes
    }
    services |= {service.name: _service(service) for service in facts.used}
    data: dict[str, Data] = {"name": facts.name, "services": services}
    if facts.used:
        data["volumes"] = {f"{service.name}-data": {} for service in facts.used}
    return write_yaml(data, HEAD)


def _process(process: Process, facts: Facts) -> Data:
    build: dict[str, Data] = {"context": facts.above, "target": "run"}
    if facts.member:
        build["dockerfile"] = f"{facts.member}/Dockerfile"
    made: dict[str, Data] = {
        "build": build,
        "image": f"{facts.name}:{facts.version}",
        "command": [word.replace("$", "$$") for word in process.argv],  # else it expands them
        "init": True,
        "restart": "unless-stopped",
    }
    if process.port:
        made["ports"] = [f"127.0.0.1:{process.port}:{process.port}"]
    else:
        made["healthcheck"] = {"disable": True}  # the image's own asks a port
    if names(facts):
        made["env_file"] = [{"path": ".env", "required": False}]
    if wired := addresses(facts.used, facts.app.variables):
        made["environment"] = {name: _insist(url) for name, url in wired.items()}
    if facts.used:
        made["depends_on"] = {
            service.name: {"condition": "service_healthy"} for service in facts.used
        }
    made["read_only"] = True
    made["tmpfs"] = ["/tmp"]  # noqa: S108 - in the container
    made["cap_drop"] = ["ALL"]
    made["security_opt"] = ["no-new-privileges:true"]
    return made


def _service(service: Service) -> Data:
    variables = dict(service.variables)
    if service.secret:
        variables[PASSWORD_OF.get(service.name, service.secret)] = _insist(f"${{{service.secret}}}")
    made: dict[str, Data] = {"image": service.image, "restart": "unless-stopped"}
    if variables:
        made["environment"] = variables
    made["volumes"] = [f"{service.name}-data:{service.data}"]
    made["healthcheck"] = {
        "test": list(service.healthy),
        "interval": "10s",
        "timeout": "5s",
        "retries": 10,
        "start_period": "20s",
    }
    return made


def _insist(text: str) -> str:
    return text.replace("}", ":?is not set in .env}")


def debug_compose(facts: Facts) -> str:
    """Give the text of compose.debug.yaml: the main process's container, idle, with the folder mounted in it."""
    main = facts.app.processes[0]
    data: Data = {
        "services": {
            main.name: {
                "build": {"target": "build"},
                "image": f"{facts.name}:dev",
                "command": ["sleep", "infinity"],
                "volumes": [f"{facts.above}:{FOLDER}"],
                "healthcheck": {"disable": True},
                "read_only": False,
            }
        }
    }
    return write_yaml(data, HEAD)


def names(facts: Facts) -> dict[str, str]:
    """Give the variables that a person has to set, and for each what it is for."""
    wired = addresses(facts.used, facts.app.variables)
    asked = {
        service.secret: f"the password of {service.name}: letters and digits, since it stands in an address"
        for service in facts.used
        if service.secret
    }
    asked |= {
        name: "read by the program"
        for name in facts.app.variables
        if name not in wired and name not in asked
    }
    return asked


def env_example(facts: Facts) -> str:
    """Give the text of .env.example: names, never values."""
    lines = [f"# {HEAD}", "# Copy it to `.env` and fill that in; `.env` is not for git."]
    for name, purpose in names(facts).items():
        lines += ["", f"# {purpose}", f"{name}="]
    return "\n".join(lines) + "\n"


def procfile(facts: Facts) -> str:
    """Give the text of a Procfile: each process on a line."""
    import shlex

    lines = (f"{one.name}: {shlex.join(one.argv)}\n" for one in facts.app.processes)
    return f"# {HEAD}\n{''.join(lines)}"
