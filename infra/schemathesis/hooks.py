"""What a run of schemathesis cannot know by the document alone. `run.ts` makes what is named here and starts it."""

import os
import zlib

import schemathesis

#: What the run itself needs, by the path that would end it, with what is taken instead.
KEPT = {
    "/api/v1/keys/{id}": ("id", os.environ["SIGNALBOX_KEY_ID"], "key_" + "0" * 26),
    "/api/v1/keys/{id}/revoke": ("id", os.environ["SIGNALBOX_KEY_ID"], "key_" + "0" * 26),
    "/api/v1/keys/{id}/rotate": ("id", os.environ["SIGNALBOX_KEY_ID"], "key_" + "0" * 26),
    "/api/v1/providers/{slug}": ("slug", "schemathesis", "gone"),
    "/api/v1/models/{slug}": ("slug", "schemathesis", "gone"),
    "/api/v1/routers/{slug}": ("slug", "schemathesis", "gone"),
}
#: Values of path parameters below `/routers/{slug}` that something stands behind.
THERE = {"slug": "schemathesis", "name": "code", "version": 1, "a": "1", "b": "draft"}


@schemathesis.serializer("application/jsonl")
def lines(_context, value):
    return {"data": value.encode() if isinstance(value, str) else value}


@schemathesis.hook
def before_call(_context, case, _kwargs):
    path, params = case.operation.path, case.path_parameters or {}
    name, own, other = KEPT.get(path, (None, None, None))
    if name is not None and case.method != "GET" and params.get(name) == own:
        params[name] = other
    if path.startswith("/api/v1/routers/{slug}/") and valid(case) and half(params):
        params.update((name, value) for name, value in THERE.items() if name in params)


def valid(case):
    """Whether no part of a request is wrong on purpose: putting it right would make a finding of its success."""
    if case.meta is None or case.meta.generation.mode.is_negative:
        return False
    return not any(component.mode.is_negative for component in case.meta.components.values())


def half(params):
    """Of two requests about something made up one is about what is there, the same ones each time."""
    return zlib.crc32(repr(sorted(params.items())).encode()) % 2 == 0
