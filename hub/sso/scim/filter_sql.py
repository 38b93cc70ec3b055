"""SCIM filters as SQL conditions (RFC 7644, 3.4.2.2), meaning what ``ScimFilter.match`` means for one resource."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from scim2_models import AttributeBinding, InvalidFilterException, ScimFilter
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
    coerce_value,
)

from hub.sso.scim.comparable import FIRST, SCALAR, name_of
from hub.sso.scim.compare_sql import Condition, Nothing, ResourceId, Text, Value, column_value
from hub.sso.scim.provider import Model
from hub.sso.scim.tables import scim_member, scim_resource
from hub.store.types import Json

Entries = tuple[sa.FromClause, Condition | None, Callable[[str], Value]]
"""The entries of an attribute that has several: where they are, which are the resource's, and how to read one."""


def filter_condition(model: Model, text: str, *, is_sqlite: bool) -> Condition:
    """Which rows of ``scim_resource`` with this kind of resource match a filter that was checked before.

    An attribute that the model does not have matches nothing (3.4.2.1). InvalidFilterException for what SQL cannot ask.
    """
    checked = ScimFilter[model](text)  # type: ignore[valid-type]
    return _Resource(checked, is_sqlite=is_sqlite).visit(checked.ast)


def order_value(binding: AttributeBinding | None, *, is_sqlite: bool) -> sa.ColumnElement[Any]:
    """What resources are sorted by; null where there is no value."""
    if binding is None:
        return sa.null()
    column = column_value(binding, is_sqlite=is_sqlite)
    if column is not None:
        return column.order
    if binding.field_name in {"members", "groups"}:
        return sa.null()
    sub = binding.sub_field_name
    if binding.is_multivalued:
        return Text(_found(f"{name_of(binding)}.{sub or SCALAR}{FIRST}"), is_sqlite=is_sqlite).order
    name = f"{name_of(binding)}.{sub}" if sub else name_of(binding)
    return Text(_found(name), is_sqlite=is_sqlite).order


