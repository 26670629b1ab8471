"""Distances on the earth."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from segments.filterql.coerce import strict_float, to_float
from segments.filterql.functions.registry import function
from segments.filterql.nodes import Node, Number, Text
from segments.filterql.values import MISSING

EARTH_RADIUS_KM = 6371.0087714


class _Place(NamedTuple):
    """Degrees north and east."""

    latitude: float
    longitude: float


def _place(value: Any) -> _Place | None:
    """A text "lat,lon", a list of the two, or a map with the keys lat and lon."""
    if isinstance(value, str):
        degrees = [strict_float(part.strip()) for part in value.split(",")]
    elif isinstance(value, dict):
        degrees = [to_float(value.get("lat")), to_float(value.get("lon"))]
    elif isinstance(value, list):
        degrees = [to_float(item) for item in value]
    else:
        return None
    if len(degrees) != 2 or degrees[0] is None or degrees[1] is None:
        return None
    place = _Place(degrees[0], degrees[1])
    on_earth = abs(place.latitude) <= 90 and abs(place.longitude) <= 360
    return place if on_earth else None


def _distance_km(one: _Place, other: _Place) -> float:
    """On a plane that touches the earth between the two, the shorter way around."""
    north = math.radians(other.latitude - one.latitude)
    degrees_east = (other.longitude - one.longitude + 180) % 360 - 180
    middle = math.radians((one.latitude + other.latitude) / 2)
    east = math.radians(degrees_east) * math.cos(middle)
    return EARTH_RADIUS_KM * math.hypot(north, east)


def _place_problem(arguments: tuple[Node, ...]) -> str:
    """Why a place or a distance will not do, empty where both will."""
    place, distance = arguments[1:]
    if not isinstance(place, Text) or _place(place.value) is None:
        return 'geodistance wants a place as "latitude,longitude"'
    if not isinstance(distance, Number):
        return "geodistance wants a number of kilometres"
    return ""


@function('geodistance(x, "lat,lon", km)', 3, check=_place_problem)
def geodistance(value: Any, place: Any, distance: Any) -> Any:
    """Whether a place is within so many kilometres of another."""
    here, there, limit = _place(value), _place(place), to_float(distance)
    if here is None or there is None or limit is None:
        return MISSING
    return _distance_km(here, there) <= limit
