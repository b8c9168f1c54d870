"""The Redis that keeps results, as Celery's backend; named by its path, so that Celery's loader finds it."""

from typing import Any, ClassVar

from celery.backends.redis import RedisBackend
from celery.loaders.app import AppLoader


class AskedRedis(RedisBackend):  # type: ignore[misc]  # Celery has no types
    """Results are fetched by asking for all at once: no subscription that a restart of Redis would end."""

    def on_task_call(self, _producer: Any, _task_id: str) -> None:
        """Celery subscribes to the result here; nothing is to be done."""
        return


class Loader(AppLoader):  # type: ignore[misc]  # Celery has no types
    """Celery's usual one with our backend in place of its own."""

    override_backends: ClassVar[dict[str, str]] = dict.fromkeys(("redis", "rediss"), f"{__name__}:AskedRedis")
