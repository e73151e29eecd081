"""The schema and the reader agree: on every workflow of the project, on every wrong one of
tests/errors, and on small workflows that hold each of many values at each place of the language.

What a schema cannot see is listed here, with the reason. Called by schema.sh with the project's root
and the program; prints what fails and the closing line."""
import glob
import json
import os
import re
import subprocess
import sys

import jsonschema
import yaml

root, program = sys.argv[1:]
passed = failed = 0


def check(is_good, name, detail=""):
    global passed, failed
    if is_good:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {name}: {detail}")


# --- YAML 1.2's core schema: on, yes, no and 12:30 are text, a date too ---

class Core(yaml.SafeLoader):
    yaml_implicit_resolvers = {}


for tag, pattern, first in (
    ("null", r"^(?:~|null|Null|NULL|)$", list("~nN") + [""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    ("float", r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
              r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$", list("-+.0123456789")),
    ("merge", r"^<<$", ["<"]),
):
    Core.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), first)


def core_int(loader, node):
    text = loader.construct_scalar(node)
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


Core.add_constructor("tag:yaml.org,2002:int", core_int)


def load(text):
    """A document as a schema sees it, or None where YAML itself is wrong."""
    try:
        document = yaml.load(text, Core)
        return as_json(document)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return None


def as_json(value, depth=0):
    """Keys are text in JSON."""
    if depth > 200:
        raise ValueError("an alias of itself")
    if isinstance(value, dict):
        if not all(isinstance(key, (str, int, float, bool, type(None))) for key in value):
            raise ValueError("a list or a map as a key")
        return {str(key): as_json(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item, depth + 1) for item in value]
    return value


with open(os.path.join(root, "schemas/pargraph.schema.json"), encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)


def schema_error(text):
    """What the schema says of a document: None if it is right."""
    document = load(text)
    if document is None:
        return "not YAML"
    return next((f"{list(e.absolute_path)}: {e.message[:100]}" for e in validator.iter_errors(document)), None)


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


# --- the workflows of the project ---

for path in sorted(glob.glob(root + "/workflows/**/*.yml", recursive=True)):
    text = read(path)
    if not re.search(r"^pargraph:", text, re.M):
        continue
    check(schema_error(text) is None, path, schema_error(text))
    check("yaml-language-server: $schema=" in text, path, "names no schema for editors")

# --- the wrong ones ---

EXPRESSION = "the inside of an expression is Lua's, its names the workflow's"
LUA = "the text of a function is Lua's"
SHELL = "what surrounds an expression in shell text is the shell's grammar"
NAMES = "one place names what another declares"
PLAN = "only the plan knows: instances, cycles, capacities"
YAML = "YAML's own; gone when a schema sees the document"
NUMBER = "how a number was written is gone when a schema sees it"
VALUE = "the value of an expression, or of a param, or a file outside"
BEYOND = {
    EXPRESSION: """double-expression-place expression-alias expression-calls expression-ends expression-needs
        expression-no-params expression-operators expression-setting expression-shared expression-unknown-param
        expression-unknown-root hyphens if-comment matrix-needs matrix-open matrix-unknown param-default-task
        param-order sync-as-before sync-as-shadow sync-events-elsewhere sync-status-functions""",
    LUA: "call-lua",
    SHELL: """shell-arithmetic shell-backquote shell-cleanup shell-dollar-quote shell-heredoc shell-unclosed
        run-comment""",
    NAMES: """call-result finally-duplicate matrix-exclude need-as-twice need-finally need-guard need-include-variable
        need-same need-variable unknown-need sync-barrier-finally sync-condition-lock sync-condition-task
        sync-daemon-value sync-hold-twice sync-lock-kind sync-lock-unknown sync-nobody sync-nothing-declared
        sync-pipe-ends sync-pipe-finally sync-pipe-needs
        sync-pipe-body sync-pipe-writers""",
    PLAN: "matrix-dynamic-cycle",
    YAML: "deep-nesting duplicate-key",
    NUMBER: "matrix-number param-octal",
    VALUE: "expression-setting-value param-limits param-missing-file",
}
# A workflow whose file is named plan-... is wrong only as a plan.
beyond = {name: reason for reason, names in BEYOND.items() for name in names.split()}
beyond.update({os.path.basename(path)[:-4]: PLAN for path in glob.glob(root + "/tests/errors/plan-*.yml")})
seen = set()
for path in sorted(glob.glob(root + "/tests/errors/*.yml")):
    name = os.path.basename(path)[:-4]
    seen.add(name)
    wrong = schema_error(read(path))
    if name in beyond:
        check(wrong is None, name, f"is listed as beyond a schema ({beyond[name]}), and the schema sees it: {wrong}")
    else:
        check(wrong is not None, name, "the reader refuses it, the schema does not")
for name in beyond:
    check(name in seen, name, "is listed as beyond a schema, and there is no such file")

# --- many values at each place ---

VALUES = ["", "''", "5", "0", "-1", "1.5", "300", "5000000000", "true", "word", "'two words'", "'5'", "'3s'", "2s", "1h30m",
          "0s", "5 hours", "4G", "'1.5MiB'", "auto", "same", "discard", "stdout", "a.b", "1a", "signal", "[]", "['']", "[1]",
          "[word]", "[word, '']", "[[word]]", "[{i: 1}]", "[{'a b': 1}]", "[300]", "[signal, 7]", "[\"${{ params.n }}\"]", "{}",
          "{i: 1}", "{i: [1]}", "{x: same}", "{x: {i: 1}}", "{x: {i: []}}", "{x: {}, if: true}", "{x: {}, as: y}",
          "{x: {}, as: 'y z'}", "{if: true}", "{x: {}, y: {}}", "{file: f}", "{text: ''}", "{text: a, file: b}", "{from: x}",
          "{pipe: p}", "{max: 2}", "{max: 2, delay: 1s, backoff: 1.5, max-delay: 1m, when: [7, timeout]}", "{delay: 1s}",
          "{max: 2, backoff: 0.5}", "{A: b}", "{A: }", "{A-B: c}", "{PARGRAPH_X: y}", "{cpu: 2}", "{cpu: '2'}", "{cpu: 1.5}",
          "{mem: 1.5G}", "{mem: lots}", "{mem: 0}", "{gpu: 1}", "{'a b': 1}", "{cpu: auto}", "{own: 0}", "{own: 2}",
          "{i: int}", "{i: {type: int, default: 5}}", "{i: {type: int, default: '5'}}", "{i: {type: json, default: [x]}}",
          "{i: {type: text, default: [x]}}", "{i: {type: bool, default: true}}", "{i: {type: float, default: 5}}",
          "{i: {kind: int}}", "{i: enum}", "{x-i: 1}", "{i: {enum: [a, b], default: a}}", "{i: {enum: []}}",
          "{i: {type: int, enum: [a]}}", "{i: {type: enum}}", "{i: {type: int, min: 1, max: 2.5}}",
          "{i: {type: float, min: 1, max: 2.5}}", "{i: {min: 1}}", "{i: {required: true, default: 5}}",
          "{i: {required: false, default: 5}}", "{i: {required: 'true'}}", "{i: {description: d}}", "{i: {default: x-y}}",
          "{i: {default: }}", "{i: {run: word}}", "{i: {exec: [word], run: word}}", "{i: {needs: x}}", "{i: }",
          "\"${{ params.n }}\"", "\"a ${{ params.n }}\"", "\"${{ params.l }}\"", "'${{'", "'${{ }}'",
          "'${{ params.n }} and ${{ params.n }}'", "\"a\\0b\"",
          "k", "[k, s]", "{k: }", "{k: word}", "{k: [a]}", "{k: {file: f}}", "[{k: a}, {k: b}]", "{s: 2}", "{s: 0}", "[s, s]",
          "b", "e", "[e]", "c", "q", "{q: word}", "{q: {i: [1]}}", "{q: 1, r: 2}", "{put: q, barrier: [b], notify: c}",
          "{put: e}", "{put: [q, q]}", "{lock: k}", "{queue: q}", "{tcp: 5432, timeout: 3s}", "{tcp: ':5'}", "{tcp: 'h:70000'}",
          "{log: word, file: f}", "{timeout: 3s}", "{run: word}", "[{run: word}]", "[{exec: [word], as: y, lock: k}]",
          "[{sleep: 2s}, {wait: e, timeout: 1m}]", "[{wait: e, until: true}]", "[{barrier: b, lock: k}]", "[{run: word, get: q}]",
          "[{lock: k}]", "[{set: e, as: y}]", "[{put: {q: 1}}, {get: q, as: end}]", "[{lock: k, steps: [{notify-all: c}]}]",
          "{t: {file: f}}", "{t: {parties: 2, timeout: 1m}}", "{t: {permits: 2}}", "{t: {lock: k}}", "{t: {max: 5}}", "{t: 3}",
          "{lua: return 1}", "{lua: return a, args: {a: 1}}", "{lua: return a, args: {a-b: 1}}", "{lua: return 1, kwargs: {a: 1}}",
          "{lua: return 1, function: f}", "{python: 'a.b:c.d', args: [1, [2]], kwargs: {a: 1}}", "{python: 'a.py:f'}", "{python: a.b}",
          "{python: 'a:b', args: {a: 1}, kwargs: {b: 1}}", "{python: 'a:b', args: \"${{ params.l }}\"}", "{python: 'a:b', args: 5}",
          "{library: ./a.so, function: f}", "{library: a.so}", "{library: \"a${{ params.n }}.so\", function: f}",
          "{library: a.so, function: 'a b'}", "{worker: [node, x], function: f}", "{worker: node x, function: f}", "{worker: [node]}",
          "{worker: [], function: f}", "{lua: return 1, python: 'a:b'}", "{lua: \"${{ params.n }}\"}", "{function: f}", "p", "{p: }",
          "{p: {size: 2, backend: thread, chunk: 5}}", "{p: {backend: process, max-tasks: 9, init: {python: 'a:b', args: [1]}}}",
          "{p: {backend: thread, max-tasks: 9}}", "{p: {backend: thread, init: {lua: return 1}}}", "{p: {backend: mpi}}",
          "{p: {size: 0}}", "{p: {size: \"${{ params.n }}\"}}", "{p: {workers: 3}}"]


def keys(definition):
    return list(schema["$defs"][definition]["properties"])


def nest(key, value):
    return f"{key}: {value}"


places = {f"top {key}": nest(key, "%s") for key in schema["properties"]}
places.update({f"task {key}": "tasks: {t: {x-a: 1, needs: x, %s}}" % nest(key, "%s") for key in keys("task") if key != "needs"})
places["task needs"] = "tasks: {t: {matrix: {i: [1]}, needs: %s}}"
places.update({f"defaults {key}": "defaults: {%s}" % nest(key, "%s") for key in keys("defaults")})
places.update({f"param {key}": "params: {p: {type: int, %s}}" % nest(key, "%s") for key in keys("param") if key != "type"})
places["retry when"] = "tasks: {t: {retry: {max: 1, when: %s}}}"
places["retry delay"] = "tasks: {t: {retry: {max: 1, delay: %s}}}"
places["variable"] = "tasks: {t: {env: {V: %s}}}"
places["axis"] = "tasks: {t: {matrix: {v: %s}}}"
places["matrix include"] = "tasks: {t: {matrix: {i: [1], include: %s}}}"
places["matrix exclude"] = "tasks: {t: {matrix: {i: [1], exclude: %s}}}"
places["stdin text"] = "tasks: {t: {stdin: {text: %s}}}"
places["stdin file"] = "tasks: {t: {stdin: {file: %s}}}"
places["stdout file"] = "tasks: {t: {stdout: {file: %s}}}"
places["word"] = "tasks: {t: {exec: [true, %s]}}"
places["first word"] = "tasks: {t: {exec: [%s]}}"
places.update({f"step {key}": "tasks: {t: {steps: [{%s%s}]}}" % (nest(key, "%s"), also) for key, also in {
    **{key: ", run: word" for key in keys("step") if key not in ("steps", "until", "call", "mpi")},
    **dict.fromkeys(("run", "exec", "call", "steps", "sleep", "barrier", "wait", "set", "clear", "notify", "put", "get", "close"), ""),
    "until": ", wait: c"}.items()})
places["step inside"] = "tasks: {t: {lock: k, steps: [{lock: k, steps: %s}]}}"
places["step notify"] = "tasks: {t: {lock: k, steps: [{notify: %s}]}}"
places["key of a lock"] = "tasks: {t: {run: word, lock: {k: %s}}}"
places["value put"] = "tasks: {t: {steps: [{put: {q: %s}}]}}"
places["daemon ready"] = "tasks: {t: {daemon: true, run: word, ready: %s}}"
places["daemon ready tcp"] = "tasks: {t: {daemon: true, run: word, ready: {tcp: %s}}}"
places["task uses"] = "tasks: {t: {run: word, uses: %s}}"
places.update({f"call {key}": "tasks: {t: {call: {%s%s}}}" % (nest(key, "%s"), also) for key, also in {
    "library": ", function: f", "lua": "", "python": "", "worker": ", function: f", "function": ", library: a.so",
    "args": ", python: 'a:b'", "kwargs": ", python: 'a:b'"}.items()})
places["args of lua"] = "tasks: {t: {call: {lua: return 1, args: %s}}}"
places["kwargs beside args"] = "tasks: {t: {call: {python: 'a:b', kwargs: {a: 1}, args: %s}}}"
places["call stdout"] = "tasks: {t: {call: {lua: return 1}, stdout: %s}}"
places["call stderr"] = "tasks: {t: {call: {lua: return 1}, stderr: %s}}"
places["call stdin"] = "tasks: {t: {call: {lua: return 1}, stdin: %s}}"
places.update({f"pool {key}": "pools: {t: {%s}}" % nest(key, "%s") for key in ("size", "backend", "chunk", "max-tasks", "init")})
places["pool"] = "pools: {t: %s}"
places["foreign shell"] = "tasks: {t: {shell: python3, run: %s}}"
places["selector"] = "tasks: {t: {needs: {x: {i: %s}}}}"
places["mem"] = "resources: {mem: %s}"
places["gpu"] = "resources: {gpu: %s}"
places["task gpu"] = "tasks: {t: {run: word, resources: {gpu: %s}}}"
places["cpu"] = "resources: {cpu: %s}"
places["own"] = "resources: {own: %s}"

REST = {
    "pargraph": "pargraph: 1",
    "params": "params: {n: {type: int, default: 3}, l: {type: json, default: [{i: 1}]}}",
    "resources": "resources: {own: 2, mem: 8G, cpu: 4}",
    "locks": "locks: [k]",
    "semaphores": "semaphores: {s: 4}",
    "barriers": "barriers: [b]",
    "conditions": "conditions: {c: {lock: k}}",
    "events": "events: [e]",
    "queues": "queues: [q]",
    "pools": "pools: [p]",
    "tasks": "tasks: {x: {matrix: {i: [1]}, run: word}, y: {run: word}}",
}
# Each place is put into a whole workflow that has the names which the values mention.
EXTRA = {"tasks": "x: {matrix: {i: [1]}, run: word}, y: {run: word}",
         "params": "n: {type: int, default: 3}, l: {type: json, default: [{i: 1}]}"}


def whole(place, value):
    text = place.replace("%s", value)
    top = text.split(":", 1)[0]
    if top in EXTRA and text.startswith(top + ": {") and place != top + ": %s":
        text = text[:len(top) + 3] + EXTRA[top] + ", " + text[len(top) + 3:]
    return "\n".join([line for key, line in REST.items() if key != top] + [text]) + "\n"


# What the reader says only of names, values or the plan, not of the form.
SEMANTIC = re.compile("unknown (task|need|resource|pool|param|name|condition or event|lock|semaphore|barrier|condition|event|queue)|is not known|no such instance|no matrix|share no|"
                      "is not among the needs|has no (matrix )?variable|needs itself|runs after all|is more than|is less than|"
                      "is required, and not given|cannot stand in text|must be a list|this gives|declared under|"
                      "cannot read|is not one of|malformed number|is an? (lock|semaphore|barrier|condition|event|queue)|is not held here|"
                      "is the name of an?|no task (writes to|reads) pipe|has \\d+ permit|stands here twice|near (<eof>|')|goes with the wait for")


def verdicts(texts):
    """What the reader says of each: None if it is right."""
    names = [f"v{i}.yml" for i in range(len(texts))]
    for name, text in zip(names, texts):
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
    result = subprocess.run([program, "check", *names], capture_output=True, text=True, check=False)
    right = set(re.findall(r"^(v\d+\.yml): right", result.stdout, re.M))
    errors = {}
    for name, message in re.findall(r"^(v\d+\.yml):\d+:\d+: error: (.*)$", result.stderr, re.M):
        errors.setdefault(name, []).append(message)
    return [None if name in right else errors.get(name, ["nothing"]) for name in names]


# Every tenth of them in a diagonal, or all with SCHEMA_EVERY=1.
every = int(os.environ.get("SCHEMA_EVERY", "10"))
cases = [(name, value, whole(place, value)) for i, (name, place) in enumerate(places.items())
         for j, value in enumerate(VALUES) if (i + j) % every == 0]
agreed = 0
for (name, value, text), errors in zip(cases, verdicts([text for _, _, text in cases])):
    wrong = schema_error(text)
    has_form = errors is None or any(not SEMANTIC.search(error) for error in errors)
    if wrong is None and errors is not None and (not has_form or "${{ params" in value):
        continue  # the fault is in the value of an expression, or in a name
    check((wrong is None) == (errors is None), f"{name}: {value}", f"schema: {wrong}, reader: {errors}")
    agreed += 1
check(agreed > len(cases) * 3 // 4, "most values are compared", f"{agreed} of {len(cases)}")

# --- the tables of keys ---

with open(os.path.join(root, "src/workflow/language.c"), encoding="utf-8") as file:
    language = file.read()
TABLES = {"top_fields": schema["properties"], "task_fields": schema["$defs"]["task"]["properties"],
          "step_fields": schema["$defs"]["step"]["properties"]}
for table, properties in TABLES.items():
    body = re.search(table + r"\[\] = \{\n(.*?)\n\};", language, re.S).group(1)
    fields = re.findall(r'\.key = "([^"]+)"([^}]*)', body)
    check({key for key, _ in fields} == set(properties), table, "the schema has other keys")
    for key, rest in fields:
        is_later = properties.get(key, {}).get("not") == {}
        check(is_later == ("is_later" in rest), f"{table} {key}", "is supported in one and not in the other")
        if table == "task_fields":
            check((key in keys("defaults")) == ("is_default" in rest), f"defaults {key}", "is in one and not in the other")


def undescribed(node, path=""):
    """Properties that say nothing when the mouse is over them."""
    if not isinstance(node, dict):
        return
    if "description" in node:
        return
    if "$ref" in node:
        yield from undescribed(schema["$defs"][node["$ref"].rsplit("/", 1)[1]], path)
    else:
        yield path


places_of_keys = [("", schema)] + [(name, definition) for name, definition in schema["$defs"].items()]
for name, definition in places_of_keys:
    for form in [definition] + definition.get("anyOf", []):
        for key, value in form.get("properties", {}).items():
            if isinstance(value, dict):
                silent = list(undescribed(value))
                check(not silent, f"{name}.{key}", "has no description")

print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
