"""Audiences with their members, and rules."""

from typing import Literal

from hub.access.api_tokens import AUDIENCES
from hub.audiences import read_audiences
from hub.audiences.told.sizes import read_size
from hub.rest import shapes
from hub.rest.api import blueprint, looking
from hub.rest.asked import ByKey, IdPageAtInstant, KeyPage, Text


class WhichRules(KeyPage):
    """Which rules are wanted."""

    dimension: Text | None = None
    status: Literal["draft", "shadow", "live"] | None = None


@blueprint.reads("/audiences", shapes.Audiences, AUDIENCES, "Audiences")
def list_audiences(query: KeyPage) -> shapes.Audiences:
    """Audiences."""
    with looking() as (uow, sight):
        return shapes.Audiences.model_validate(read_audiences.list_audiences(uow, sight.reach, query.page()))


@blueprint.reads("/audiences/<key>", shapes.Audience, AUDIENCES, "Audiences")
def read_audience(path: ByKey) -> shapes.Audience:
    """One audience."""
    with looking() as (uow, sight):
        found = read_audiences.read_audience_seen(uow, sight.reach, path.key)
    return shapes.Audience.model_validate(found)


@blueprint.reads("/audiences/<key>/size", shapes.AudienceSize, AUDIENCES, "Audiences")
def read_audience_size(path: ByKey) -> shapes.AudienceSize:
    """How many people are in an audience of the whole network; operators are told those of now."""
    with looking() as (uow, sight):
        return shapes.AudienceSize.model_validate(read_size(uow, sight.reach, path.key))


@blueprint.reads("/audiences/<key>/members", shapes.Members, AUDIENCES, "Audiences")
def list_members(path: ByKey, query: IdPageAtInstant) -> shapes.Members:
    """Who is in an audience at the instant, and by which appointments."""
    with looking() as (uow, sight):
        at = query.as_of or uow.now
        page = read_audiences.list_members(uow, sight.reach, path.key, at, query.page())
    return shapes.Members.model_validate(page)


@blueprint.reads("/rules", shapes.Rules, AUDIENCES, "Rules")
def list_rules(query: WhichRules) -> shapes.Rules:
    """Rules, by dimension and status."""
    with looking() as (uow, sight):
        page = read_audiences.list_rules(
            uow, sight.reach, query.page(), dimension=query.dimension or "", status=query.status or ""
        )
    return shapes.Rules.model_validate(page)


@blueprint.reads("/rules/<key>", shapes.Rule, AUDIENCES, "Rules")
def read_rule(path: ByKey) -> shapes.Rule:
    """One rule."""
    with looking() as (uow, sight):
        return shapes.Rule.model_validate(read_audiences.read_rule_seen(uow, sight.reach, path.key))