class _Visitor(FilterVisitor[Condition]):
    def visit_not(self, node: Not) -> Condition:
        return sa.not_(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> Condition:
        terms = [self.visit(term) for term in node.terms]
        return sa.and_(*terms) if node.op == LogicalOperator.and_ else sa.or_(*terms)


class _Resource(_Visitor):
    """Conditions on whole resources."""

    def __init__(self, checked: ScimFilter[Any], *, is_sqlite: bool) -> None:
        self._filter = checked
        self._is_sqlite = is_sqlite

    def visit_comparison(self, node: Comparison) -> Condition:
        binding = self._filter.resolve_comparison(node.attr_path, strict=False)
        if binding is None:
            return sa.false()
        operand = coerce_value(binding, node.value, node.op)
        if not binding.is_multivalued:
            return self._single(binding).compare(node.op, binding, operand)
        return self._any(binding, node.op, operand)

    def visit_present(self, node: Present) -> Condition:
        binding = self._filter.resolve(node.attr_path, strict=False)
        if binding is None:
            return sa.false()
        if binding.is_multivalued:
            entries = _entries(binding, is_sqlite=self._is_sqlite)
            return _exists(
                entries, entries[2](binding.sub_field_name).is_present() if binding.sub_field_name else None
            )
        if binding.sub_field_name is None and _is_complex(binding):
            if binding.field_name == "meta":
                return sa.true()
            parts = binding.field_type.model_fields  # type: ignore[union-attr]
            name = name_of(binding)
            return sa.or_(
                *(Text(_found(f"{name}.{part}"), is_sqlite=self._is_sqlite).is_present() for part in parts)
            )
        return self._single(binding).is_present()

    def visit_value_path(self, node: ValuePath) -> Condition:
        binding = self._filter.resolve(node.attr_path, strict=False)
        if binding is None:
            return sa.false()
        entries = _entries(binding, is_sqlite=self._is_sqlite)
        return _exists(entries, _Entry(binding, entries[2]).visit(node.val_filter))

    def _single(self, binding: AttributeBinding) -> Value:
        column = column_value(binding, is_sqlite=self._is_sqlite)
        if column is not None:
            return column
        name = name_of(binding)
        if binding.sub_field_name:
            name = f"{name}.{binding.sub_field_name}"
        return Text(_found(name), is_sqlite=self._is_sqlite)

    def _any(self, binding: AttributeBinding, op: CompareOperator, operand: Any) -> Condition:
        """Whether some entry matches; for ``ne``, whether all do."""
        entries = _entries(binding, is_sqlite=self._is_sqlite)
        value = entries[2](binding.sub_field_name or SCALAR)
        if op == CompareOperator.ne:
            all_differ = sa.not_(_exists(entries, sa.not_(value.compare(op, binding, operand))))
            return sa.and_(all_differ, _exists(entries, None)) if operand is None else all_differ
        some = _exists(entries, value.compare(op, binding, operand))
        if op == CompareOperator.eq and operand is None:
            return sa.or_(some, sa.not_(_exists(entries, None)))
        return some


class _Entry(_Visitor):
    """Conditions on one entry of an attribute that has several."""

    def __init__(self, binding: AttributeBinding, read: Callable[[str], Value]) -> None:
        self._binding = binding
        self._read = read

    def visit_comparison(self, node: Comparison) -> Condition:
        found = self._sub(node.attr_path)
        if found is None:
            return sa.false()
        value, binding = found
        return value.compare(node.op, binding, coerce_value(binding, node.value, node.op))

    def visit_present(self, node: Present) -> Condition:
        found = self._sub(node.attr_path)
        return found[0].is_present() if found else sa.false()

    def visit_value_path(self, node: ValuePath) -> Condition:
        return sa.false()

    def _sub(self, path: AttrPath) -> tuple[Value, AttributeBinding] | None:
        if path.sub_attr is not None or path.uri is not None:
            return None
        if not _is_complex(self._binding):
            return (self._read(SCALAR), self._binding) if path.attr.lower() == SCALAR else None
        model: Any = self._binding.field_type
        binding = ScimFilter[model](f"{path.attr} pr").resolve(path, strict=False)
        if binding is None:
            return None
        if binding.is_multivalued:
            raise InvalidFilterException(detail=f"{path.attr} cannot be searched inside of a value filter")
        return self._read(binding.field_name), binding


def _found(name: str) -> sa.ColumnElement[Any]:
    text: sa.ColumnElement[Any] = scim_resource.c.found_by[name].as_string()
    return text


def _is_complex(binding: AttributeBinding) -> bool:
    return hasattr(binding.field_type, "model_fields")


def _exists(entries: Entries, condition: Condition | None) -> Condition:
    source, mine, _ = entries
    query = sa.select(sa.literal(1)).select_from(source)
    for each in (mine, condition):
        if each is not None:
            query = query.where(each)
    return query.correlate(scim_resource).exists()


def _entries(binding: AttributeBinding, *, is_sqlite: bool) -> Entries:
    if binding.field_name == "members":
        return _members(scim_member.c.group_id, scim_member.c.member_id, is_sqlite=is_sqlite)
    if binding.field_name == "groups":
        return _members(scim_member.c.member_id, scim_member.c.group_id, is_sqlite=is_sqlite)
    name, column = name_of(binding), scim_resource.c.found_by
    if is_sqlite:
        listed = sa.func.json_each(column, f'$."{name}"').table_valued(sa.column("value", Json), name="entry")
    else:
        listed = sa.func.jsonb_array_elements(column[name]).table_valued(
            sa.column("value", Json), name="entry"
        )
    entry = listed.c.value
    return listed, None, lambda sub: Text(entry[sub].as_string(), is_sqlite=is_sqlite)


def _members(mine: sa.ColumnElement[Any], other: sa.ColumnElement[Any], *, is_sqlite: bool) -> Entries:
    """Who is in a group, or in which groups somebody is: rows of their own, each found by an index."""
    related = scim_resource.alias("related")
    source = scim_member.join(related, related.c.id == other)

    def read(sub: str) -> Value:
        if sub == "value":
            return ResourceId(other, is_sqlite=is_sqlite)
        if sub == "display":
            return Text(sa.func.lower(related.c.display_name), is_sqlite=is_sqlite)
        if sub == "type" and mine is scim_member.c.group_id:
            return Text(sa.func.lower(related.c.kind), is_sqlite=is_sqlite)
        if sub == "type":
            return Text(sa.literal("direct"), is_sqlite=is_sqlite)
        return Nothing()

    return source, mine == scim_resource.c.id, read
