"""The services that a project's dependencies talk to, and how each of them runs in a container."""

from collections.abc import Collection, Mapping

import msgspec


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A service as Compose starts it.

    ``image`` is its public image by a tag of its major version, ``port`` where it listens,
    ``data`` the folder that has to outlive the container, ``healthy`` the words that say
    whether it answers. ``variables`` are its own settings, ``secret`` the variable with its
    password (empty: none) and ``url`` the address that the program is given as ``address``,
    both in the form ``${NAME}`` where a person's value belongs. A variable of the program
    that holds one of ``words`` and ends like an address gets that address too.
    """

    name: str
    image: str
    port: int
    data: str
    healthy: tuple[str, ...]
    address: str
    url: str
    words: tuple[str, ...]
    secret: str = ""
    variables: Mapping[str, str] = {}


SERVICES = {
    one.name: one
    for one in (
        Service(
            name="postgres",
            image="postgres:17-alpine",
            port=5432,
            data="/var/lib/postgresql/data",
            healthy=("CMD", "pg_isready", "--username", "app", "--dbname", "app"),
            address="DATABASE_URL",
            url="postgresql://app:${POSTGRES_PASSWORD}@postgres:5432/app",
            words=("DATABASE", "POSTGRES", "PG", "DB", "SQL"),
            secret="POSTGRES_PASSWORD",  # noqa: S106 - the name of a variable
            variables={"POSTGRES_USER": "app", "POSTGRES_DB": "app"},
        ),
        Service(
            name="mysql",
            image="mysql:8.4",
            port=3306,
            data="/var/lib/mysql",
            healthy=("CMD", "mysqladmin", "ping", "--host", "127.0.0.1", "--silent"),
            address="DATABASE_URL",
            url="mysql://app:${MYSQL_PASSWORD}@mysql:3306/app",
            words=("DATABASE", "MYSQL", "DB", "SQL"),
            secret="MYSQL_PASSWORD",  # noqa: S106 - the name of a variable
            variables={
                "MYSQL_USER": "app",
                "MYSQL_DATABASE": "app",
                "MYSQL_RANDOM_ROOT_PASSWORD": "yes",
            },
        ),
        Service(
            name="redis",
            image="redis:8-alpine",
            port=6379,
            data="/data",
            healthy=("CMD", "redis-cli", "ping"),
            address="REDIS_URL",
            url="redis://redis:6379/0",
            words=("REDIS", "CACHE", "BROKER", "RESULT"),
        ),
        Service(
            name="mongodb",
            image="mongo:8",
            port=27017,
            data="/data/db",
            healthy=("CMD", "mongosh", "--quiet", "--eval", "db.adminCommand('ping').ok"),
            address="MONGODB_URL",
            url="mongodb://app:${MONGODB_PASSWORD}@mongodb:27017/",
            words=("MONGO",),
            secret="MONGODB_PASSWORD",  # noqa: S106 - the name of a variable
            variables={"MONGO_INITDB_ROOT_USERNAME": "app"},
        ),
        Service(
            name="rabbitmq",
            image="rabbitmq:4-alpine",
            port=5672,
            data="/var/lib/rabbitmq",
            healthy=("CMD", "rabbitmq-diagnostics", "--quiet", "ping"),
            address="AMQP_URL",
            url="amqp://app:${RABBITMQ_PASSWORD}@rabbitmq:5672/",
            words=("AMQP", "RABBIT", "BROKER"),
            secret="RABBITMQ_PASSWORD",  # noqa: S106 - the name of a variable
            variables={"RABBITMQ_DEFAULT_USER": "app"},
        ),
    )
}
"""Images and commands as the images' own pages give them."""

_ADDRESS_ENDS = ("_URL", "_URI", "_DSN", "_ADDRESS", "_BROKER")


def addresses(used: Collection[Service], variables: Collection[str]) -> dict[str, str]:
    """Give the address that each variable is to hold, ``${NAME}`` standing for a person's value.

    A service that none of the program's ``variables`` asks for is told by its usual name.
    """
    found: dict[str, str] = {}
    for service in sorted(used, key=lambda one: one.name == "redis"):  # brokers come first
        asked = [
            name
            for name in sorted(variables)
            if name not in found
            and name.endswith(_ADDRESS_ENDS)
            and any(word in name for word in service.words)
        ]
        for name in asked or [service.address]:
            found.setdefault(name, service.url)
    return found


PASSWORD_OF = {
    "mongodb": "MONGO_INITDB_ROOT_PASSWORD",
    "rabbitmq": "RABBITMQ_DEFAULT_PASS",
}
"""What the image calls its password, where that is another name than ours."""

_CLIENTS = {
    "postgres": "psycopg psycopg2 psycopg2-binary psycopg-binary asyncpg pg8000 aiopg psycopg-pool",
    "mysql": "mysqlclient pymysql aiomysql asyncmy mysql-connector-python",
    "redis": "redis aioredis valkey django-redis channels-redis rq arq fastapi-cache2 hiredis",
    "mongodb": "pymongo motor mongoengine beanie odmantic",
    "rabbitmq": "pika aio-pika amqp kombu",
}
_EXTRAS = {
    ("celery", "redis"): "redis",
    ("kombu", "redis"): "redis",
    ("dramatiq", "redis"): "redis",
    ("dramatiq", "rabbitmq"): "rabbitmq",
    ("taskiq", "redis"): "redis",
    ("django", "redis"): "redis",
    ("sqlalchemy", "postgresql"): "postgres",
    ("sqlalchemy", "asyncpg"): "postgres",
}


def services_of(needs: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Give each service that ``needs`` (normalised names and their extras) tell of, and the name that tells it.

    Celery without a client of its own speaks AMQP, which is its default.
    """
    found: dict[str, str] = {}
    for service, clients in _CLIENTS.items():
        for client in clients.split():
            if client in needs:
                found.setdefault(service, client)
    for (name, extra), service in _EXTRAS.items():
        if extra in needs.get(name, ()):
            found.setdefault(service, f"{name}[{extra}]")
    if "celery" in needs and not {"redis", "rabbitmq"} & found.keys():
        found["rabbitmq"] = "celery"
    return {name: found[name] for name in SERVICES if name in found}
