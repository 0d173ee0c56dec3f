"""The bill of materials, in CycloneDX (ECMA-424)."""

from __future__ import annotations

from collections.abc import Sequence

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

import peoplecount
from tests.sbom.materials import Material

VERSION = SchemaVersion.V1_6


def bill_of(materials: Sequence[Material]) -> str:
    """JSON. Whatever nobody else needs, the service needs itself."""
    licences = LicenseFactory()
    service = Component(
        name="peoplecount",
        version=peoplecount.__version__,
        type=ComponentType.APPLICATION,
        bom_ref="peoplecount",
        licenses=[licences.make_from_string("MIT")],
    )
    bom = Bom()
    bom.metadata.component = service
    components = {one.name: _component(one, licences) for one in materials}
    for component in components.values():
        bom.components.add(component)
    needed = {name for one in materials for name in one.needs}
    bom.register_dependency(service, [component for name, component in components.items() if name not in needed])
    for one in materials:
        needs = [components[name] for name in sorted(one.needs) if name in components]
        bom.register_dependency(components[one.name], needs)
    return make_outputter(bom, OutputFormat.JSON, VERSION).output_as_string(indent=2)


def _component(material: Material, licences: LicenseFactory) -> Component:
    url = PackageURL(material.registry, material.owner or None, material.name, material.version or None)
    return Component(
        name=material.name,
        version=material.version or None,
        type=ComponentType.DATA if material.registry == "github" else ComponentType.LIBRARY,
        bom_ref=url.to_string(),
        purl=url,
        licenses=[licences.make_from_string(material.licence)],
        scope=ComponentScope.OPTIONAL if material.is_optional else ComponentScope.REQUIRED,
        external_references=[ExternalReference(type=ExternalReferenceType.WEBSITE, url=XsUri(material.home))],
    )
