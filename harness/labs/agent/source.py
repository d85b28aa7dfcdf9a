"""The source of programs that are sent, such as the agent: without annotations, for Python 3.6."""

from __future__ import annotations

import ast
import functools
import inspect
from types import ModuleType

from harness.labs.agent import output, program, ring, wire

FOR_ANNOTATIONS = ("__future__", "typing", "collections.abc")
OLDEST = (3, 6)  # the oldest Python that a host may have
# Reads the given number of bytes of source and runs them; requests follow.
LOADER = (
    "import sys,os;n=int(sys.argv[1]);b=b''\n"
    "while len(b)<n:\n"
    " d=os.read(0,n-len(b))\n"
    " if not d:sys.exit(1)\n"
    " b+=d\n"
    "exec(compile(b,'agent','exec'),{'__name__':'__main__'})"
)


class _Bare(ast.NodeTransformer):
    """Removes the annotations of a program, and its f-strings.

    Python 3.12 and later write an f-string with its own quotes inside, which an older one rejects.
    """

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Remove the annotations of a function's arguments and result."""
        self.generic_visit(node)
        node.returns = None
        given = node.args
        for argument in (*given.args, *given.kwonlyargs, given.vararg, given.kwarg):
            if argument is not None:
                argument.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        """Make a plain assignment of an annotated one."""
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        """Remove the imports that only annotations need."""
        own = str(node.module).startswith("harness.")
        return None if own or node.module in FOR_ANNOTATIONS else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """Make a call of str.format of an f-string."""
        values: list[ast.expr] = []
        template = ast.Constant(self._template(node, values))
        return ast.Call(ast.Attribute(template, "format", ast.Load()), values, [])

    def _template(self, node: ast.JoinedStr, values: list[ast.expr]) -> str:
        """Return the format of an f-string, and append what it formats to `values`."""
        text = ""
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                values.append(self.visit(part.value))
                text += "{" + (f"!{chr(part.conversion)}" if part.conversion > 0 else "")
                if isinstance(part.format_spec, ast.JoinedStr):
                    text += ":" + self._template(part.format_spec, values)
                text += "}"
            elif isinstance(part, ast.Constant):
                text += str(part.value).replace("{", "{{").replace("}", "}}")
        return text


@functools.cache
def source(*modules: ModuleType) -> bytes:
    """Return the program that is sent: by default the agent, or else some modules, joined."""
    sent = modules or (wire, ring, output, program)
    trees = [_Bare().visit(ast.parse(inspect.getsource(one))) for one in sent]
    return "\n".join(ast.unparse(ast.fix_missing_locations(tree)) for tree in trees).encode()
