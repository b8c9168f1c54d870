"""Many sites, one fleet: the same work on nodes that other machines reach, with Celery between them; optional."""
