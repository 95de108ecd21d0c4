from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
import pytest

from penchant.config import Domain, Settings, Workspace, template
from penchant.errors import InvalidRequest

Loads = Callable[..., Workspace]


def switched_on(text: str) -> str:
    """The template with every setting that is switched off switched on."""
    return re.sub(r"(?m)^#(?=[a-z\[])", "", text)


def test_the_template_passes_the_check_and_changes_no_default(loads: Loads) -> None:
    assert loads(template("my-site")).settings == Settings(domains={"my-site": Domain(pack="product")})


def test_the_template_knows_every_pack(loads: Loads) -> None:
    assert loads(template("blog", "content")).settings.domains == {"blog": Domain(pack="content")}


def test_what_the_template_has_switched_off_passes_the_check_too(loads: Loads) -> None:
    settings = loads(switched_on(template("shop"))).settings

    assert settings.placements["similar-few"].size == 8
    assert [one.name for one in settings.imports] == ["shop-items", "shop-events"]


def test_values_that_are_not_marked_as_examples_are_the_defaults(loads: Loads) -> None:
    text, _, _ = template("shop").partition("# A model's settings")
    text = switched_on("\n".join(line for line in text.splitlines() if "(example)" not in line))

    assert loads(text).settings == Settings(domains={"shop": Domain(pack="product")})


@pytest.mark.parametrize("section", ["storage", "server", "training"])
def test_the_template_shows_every_key_of_a_section(section: str) -> None:
    fields = {f.name: f for f in msgspec.structs.fields(Settings)}
    block = template("shop").partition(f"[{section}]\n")[2].partition("\n\n")[0]

    shown = re.findall(r"(?m)^#([a-z_]+) = ", block)
    assert shown == [f.encode_name for f in msgspec.structs.fields(fields[section].type)]


@pytest.mark.parametrize("name", ["", "My Shop", 'a"]', "a\n", "1a", "x" * 64])
def test_a_name_that_the_configuration_would_refuse_is_refused_at_once(name: str) -> None:
    with pytest.raises(InvalidRequest, match="a name of lower-case letters"):
        template(name)
    with pytest.raises(InvalidRequest, match=r"^pack: "):
        template("shop", name)
