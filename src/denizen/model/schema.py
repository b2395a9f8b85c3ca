"""The JSON Schema of model files, made from the types, so that editors complete and check them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from denizen.model.spec import Model

if TYPE_CHECKING:
    from pydantic import BaseModel

    from denizen.model.source import Path

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(shape: type[BaseModel] = Model) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a kind of file; a key may stand alone, as YAML allows."""
    schema = shape.model_json_schema(by_alias=True)
    return {"$schema": DIALECT, **schema}


def schema_text(shape: type[BaseModel] = Model) -> str:
    """Return the schema as it is shipped."""
    return json.dumps(json_schema(shape), indent=2, ensure_ascii=False) + "\n"


def keys_at(shape: type[BaseModel], place: Path) -> set[str]:
    """Return the keys that the schema allows in the mapping at a place."""
    schema = json_schema(shape)
    nodes = [schema]
    for part in place:
        nodes = [step for node in _resolved(schema, nodes) for step in _steps(node, part)]
    return {key for node in _resolved(schema, nodes) for key in node.get("properties", {})}


def _resolved(schema: dict[str, Any], nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for node in nodes:
        if "$ref" in node:
            found += _resolved(schema, [schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]])
        elif "anyOf" in node or "oneOf" in node:
            found += _resolved(schema, node.get("anyOf") or node["oneOf"])
        else:
            found.append(node)
    return found


def _steps(node: dict[str, Any], part: str | int) -> list[dict[str, Any]]:
    if isinstance(part, int):
        return [node["items"]] if isinstance(node.get("items"), dict) else []
    if part in node.get("properties", {}):
        return [node["properties"][part]]
    extra = node.get("additionalProperties")
    if isinstance(extra, dict):
        return [extra]
    return list(node.get("patternProperties", {}).values())
