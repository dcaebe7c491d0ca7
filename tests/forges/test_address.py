"""Addresses of remotes lead to a forge and a project, or to nothing."""

from __future__ import annotations

import pytest

from honk_ci.forges.address import context_of


@pytest.mark.parametrize(
    ("address", "name", "api", "project"),
    [
        ("https://github.com/acme/shop.git", "github", "https://api.github.com", "acme/shop"),
        ("https://github.com/acme/shop/", "github", "https://api.github.com", "acme/shop"),
        ("https://me:secret@github.com/acme/shop", "github", "https://api.github.com", "acme/shop"),
        ("git@github.com:acme/shop.git", "github", "https://api.github.com", "acme/shop"),
        ("ssh://git@github.com:22/acme/shop.git", "github", "https://api.github.com", "acme/shop"),
        ("https://github.corp.example:8443/a/b.git", "github", "https://github.corp.example:8443/api/v3", "a/b"),
        ("https://gitlab.com/group/sub/shop.git", "gitlab", "https://gitlab.com/api/v4", "group/sub/shop"),
        ("git@gitlab.example.org:group/shop.git", "gitlab", "https://gitlab.example.org/api/v4", "group/shop"),
    ],
)
def test_a_forge_is_known_by_the_name_of_its_host(address: str, name: str, api: str, project: str) -> None:
    context = context_of(address)

    assert (context.name, context.api_url, context.project) == (name, api, project)
    assert "secret" not in context.server_url


@pytest.mark.parametrize(
    "address",
    [
        "",
        "origin",
        "/srv/git/github.com/acme/shop.git",
        "../shop.git",
        "file:///srv/github.com/a/b",
        "ext::sh -c github.com:a/b",
        "https://mygithub.com/acme/shop",
        "https://github.com.example/acme/shop",
        "https://github.com/../acme",
        "https://gitlab.com/a//b",
        "https://example.com/github/shop",
        "https://github.com/acme",
        "https://github.com/a/b/c",
        "https://[::1/acme/shop",
        "https://github.com:99999/a/b",
        "https:///a/b",
    ],
)
def test_other_addresses_lead_nowhere(address: str) -> None:
    assert context_of(address).name == ""
