"""FHIRPath Patch: the operations add, insert, delete, replace and move (FHIR R4,
fhirpatch.html)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from registry.api.outcomes import FhirError
from registry.api.patch.fhirpath import Place, child, places, refused, written
from registry.api.validation.definitions import Element

Resource = dict[str, Any]
Said = dict[str, Any]
MAX_OPERATIONS = 100


def patched(resource: Resource, patch: Resource) -> Resource:
    """Takes a resource of the caller's own, which is changed, and the Parameters of a patch;
    returns the resource. FhirError 400: not a patch. 422: it does not fit the resource."""
    parameters: Any = patch.get("parameter")
    if not isinstance(parameters, list) or len(cast(list[Any], parameters)) > MAX_OPERATIONS:
        raise refused(f"it has at most {MAX_OPERATIONS} operations, as parameters")
    for parameter in cast(list[Any], parameters):
        said = _parts(parameter, "operation")
        operation = _OPERATIONS.get(_text(said, "type"))
        if operation is None:
            raise refused(f"an operation's type is one of {', '.join(_OPERATIONS)}")
        operation(resource, said)
    return resource


def _add(resource: Resource, said: Said) -> None:
    """Sets an element that is absent, or appends to one that repeats."""
    holder = _one(resource, _text(said, "path"))
    if not isinstance(holder.value, dict):
        raise _unfit("the path of an add leads to no object")
    element = _element(holder.type_name, _text(said, "name"), said)
    value = _value(said, element.type_name)
    into = cast(Resource, holder.value)
    if element.is_list:
        into.setdefault(element.name, []).append(value)
    elif any(one.name in into for one in child(holder.type_name, element.base)):
        raise _unfit("the element to add is there already; replace it")
    else:
        into[element.name] = value


def _insert(resource: Resource, said: Said) -> None:
    listed, element = _list(resource, _text(said, "path"))
    at = _whole(said, "index")
    if at > len(listed):
        raise _unfit("the index of an insert is beyond the end")
    listed.insert(at, _value(said, element.type_name))


def _delete(resource: Resource, said: Said) -> None:
    """Nothing to delete is no error (R4)."""
    found = places(resource, _text(said, "path"))
    if len(found) > 1:
        raise _unfit("the path of a delete leads to more than one element")
    for place in found:
        _refuse_whole(place)
        del place.holder[place.key]
        _drop_empty(resource, place.holder)


def _replace(resource: Resource, said: Said) -> None:
    place = _one(resource, _text(said, "path"))
    _refuse_whole(place)
    if isinstance(place.key, int):
        place.holder[place.key] = _value(said, place.type_name)
        return
    owner = _text(said, "path").rpartition(".")
    holder = _one(resource, owner[0])
    element = _element(holder.type_name, owner[2], said)
    del place.holder[place.key]
    place.holder[element.name] = _value(said, element.type_name)


def _move(resource: Resource, said: Said) -> None:
    listed, _ = _list(resource, _text(said, "path"))
    source, destination = _whole(said, "source"), _whole(said, "destination")
    if max(source, destination) >= len(listed):
        raise _unfit("a move leads beyond the end")
    listed.insert(destination, listed.pop(source))


_OPERATIONS: dict[str, Callable[[Resource, Said], None]] = {
    "add": _add,
    "insert": _insert,
    "delete": _delete,
    "replace": _replace,
    "move": _move,
}


def _parts(parameter: Any, name: str) -> Said:
    """The parts of an operation by name; each value under the name of its FHIR element."""
    said = cast(Said, parameter) if isinstance(parameter, dict) else {}
    listed: Any = said.get("part")
    if said.get("name") != name or not isinstance(listed, list):
        raise refused("each parameter is named operation and has parts")
    parts: Said = {}
    for part in cast(list[Any], listed):
        if not isinstance(part, dict) or not isinstance(cast(Said, part).get("name"), str):
            raise refused("each part of an operation has a name")
        parts[cast(Said, part)["name"]] = part
    return parts


def _held(said: Said, name: str) -> tuple[str, Any]:
    """What a part holds: the type as written (`CodeableConcept`), and the value; a group's parts
    make an object."""
    part = said.get(name)
    if part is None:
        raise refused(f"an operation lacks its {name}")
    values = [(key[5:], value) for key, value in part.items() if key.startswith("value")]
    if len(values) == 1:
        return values[0]
    if not values and isinstance(part.get("part"), list):
        return "", _group(part["part"])
    raise refused(f"{name} has one value")


def _group(parts: Any) -> Said:
    made: Said = {}
    for part in cast(list[Any], parts):
        if not isinstance(part, dict) or not isinstance(cast(Said, part).get("name"), str):
            raise refused("each part of a value has a name")
        inner = cast(Said, part)
        type_name, value = _held({"it": inner}, "it")
        # In a group a choice is written by its name and type, `value` and `valueString`.
        name = inner["name"]
        made[f"{name}{type_name}" if name == "value" else name] = value
    return made


def _text(said: Said, name: str) -> str:
    value = _held(said, name)[1]
    if not isinstance(value, str):
        raise refused(f"{name} is a text")
    return value


def _whole(said: Said, name: str) -> int:
    value = _held(said, name)[1]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise refused(f"{name} is a whole number, 0 or more")
    return value


def _value(said: Said, type_name: str) -> Any:
    return _arrayed(_held(said, "value")[1], type_name)


def _arrayed(value: Any, type_name: str) -> Any:
    """The parts of a group say each item by itself; where the element repeats it is an array."""
    if not isinstance(value, dict):
        return value
    made: Said = {}
    for name, held in cast(Said, value).items():
        found = written(type_name, name)
        if found is None:
            made[name] = held
            continue
        inner = _arrayed(held, found.type_name)
        made[name] = [inner] if found.is_list and not isinstance(held, list) else inner
    return made


def _element(type_name: str, name: str, said: Said) -> Element:
    """The element of this name; of a choice, the one whose type the value has."""
    choices = child(type_name, name)
    written = f"{name}{_held(said, 'value')[0]}"
    for element in choices:
        if len(choices) == 1 or element.name == written:
            return element
    raise _unfit("the element to set is not one that FHIR R4 has there")


def _list(resource: Resource, path: str) -> tuple[list[Any], Element]:
    owner, _, name = path.rpartition(".")
    holder = _one(resource, owner)
    for element in child(holder.type_name, name):
        listed: Any = holder.value.get(element.name)
        if isinstance(listed, list):
            return cast(list[Any], listed), element
    raise _unfit("the path leads to no element that repeats")


def _one(resource: Resource, path: str) -> Place:
    found = places(resource, path)
    if len(found) != 1:
        raise _unfit(f"a path leads to {len(found)} elements, where it must lead to one")
    return found[0]


def _refuse_whole(place: Place) -> None:
    if place.key == "":
        raise _unfit("a patch cannot delete or replace the resource itself")


def _drop_empty(resource: Resource, holder: Any) -> None:
    """FHIR knows no empty arrays: where the last item goes, the element goes."""
    if holder != []:
        return
    waiting: list[Any] = [resource]
    while waiting:
        one = waiting.pop()
        below = cast(Said, one) if isinstance(one, dict) else {}
        for name, value in below.items():
            if value is holder:
                del below[name]
                return
            waiting.append(value)
        if isinstance(one, list):
            waiting += cast(list[Any], one)


def _unfit(why: str) -> FhirError:
    text = f"The patch does not fit the resource: {why}."
    return FhirError(422, "processing", "INVALID_VALUE", text)
