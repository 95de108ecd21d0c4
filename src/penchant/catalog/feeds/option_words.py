"""Names that shops give to the choices of a product."""

from __future__ import annotations

_FIELDS = {
    "color": (
        "color", "colour", "colors", "colours", "farbe", "couleur", "kleur", "colore", "cor", "färg", "farve",
        "kolor", "barva", "väri",
    ),
    "size": (
        "size", "sizes", "größe", "grösse", "groesse", "taille", "talla", "taglia", "maat", "tamanho", "storlek",
        "størrelse", "rozmiar", "koko",
    ),
    "material": (
        "material", "materials", "fabric", "materiale", "matière", "materiaal", "materiał", "stoff",
    ),
    "pattern": (
        "pattern", "print", "muster", "motif", "patroon",
    ),
}  # fmt: skip
_BY_NAME = {name: field for field, names in _FIELDS.items() for name in names}


def field_of_option(name: str) -> str | None:
    """The field of a product that an option such as `Colour` or `Shoe size` fills, or None."""
    words = name.casefold().replace("_", " ").replace("-", " ").split()
    return _BY_NAME.get(words[-1]) if words else None
