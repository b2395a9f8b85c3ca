"""Charts as Vega-Lite specs: rows in, JSON out, nothing drawn.

The palette is two accents that read on white and on black; ink is `INK`, which the page turns into its own text color.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from denizen.visible import visible_line

INK = "#010203"
"""Stands for the color of the page's text, light or dark."""
ACCENT = "#2f7d6d"
SECOND = "#c2703d"
MUTED = "#8a8f98"
RANGE = (ACCENT, SECOND, "#5b6fb5", "#a8557f", "#7b8b3a", MUTED)
WIDTH = 640

Rows = Sequence[Mapping[str, Any]]


def bars(rows: Rows, *, x: str, y: str, title: str = "", percent: bool = False, height: int = 220) -> dict[str, Any]:
    """Return bars of `y` over the categories `x`, in the order of the rows; with `low` and `high`, intervals on top."""
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "bar", "color": ACCENT, "opacity": 0.85},
            "encoding": {"y": _quantity(y, title, percent=percent)},
        }
    ]
    if rows and "low" in rows[0]:
        layers.append(_whiskers("y", percent=percent, title=title))
    return _chart(rows, height, {"layer": layers, "encoding": {"x": _category(x, rows)}})


def intervals(
    rows: Rows, *, y: str, x: str, color: str | None = None, title: str = "", percent: bool = False, step: int = 24
) -> dict[str, Any]:
    """Return a point with its interval (`low`, `high`) for each row, one category `y` a line, optionally in two colors.

    This is the picture of those who did against those who did not.
    """
    encoding: dict[str, Any] = {
        "y": {**_category(y, rows), "axis": {"labelLimit": 260, "labelPadding": 10, "title": None}}
    }
    if color is not None:
        groups = list(dict.fromkeys(str(r[color]) for r in rows))
        scale = {"domain": groups, "range": list(RANGE[: len(groups)])}
        encoding["color"] = {"field": color, "type": "nominal", "scale": scale, "title": None}
        encoding["yOffset"] = {"field": color, "type": "nominal", "sort": groups}
    layers = [
        {**_whiskers("x", percent=percent, title=title), "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.55}},
        {
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1, **({} if color else {"color": ACCENT})},
            "encoding": {"x": _quantity(x, title, percent=percent)},
        },
    ]
    return _chart(rows, {"step": step}, {"layer": layers, "encoding": encoding})


def lines(
    rows: Rows,
    *,
    x: str,
    y: str,
    color: str | None = None,
    title: str = "",
    x_title: str = "",
    percent: bool = False,
    percent_x: bool = False,
    height: int = 240,
) -> dict[str, Any]:
    """Return lines of `y` over the number or date `x`; with `low` and `high` a band; `color` tells several apart.

    A text in `x` is taken as a category, so months stay in the order of the rows.
    """
    named = bool(rows) and isinstance(rows[0][x], str)
    horizontal = _category(x, rows) if named else _quantity(x, x_title, percent=percent_x, zero=False)
    encoding: dict[str, Any] = {"x": horizontal}
    if color is not None:
        groups = list(dict.fromkeys(str(r[color]) for r in rows))
        scale = {"domain": groups, "range": [RANGE[i % len(RANGE)] for i in range(len(groups))]}
        encoding["color"] = {"field": color, "type": "nominal", "scale": scale, "title": None}
    layers: list[dict[str, Any]] = []
    if rows and "low" in rows[0]:
        band = {"type": "area", "opacity": 0.18, **({} if color else {"color": ACCENT})}
        ends = {"y": _quantity("low", title, percent=percent), "y2": {"field": "high"}}
        layers.append({"mark": band, "encoding": ends})
    mark = {"type": "line", "point": len(rows) <= _FEW, "strokeWidth": 2, **({} if color else {"color": ACCENT})}
    layers.append({"mark": mark, "encoding": {"y": _quantity(y, title, percent=percent)}})
    return _chart(rows, height, {"layer": layers, "encoding": encoding})


def heat(rows: Rows, *, x: str, y: str, value: str, title: str = "", step: int = 18) -> dict[str, Any]:
    """Return a field for each `x` and `y`, in the order of the rows, the darker the higher its `value` from 0 to 1.

    A blank is a silence: this is the picture of what was tracked when.
    """
    across = {"field": x, "type": "ordinal", "sort": list(dict.fromkeys(r[x] for r in rows))}
    shown = {"labelAngle": -45, "title": title or None, "labelOverlap": True, "ticks": False, "domain": False}
    shade = {"field": value, "type": "quantitative", "scale": {"domain": [0, 1], "range": [0.04, 1]}, "legend": None}
    encoding = {
        "x": {**across, "axis": shown},
        "y": {**_category(y, rows), "axis": {"labelLimit": 220, "title": None}},
        "opacity": shade,
    }
    return _chart(rows, {"step": step}, {"mark": {"type": "rect", "color": ACCENT}, "encoding": encoding})


def drawable(spec: Any) -> Any:
    """Return a spec whose every text can stand in a picture: what XML forbids is written out."""
    if isinstance(spec, str):
        return visible_line(spec)
    if isinstance(spec, Mapping):
        return {drawable(key): drawable(value) for key, value in spec.items()}
    if isinstance(spec, list | tuple):
        return [drawable(value) for value in spec]
    return spec


_FEW = 60


def _whiskers(axis: str, *, percent: bool, title: str) -> dict[str, Any]:
    ends = {axis: _quantity("low", title, percent=percent), f"{axis}2": {"field": "high"}}
    return {"mark": {"type": "rule", "color": INK, "strokeWidth": 1.5}, "encoding": ends}


def _quantity(field: str, title: str, *, percent: bool, zero: bool = True) -> dict[str, Any]:
    axis = {"format": ".0%" if percent else ",~f", "title": title or None, "tickCount": 6}
    return {"field": field, "type": "quantitative", "axis": axis, "scale": {"zero": zero}}


def _category(field: str, rows: Rows) -> dict[str, Any]:
    order = list(dict.fromkeys(r[field] for r in rows))
    axis = {"labelAngle": 0 if len(order) <= 12 else -45, "title": None}  # noqa: PLR2004 - more labels than fit side by side
    return {"field": field, "type": "ordinal", "sort": order, "axis": axis}


def _chart(rows: Rows, height: int | dict[str, int], rest: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": WIDTH,
        "height": height,
        "background": "transparent",
        "data": {"values": [dict(r) for r in rows]},
        **rest,
        "config": CONFIG,
    }


CONFIG: dict[str, Any] = {
    "font": "Arial, Helvetica, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": INK,
        "gridOpacity": 0.1,
        "domainColor": INK,
        "domainOpacity": 0.3,
        "tickColor": INK,
        "tickOpacity": 0.3,
    },
    "axisY": {"domain": False, "ticks": False},
    "legend": {
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 12,
        "orient": "top",
        "symbolType": "circle",
        "symbolOpacity": 1,
    },
    "bar": {"cornerRadiusEnd": 2},
}
