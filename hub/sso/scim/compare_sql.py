"""Comparisons of SCIM filters in SQL (RFC 7644, 3.4.2.2), on texts prepared by ``comparable``; the same on both databases.

Each is true or false and never null, so that ``not`` means not.
"""

from datetime import UTC, datetime
from typing import Any, Protocol

import sqlalchemy as sa
from scim2_models import AttributeBinding
from scim2_models.path import CompareOperator as Op

from hub.ids import is_id
from hub.sso.scim.comparable import as_text
from hub.sso.scim.tables import scim_resource
from hub.store.types import Id

Condition = sa.ColumnElement[bool]
_IN_TEXT = frozenset({Op.co, Op.sw, Op.ew})


class Value(Protocol):
    """One value of a resource, as SQL knows it."""

    def compare(self, op: Op, binding: AttributeBinding, operand: Any) -> Condition:
        """Whether the value stands to the operand like this; None for "has no value"."""

    def is_present(self) -> Condition:
        """Whether there is a value, and not an empty one."""

    @property
    def order(self) -> sa.ColumnElement[Any]:
        """What sorting goes by."""


class Text:
    """A text that was prepared for comparing."""

    def __init__(self, expression: sa.ColumnElement[Any], *, is_sqlite: bool) -> None:
        self.expression = expression
        self._is_sqlite = is_sqlite

    def is_present(self) -> Condition:
        """Whether there is one, and not an empty one."""
        return sa.and_(self.expression.is_not(None), self.expression != "")

    @property
    def order(self) -> sa.ColumnElement[Any]:
        """The text by its code points."""
        return self.expression if self._is_sqlite else sa.collate(self.expression, "C")

    def compare(self, op: Op, binding: AttributeBinding, operand: Any) -> Condition:
        """Whether the text stands to the operand like this."""
        if operand is None:
            return _compare_with_nothing(self.expression, op)
        if op in _IN_TEXT:
            if binding.target_type in {bool, datetime, bytes}:
                return sa.false()
            return sa.and_(self.expression.is_not(None), self._part(op, as_text(binding, operand)))
        return _decide(self.expression, self.order, op, as_text(binding, operand))

    def _part(self, op: Op, text: str) -> Condition:
        expression, length = self.expression, len(text)
        if op == Op.co:
            position = sa.func.instr if self._is_sqlite else sa.func.strpos
            return position(expression, text) > 0
        if op == Op.sw:
            return sa.func.substr(expression, 1, length) == text
        whole = sa.func.length(expression)
        return sa.and_(whole >= length, sa.func.substr(expression, whole - length + 1) == text)


class ResourceId(Text):
    """The id, which is no text on PostgreSQL."""

    def __init__(self, column: sa.ColumnElement[Any], *, is_sqlite: bool) -> None:
        super().__init__(sa.cast(column, sa.Text), is_sqlite=is_sqlite)
        self._column = column

    def compare(self, op: Op, binding: AttributeBinding, operand: Any) -> Condition:
        """Being equal by the index; everything else as a text."""
        if op == Op.eq and isinstance(operand, str):
            return (
                self._column == sa.literal(operand.lower(), Id()) if _is_written_id(operand) else sa.false()
            )
        return super().compare(op, binding, operand)


class Instant:
    """A column with an instant."""

    def __init__(self, column: sa.ColumnElement[Any]) -> None:
        self.order = column

    def is_present(self) -> Condition:
        """Always."""
        return sa.true()

    def compare(self, op: Op, binding: AttributeBinding, operand: Any) -> Condition:
        """Whether the instant stands to the operand like this; it has no parts. OverflowError beyond the calendar."""
        if operand is None:
            return _compare_with_nothing(self.order, op)
        if op in _IN_TEXT or not isinstance(operand, datetime):
            return sa.false()
        aware = operand if operand.tzinfo else operand.replace(tzinfo=UTC)
        return _decide(self.order, self.order, op, aware.astimezone(UTC))


class Nothing:
    """The value of an attribute that a resource does not have."""

    order: sa.ColumnElement[Any] = sa.null()

    def is_present(self) -> Condition:
        """Never."""
        return sa.false()

    def compare(self, op: Op, binding: AttributeBinding, operand: Any) -> Condition:
        """Nothing is equal to nothing and different from everything else."""
        wanted = Op.eq if operand is None else Op.ne
        return sa.true() if op == wanted else sa.false()


def column_value(binding: AttributeBinding, *, is_sqlite: bool) -> Value | None:
    """The value of an attribute that has a column of its own; None for the others."""
    c = scim_resource.c
    if binding.field_name == "meta":
        texts = {"resource_type": c.kind, "version": sa.literal('W/"') + sa.cast(c.version, sa.Text) + '"'}
        instants = {"created": c.created_at, "last_modified": c.modified_at}
        sub = binding.sub_field_name or ""
        if sub in instants:
            return Instant(instants[sub])
        if sub == "resource_type":
            return Text(sa.func.lower(c.kind) if not binding.case_exact else c.kind, is_sqlite=is_sqlite)
        return Text(texts[sub], is_sqlite=is_sqlite) if sub in texts else Nothing()
    if binding.field_name == "id":
        return ResourceId(c.id, is_sqlite=is_sqlite)
    columns = {"external_id": c.external_id, "user_name": c.user_name}
    column = columns.get(binding.field_name)
    return None if column is None else Text(column, is_sqlite=is_sqlite)


def _is_written_id(text: str) -> bool:
    """An id is compared exactly: in capitals it is another text."""
    return is_id(text) and text == text.lower()


def _compare_with_nothing(expression: sa.ColumnElement[Any], op: Op) -> Condition:
    if op == Op.eq:
        return expression.is_(None)
    return expression.is_not(None) if op == Op.ne else sa.false()


def _decide(
    expression: sa.ColumnElement[Any], order: sa.ColumnElement[Any], op: Op, operand: Any
) -> Condition:
    if op == Op.eq:
        return sa.and_(expression.is_not(None), expression == operand)
    if op == Op.ne:
        return sa.or_(expression.is_(None), expression != operand)
    ordered = {
        Op.gt: order > operand,
        Op.ge: order >= operand,
        Op.lt: order < operand,
        Op.le: order <= operand,
    }
    return sa.and_(expression.is_not(None), ordered[op])
