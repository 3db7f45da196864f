"""What comes with the package, and the entries with which a root overrides it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from keyturn import files
from keyturn.commands.shelf import shelved
from keyturn.errors import RepositoryError
from keyturn.files import distribution

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    for kind in ("providers", "platforms"):
        (tmp_path / kind).mkdir()
    (tmp_path / "providers" / "acme-internal.yaml").write_text("name: Acme\nstrategy: reset\n", encoding="utf-8")
    return tmp_path


def test_a_wheel_carries_its_folders_and_a_checkout_has_its_own(tmp_path: Path) -> None:
    wheel, sources = tmp_path / "shipped", tmp_path / "sources"
    assert distribution._in_wheel_or_sources(wheel, sources, "schemas") == sources / "schemas"  # noqa: SLF001 - folders of the test
    wheel.mkdir()
    assert distribution._in_wheel_or_sources(wheel, sources, "schemas") == wheel / "schemas"  # noqa: SLF001 - folders of the test
    assert files.shipped("schemas").name == "schemas"


def test_schemas_are_named_by_their_kind(tmp_path: Path) -> None:
    assert len(files.schemas()) == len(list(files.schemas()))
    (tmp_path / "rotation.schema.json").write_text(json.dumps({"type": "object"}), encoding="utf-8")
    (tmp_path / "README.md").write_text("not a schema", encoding="utf-8")
    assert files.schemas(tmp_path) == {"rotation": {"type": "object"}}
    assert set(files.schemas()) == {path.name.split(".")[0] for path in files.shipped("schemas").glob("*.schema.json")}


def test_a_root_adds_to_the_catalogue(root: Path) -> None:
    found = files.entry("providers", "acme-internal", root)
    assert isinstance(found, files.Document)
    assert found.path == "providers/acme-internal.yaml"
    assert found.data == {"name": "Acme", "strategy": "reset"}
    assert files.entry("providers", "acme-internal") is None
    assert not files.is_override("providers", "acme-internal", root)
    assert dict(files.catalogue("providers", root)) == {**dict(files.catalogue("providers")), "acme-internal": found}


def test_a_root_overrides_what_is_shipped(root: Path) -> None:
    shipped_slugs = sorted(path.stem for path in files.shipped("providers").glob("*.yaml"))
    assert [slug for slug, _found in files.catalogue("providers")] == shipped_slugs
    assert files.slugs("providers", root) == sorted([*shipped_slugs, "acme-internal"])
    slug = shipped_slugs[0]
    theirs = files.entry("providers", slug, root)
    assert isinstance(theirs, files.Document)
    assert theirs.path == f"providers/{slug}.yaml"
    (root / "providers" / f"{slug}.yml").write_text("name: Ours\n", encoding="utf-8")
    ours = files.entry("providers", slug, root)
    assert isinstance(ours, files.Document)
    assert (ours.path, ours.data) == (f"providers/{slug}.yml", {"name": "Ours"})
    assert files.is_override("providers", slug, root)
    assert not files.is_override("providers", slug, files.shipped("providers").parent)


def test_everything_shipped_is_read_and_holds_no_credential() -> None:
    for kind in ("providers", "platforms"):
        for path in files.shipped(kind).glob("*.yaml"):
            assert isinstance(files.read(path, path.name), files.Document)


def test_a_root_overrides_templates(root: Path) -> None:
    shipped = files.templates(root)
    assert shipped == {
        path.name: path.read_text(encoding="utf-8") for path in files.shipped("templates").glob("*.jinja")
    }
    (root / "templates").mkdir()
    (root / "templates" / "issue.md.jinja").write_bytes("\ufeffOurs é\n".encode())
    assert files.templates(root) == {**shipped, "issue.md.jinja": "Ours é\n"}
    (root / "templates" / "issue.md.jinja").write_bytes(b"\xff")
    with pytest.raises(RepositoryError, match=r"templates/issue\.md\.jinja: .*UTF-8"):
        files.templates(root)


def test_a_linked_entry_is_refused(root: Path) -> None:
    (root / "platforms" / "segment.yaml").symlink_to(root / "providers" / "acme-internal.yaml")
    found = files.entry("platforms", "segment", root)
    assert isinstance(found, tuple)
    assert [(one.path, one.code) for one in found] == [("platforms/segment.yaml", "not-a-regular-file")]


@pytest.mark.parametrize("slug", ["../rotations/x", "..", "", "a/b", "/etc/passwd"])
def test_a_slug_never_leads_elsewhere(slug: str, root: Path) -> None:
    (root / "rotations").mkdir()
    (root / "rotations" / "x.yaml").write_text("a: 1\n", encoding="utf-8")
    assert files.entry("providers", slug, root) is None


@pytest.mark.parametrize(("kind", "key"), [("providers", "aliases"), ("platforms", "connections")])
def test_a_part_of_a_shipped_entry_says_what_the_whole_says(kind: str, key: str) -> None:
    said = 0
    for slug, whole in files.catalogue(kind):
        assert isinstance(whole, files.Document)
        assert isinstance(whole.data, dict)
        part = distribution.part(kind, slug, key)
        alone = files.document(part, slug)
        assert (part == "") == (key not in whole.data)
        if isinstance(alone, files.Document):
            assert alone.data == {key: whole.data[key]}
            said += 1
    assert said > 3


def test_an_alias_is_known_whoever_gives_it(root: Path) -> None:
    (root / "providers" / "mixpanel.yaml").write_text(
        "name: Ours\nstrategy: reset\naliases: [panel]\n", encoding="utf-8"
    )
    aliases = shelved(root, ()).aliases
    assert (aliases["panel"], "panel" in shelved(root.parent, ()).aliases) == ("mixpanel", False)
    shipped = {slug: provider.aliases for slug, provider in shelved(root.parent, ()).providers.items()}
    shipped["mixpanel"] = ("panel",)
    assert dict(aliases) == {alias: slug for slug, names in shipped.items() for alias in names}
