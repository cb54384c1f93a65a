#!/usr/bin/python3
"""Finds what g++ 12 miscompiles: a brace-built temporary or a capturing lambda in one expression with co_await
(style: such temporaries are destroyed twice). Also what the house style bans: `detached`, clocks outside `service`."""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]


def without_comments(text):
    text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S)
    text = re.sub(r"//[^\n]*", "", text)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def statements(text):
    """Each piece of code between ; and block braces, with its line; braces inside parentheses stay part of it."""
    start, depth = 0, 0
    for at, c in enumerate(text):
        if c in "([":
            depth += 1
        elif c in ")]":
            depth -= 1
        elif (c == ";" and depth <= 0) or (c in "{}" and depth <= 0):
            # `T name{…}` and `x = T{…}` are expressions too: their brace follows a name inside a statement with co_await.
            yield text.count("\n", 0, at) + 1, text[start:at]
            start, depth = at + 1, 0


def risky(statement):
    if "co_await" not in statement:
        return None
    if re.search(r"[\w>,(]\s*\{", statement):
        return "a brace-built temporary in an expression with co_await: name it first"
    if re.search(r"\[[^\]]*[&=\w][^\]]*\]\s*(?:\([^)]*\)\s*)?(?:mutable\s*)?\{", statement):
        return "a capturing lambda in an expression with co_await: name it first"
    return None


def main():
    wrong = []
    for file in sorted((TOP / "daemon").glob("*/*.[ch]pp")) + sorted((TOP / "include").rglob("*.hpp")):
        text, where = without_comments(file.read_text()), file.relative_to(TOP)
        for line, statement in statements(text):
            if complaint := risky(statement):
                wrong.append(f"{where}:{line}: {complaint}")
        for line, code in enumerate(text.splitlines(), 1):
            if re.search(r"\basio::detached\b|asio/detached\.hpp", code):
                wrong.append(f"{where}:{line}: detached drops exceptions: give the task a handler and a name")
            if "::now()" in code and file.parent.name != "service":
                wrong.append(f"{where}:{line}: only the room 'service' reads a clock")
    print("\n".join(wrong) or "nothing that g++ 12 is known to miscompile, no detached task, no stray clock")
    return 1 if wrong else 0


if __name__ == "__main__":
    # The check itself is checked: it must find the two known shapes.
    assert risky("co_await take(opts{X(), Y()})") and risky("co_await take({a, b})")
    assert risky("co_await f([&] { return 1; })") and not risky("co_await f(a, b)")
    sys.exit(main())
