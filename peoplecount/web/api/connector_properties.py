"""What the custom connector for Power Automate asks once for a connection, and how it uses that."""

from __future__ import annotations

from typing import Any

BRAND = "#1f6f5c"


def properties(*, gateway: bool = False) -> dict[str, Any]:
    """``apiProperties.json``: what is asked once for a connection, and how it is used."""
    told: dict[str, Any] = {
        "iconBrandColor": BRAND,
        "capabilities": ["gateway"] if gateway else ["actions", "triggers"],
    }
    if gateway:
        told["connectionParameters"] = {
            "username": _asked("string", "User Name", "Any name; the server does not look at it.", 1),
            "password": _asked("securestring", "API Key", "A token made on the server.", 2),
            "gateway": {
                "type": "gatewaySetting",
                "gatewaySettings": {"dataSourceType": "CustomConnector", "connectionDetails": []},
                "uiDefinition": {
                    "constraints": {"tabIndex": 3, "required": "true", "capability": ["gateway"]},
                },
            },
        }
        told["policyTemplateInstances"] = []
        return {"properties": told}
    told["connectionParameters"] = {
        "host": _asked("string", "Server", "Host name of your server, without https.", 1),
        "api_key": _asked("securestring", "API Key", "A token made on the server.", 2),
    }
    told["policyTemplateInstances"] = [
        {
            "templateId": "dynamichosturl",
            "title": "Call the server that the user named",
            "parameters": {"x-ms-apimTemplateParameter.urlTemplate": "https://@connectionParameters('host')"},
        },
        {
            "templateId": "updatenextlink",
            "title": "Keep paging inside the connection",
            "parameters": {
                "x-ms-apimTemplate-operationName": ["GetCounts"],
                "x-ms-apimTemplateParameter.nextLinkPropertyName": "nextLink",
            },
        },
    ]
    return {"properties": told}


def _asked(kind: str, title: str, description: str, place: int) -> dict[str, Any]:
    constraints = {"tabIndex": place, "required": "true", "clearText": kind == "string"}
    shown = {"displayName": title, "description": description, "tooltip": description, "constraints": constraints}
    return {"type": kind, "uiDefinition": shown}
