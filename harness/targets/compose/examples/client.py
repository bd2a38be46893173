#!/usr/bin/env python3
"""A client of the key-value service beside it, for Assay: see PROTOCOL.md."""
import http.client
import json
import sys

hello = json.loads(sys.stdin.readline())
print(json.dumps({"assay": 1, "operations": ["read", "write", "cas"]}), flush=True)


def ask(method, path, body, timeout):
    """Sends one request, once, over a connection of its own."""
    connection = http.client.HTTPConnection(hello["address"], timeout=timeout)
    try:
        connection.connect()
    except OSError as error:  # nothing was sent
        return {"type": "fail", "error": str(error)}
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return judge(method, answer.status, answer.read().decode())
    except (OSError, http.client.HTTPException) as error:
        # A read changes nothing; whether anything else happened nobody knows.
        return {"type": "fail" if method == "GET" else "info", "error": repr(error)}
    finally:
        connection.close()


def judge(method, status, text):
    if status == 200:
        return {"type": "ok", "value": json.loads(text) if text else None}
    if status == 404:
        return {"type": "ok", "value": None}
    if status == 409:
        return {"type": "fail", "error": "mismatch"}
    return {"type": "fail" if method == "GET" else "info", "error": f"status {status}: {text[:100]}"}


def execute(operation):
    path, value = "/" + operation["key"], operation["value"]
    timeout = operation["timeout_ms"] / 1000
    if operation["f"] == "read":
        return ask("GET", path, None, timeout)
    if operation["f"] == "write":
        return ask("PUT", path, str(value), timeout)
    if operation["f"] == "cas":
        return ask("POST", path, json.dumps(value), timeout)
    return {"type": "fail", "error": "there is no operation " + operation["f"]}


for line in sys.stdin:
    operation = json.loads(line)
    print(json.dumps({"id": operation["id"], **execute(operation)}), flush=True)
