"""Names and Role Provisioning Services 2.0 and Course Groups Service 1.0 over HTTP: members and groups of a context."""

from collections.abc import Sequence

from flask import Blueprint, Response, request

from hub.flask_hub import current_hub
from hub.lti.line_items import find_context
from hub.lti.paging import Page, next_url, read_page
from hub.lti.roster import groups
from hub.lti.roster.claims import group_sets_url, groups_url
from hub.lti.roster.members import FILTERS, container, differences_url, first_page, list_members
from hub.lti.roster.refresh import refresh_roster
from hub.lti.services import json_answer, serve
from hub.lti.tools import Tool
from hub.lti.vocabulary import GROUP_SETS_TYPE, GROUPS_SCOPE, GROUPS_TYPE, MEMBERS_TYPE, NRPS_SCOPE
from hub.store import UnitOfWork


def add_to(blueprint: Blueprint) -> None:
    """Register the endpoints below ``/lti``."""
    for name, view in (("members", get_members), ("groups", get_groups), ("groupsets", get_group_sets)):
        blueprint.add_url_rule(f"/contexts/<context_id>/{name}", view.__name__, view, methods=["GET"])


def get_members(context_id: str) -> Response:
    """Members of a context, in pages (NRPS, section 2.4). Only the first page may write: it brings the roster up to date."""
    is_first = "page" not in request.args

    def answer(uow: UnitOfWork, tool: Tool) -> Response:
        sealer, here = current_hub().sealer, current_hub().settings.url(request.path)
        page = _read_page(FILTERS)
        link = find_context(uow, tool, context_id)
        if is_first:
            page = first_page(uow, sealer, link, page)
        members, after = list_members(uow, tool, link, page)
        links = [f'<{differences_url(sealer, here, page)}>; rel="differences"']
        if after:
            links.insert(0, f'<{next_url(sealer, here, page, after)}>; rel="next"')
        response = json_answer(container(uow, link, members), MEMBERS_TYPE)
        response.headers["Link"] = ", ".join(links)
        return response

    return serve("members", (NRPS_SCOPE,), answer, writes=is_first)


def get_groups(context_id: str) -> Response:
    """Groups of a context, in pages, of its roster as it is now."""
    is_first = "page" not in request.args

    def answer(uow: UnitOfWork, tool: Tool) -> Response:
        page = _read_page(groups.FILTERS)
        link = find_context(uow, tool, context_id)
        if is_first:
            refresh_roster(uow, link)
        found, after = groups.list_groups(uow, tool, link, page)
        here = groups_url(uow.settings, link.id)
        response = json_answer({"id": here, "groups": found}, GROUPS_TYPE)
        if after:
            url = next_url(current_hub().sealer, here, page, after)
            response.headers["Link"] = f'<{url}>; rel="next"'
        return response

    return serve("groups", (GROUPS_SCOPE,), answer, writes=is_first)


def get_group_sets(context_id: str) -> Response:
    """Sets of groups of a context: there is one."""

    def answer(uow: UnitOfWork, tool: Tool) -> Response:
        _read_page(())
        link = find_context(uow, tool, context_id)
        content = {"id": group_sets_url(uow.settings, link.id), "sets": [groups.group_set(tool)]}
        return json_answer(content, GROUP_SETS_TYPE)

    return serve("groups", (GROUPS_SCOPE,), answer)


def _read_page(filters: Sequence[str]) -> Page:
    return read_page(current_hub().sealer, request.path, request.args.to_dict(flat=False), filters)
