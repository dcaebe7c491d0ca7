"""Plug-ins of pytest, by what is missing when they are."""

from __future__ import annotations

# By the fixture that they bring.
FIXTURE_PLUGINS = {
    "mocker": "pytest-mock", "benchmark": "pytest-benchmark", "requests_mock": "requests-mock", "httpx_mock": "pytest-httpx",
    "httpserver": "pytest-httpserver", "aiohttp_client": "pytest-aiohttp", "anyio_backend": "anyio", "faker": "Faker",
    "freezer": "pytest-freezer", "snapshot": "syrupy", "data_regression": "pytest-regressions", "subtests": "pytest-subtests",
    "django_user_model": "pytest-django", "settings": "pytest-django", "rf": "pytest-django", "admin_client": "pytest-django",
    "django_db_setup": "pytest-django", "respx_mock": "respx", "fs": "pyfakefs", "qtbot": "pytest-qt", "testdir": "pytest",
    "event_loop": "pytest-asyncio", "datadir": "pytest-datadir", "shared_datadir": "pytest-datadir", "cov": "pytest-cov",
    "image_regression": "pytest-regressions", "page": "pytest-playwright", "live_server": "pytest-django",
}  # fmt: skip

# By the words of pytest's complaint.
MISSING_PLUGINS = {
    "unrecognized arguments: --cov": "pytest-cov", "unrecognized arguments: -n": "pytest-xdist",
    "unrecognized arguments: --timeout": "pytest-timeout", "unrecognized arguments: --reruns": "pytest-rerunfailures",
    "unrecognized arguments: --asyncio-mode": "pytest-asyncio", "unrecognized arguments: --benchmark": "pytest-benchmark",
    "unrecognized arguments: --ds": "pytest-django", "unrecognized arguments: --randomly": "pytest-randomly",
    "Unknown config option: asyncio_mode": "pytest-asyncio", "Unknown config option: timeout": "pytest-timeout",
    "Unknown config option: DJANGO_SETTINGS_MODULE": "pytest-django",
    "async def functions are not natively supported": "an asyncio plug-in such as pytest-asyncio",
    "Unknown pytest.mark.asyncio": "pytest-asyncio", "Unknown pytest.mark.timeout": "pytest-timeout",
    "Unknown pytest.mark.django_db": "pytest-django", "Unknown pytest.mark.flaky": "pytest-rerunfailures",
}  # fmt: skip
