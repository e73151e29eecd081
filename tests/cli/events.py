"""Reads the events of `pargraph run --json` (argv[1]) and the JSON of `pargraph status` (argv[2]):
each line is one valid object with exactly the fields that the help (argv[3]) names for its event,
and what the run came to, rebuilt from the events alone, is what status says."""

import json
import re
import sys

STATUSES = ("success", "failure", "skipped", "blocked", "cancelled")


def documented(text):
    """{event: [field]} from the help."""
    events, current, has_fields = {}, None, False
    part = text[text.index("events of --json"):text.index("\nfields:")]
    for line in part.splitlines()[2:]:
        begin = re.match(r"  ([a-z-]+): ", line)
        if begin:
            current, events[begin.group(1)] = begin.group(1), []
        elif re.fullmatch(r"      ?[a-z_]+(, [a-z_]+)*,?", line):
            events[current] += [name for name in line.replace(",", " ").split()]
    return events


def read_events(path, fields):
    events = []
    for number, line in enumerate(open(path, "rb").read().decode("utf-8").splitlines(), 1):
        event = json.loads(line)
        names = list(event)
        wanted = ["event", "time"] + fields[event["event"]]
        assert names == wanted, f"line {number}: {names} instead of {wanted}"
        events.append(event)
    return events


def rebuild(events):
    first, last = events[0], events[-1]
    assert first["event"] == "run-began" and first["format"] == 1
    assert last["event"] == "run-ended"
    assert all(e["event"] not in ("run-began", "run-ended") for e in events[1:-1])
    instances, total = {}, first["total"]
    for event in events:
        if event["event"] == "total":
            total = event["total"]
        if event["event"] not in ("task-started", "task-failed", "task-ended"):
            continue
        instance = instances.setdefault(event["name"], {"ended": None})
        assert instance.get("state") != "ended", f"{event['name']} goes on after its end"
        keys = ("name", "task", "status", "attempt", "started", "exit_code", "reason")
        for key in keys + ("ended", "is_timeout"):
            if event.get(key) is not None or key not in instance:
                instance[key] = event.get(key)
        instance["state"] = {"task-ended": "ended"}.get(event["event"], "running")
        if event["event"] == "task-started":
            instance.update(started=event["time"], ended=None, exit_code=None, reason=None,
                            is_timeout=False)
        if event["event"] == "task-ended" and event["status"] != "failure":
            instance["reason"] = None
    assert total == last["counts"]["total"]
    counts = dict(first["counts"], total=total)
    for event in events:
        if event["event"] == "task-ended":
            counts[event["status"]] += 1
            counts["tolerated"] += event["is_tolerated"]
    assert counts == last["counts"], f"{counts} {last['counts']}"
    stays = sum(first["counts"][status] for status in STATUSES)
    assert first["resumed"] or stays == 0, "something is done in a run that begins"
    assert total == len(instances) + stays
    return first, instances, last


def main():
    events_path, status_path, help_path = sys.argv[1:]
    events = read_events(events_path, documented(open(help_path).read()))
    first, instances, last = rebuild(events)
    status = json.load(open(status_path))
    assert status["run"] == first["run"] and status["name"] == first["workflow"]
    assert abs(status["began"] - first["began"]) < 1e-6
    assert status["exit_status"] == last["exit_status"]
    counts = dict(status["counts"])
    assert counts.pop("waiting") == 0 and counts.pop("running") == 0
    assert counts == last["counts"], f"{counts} {last['counts']}"
    for instance in status["instances"]:
        if first["resumed"] and instance["name"] not in instances:
            assert instance["state"] == "ended", f"{instance['name']} is not told of"
            continue
        rebuilt = instances[instance["name"]]
        for key, value in instance.items():
            assert rebuilt[key] == value, f"{instance['name']}: {key}: {rebuilt[key]} != {value}"
    print(len(events), "events,", len(instances), "instances")


main()
