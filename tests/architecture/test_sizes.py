"""Sizes that raise a question: a function of 40 lines, a file of 500, a test file of 1,000."""

import ast

from tests.architecture import tree


def docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines the docstring takes: to explain is never too long."""
    if ast.get_docstring(node) is None:
        return 0
    return node.body[0].end_lineno - node.body[0].lineno + 1


def functions_longer_than(lines: int) -> list[str]:
    found = []
    for path in tree.written_by_hand(".py"):
        if path.is_relative_to(tree.ROOT / "vectors"):
            continue  # What makes the vectors is a list of faults, one after the other.
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = node.end_lineno - node.lineno + 1 - docstring_lines(node)
                if length > lines:
                    found.append(f"{tree.name(path)}:{node.lineno} {node.name} has {length} lines")
    return found


def test_no_file_is_too_long_to_be_read_at_once():
    found = []
    for path in tree.written_by_hand(".py", ".ts", ".js", ".mjs", ".html", ".css", ".typ"):
        length = len(path.read_text().splitlines())
        if length > (1000 if "tests" in path.parts else 500):
            found.append(f"{tree.name(path)} has {length} lines")
    assert found == []


def test_no_function_is_too_long_to_be_read_at_once():
    assert functions_longer_than(40) == []


def test_the_measure_sees_long_functions():
    assert functions_longer_than(5)
