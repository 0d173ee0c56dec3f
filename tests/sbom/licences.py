"""Licences of packages: what they say themselves, and which of them may be brought along."""

from __future__ import annotations

from importlib.metadata import PackageMetadata

from license_expression import ExpressionError, get_spdx_licensing

_SPDX = get_spdx_licensing()

ALLOWED = {
    # Do with it what you like, and name who wrote it.
    *("MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "PSF-2.0", "ZPL-2.1", "ISC"),
    # As above; who changes their files gives the changed files away. We change none.
    "MPL-2.0",
}
"""By the names of SPDX. What is linked with the service must not ask that the service be given away, too."""

ALLOWED_OF_EXTRAS = ALLOWED | {"LGPL-3.0-only"}
"""Of extras, which nobody is handed by us: who imports those unchanged, as we do, has to give nothing away."""

_OF_CLASSIFIERS = {"License :: OSI Approved :: MIT License": "MIT"}

_READ_BY_A_PERSON = {
    # Their metadata says "BSD" alone, or has the whole text; the text is that with three clauses.
    **dict.fromkeys(("itsdangerous", "jinja2", "flask-wtf", "wtforms"), "BSD-3-Clause"),
    # "Apache 2"
    "async-timeout": "Apache-2.0",
    # "Dual License": its LICENSE file says which two.
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
}

_CHOSEN = {"paho-mqtt": "BSD-3-Clause"}
"""Of those that a package is offered under; the others (here EPL-2.0) are not taken."""


class LicenceUnknown(ValueError):
    """A package does not say what its licence is."""


def licence_of(metadata: PackageMetadata) -> str:
    """As an expression of SPDX. Raises ``LicenceUnknown``."""
    name = metadata["Name"].lower()
    said = [_CHOSEN.get(name), metadata.get("License-Expression"), metadata.get("License"), _READ_BY_A_PERSON.get(name)]
    said += [_OF_CLASSIFIERS.get(one) for one in metadata.get_all("Classifier") or ()]
    for text in said:
        if text and _is_known(text):
            return text
    raise LicenceUnknown(f"{name} does not say what its licence is: read it, and note it in {__name__}")


def _is_known(text: str) -> bool:
    try:
        _SPDX.parse(text, validate=True)
    except ExpressionError:
        return False
    return True


def strange_in(licence: str, *, is_optional: bool = False) -> list[str]:
    """Licences in an expression that may not be brought along; each of them counts, also where one may choose."""
    allowed = ALLOWED_OF_EXTRAS if is_optional else ALLOWED
    return sorted(set(_SPDX.license_keys(_SPDX.parse(licence))) - allowed)
