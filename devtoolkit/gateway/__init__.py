"""The gateway: nodes over HTTP, for people, programs and Prometheus. Thin routes: parse, call a service, serialise.

Needs the extra `gateway` (FastAPI, uvicorn, prometheus-client); only `settings` and `extra` can be imported without.
"""
