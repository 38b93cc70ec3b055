"""Themes: how pages, mails and certificates look for a brand, an audience, a partner or a location."""

from dataclasses import replace

import flask
from werkzeug import Response

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.themes.images import MAX_BYTES, Image, read_image
from hub.themes.name_uses import audience_names, brand_names, find_uses
from hub.themes.theme import Theme, Use, find_theme, names_of_uses, read_themes, remove_theme, set_theme
from hub.web.admin.blueprint import blueprint
from hub.web.admin.form import Filled, missing, read_form, refuse_incomplete, refused
from hub.web.language import _
from hub.web.viewer import own_session

LABELS = {
    "key": "Short name",
    "title": "Title",
    "accent": "Color",
    "logo": "Logo",
    "certificate_logo": "Logo on certificates",
    "sender": "Mails come from",
    "reply_to": "Answers go to",
    "partners": "Partners",
    "locations": "Locations",
}
IMAGES = ("logo", "certificate_logo")
FIELDS_OF_CODES = {"bad_image": "logo", "has_theme": "title"}


@blueprint.get("/themes")
def themes() -> str:
    """All themes, and for whom they are."""
    with current_hub().reading() as uow:
        found = read_themes(uow)
        names = names_of_uses(uow, frozenset(use for _, uses in found.values() for use in uses))
    return flask.render_template("admin/themes.html", themes=found.values(), names=names)


@blueprint.get("/themes/new")
def new_theme() -> str:
    """The form for a new one."""
    return _page(Filled({"accent": "#3452c7"}), None, frozenset())


@blueprint.get("/themes/<key>")
def theme(key: str) -> str:
    """The form of one."""
    with current_hub().reading() as uow:
        one, uses = find_theme(uow, key)
        names = names_of_uses(uow, uses)
    values = {
        name: str(getattr(one, name) or "") for name in ("key", "title", "accent", "sender", "reply_to")
    }
    for scope in ("partner", "location"):
        values[f"{scope}s"] = "\n".join(sorted(names[use] for use in uses if use.scope == scope))
    return _page(Filled(values), one, uses)


@blueprint.post("/themes")
def save_theme() -> flask.typing.ResponseReturnValue:
    """Form: as LABELS, logos as files; ``brand`` and ``audience``, as often as chosen; ``hub``; ``drop_`` and a logo's name."""
    form, filled = flask.request.form, read_form(LABELS)
    values, empty = filled.values, missing(filled, ("key", "title", "accent"))
    old: Theme | None = None
    uses = frozenset(
        [
            *(Use("brand", id) for id in form.getlist("brand")),
            *(Use("audience", key) for key in form.getlist("audience")),
        ]
    ) | (frozenset({Use("hub")}) if form.get("hub") == "1" else frozenset())
    try:
        with current_hub().unit_of_work() as uow:
            old = read_themes(uow).get(form.get("old", ""), (None, None))[0]
            uses |= find_uses(uow, "partner", filled.lines("partners"))
            uses |= find_uses(uow, "location", filled.lines("locations"))
            images = {name: _uploaded(name) for name in IMAGES}
            kept = {
                name: None if form.get(f"drop_{name}") == "1" or old is None else getattr(old, name)
                for name in IMAGES
            }
            key = old.key if old else values["key"]
            wanted = Theme(
                key,
                values["title"],
                values["accent"].lower(),
                **kept,
                sender=values["sender"],
                reply_to=values["reply_to"],
            )
            found = {name: image for name, image in images.items() if image is not None}
            wanted = replace(wanted, **{name: image.hash for name, image in found.items()})
            refuse_incomplete(empty)
            set_theme(uow, wanted, uses, tuple(found.values()), actor_id=own_session().person_id)
    except HubError as error:
        return _page(refused(filled, error, FIELDS_OF_CODES, empty), old, uses), 400
    flask.flash(
        _("The theme %(title)s is saved. Whom it is for see it from their next page on.", title=wanted.title)
    )
    return flask.redirect(flask.url_for("admin.theme", key=wanted.key), 303)


@blueprint.post("/themes/<key>/remove")
def drop_theme(key: str) -> Response:
    """Take a theme away from everybody."""
    with current_hub().unit_of_work() as uow:
        remove_theme(uow, key, actor_id=own_session().person_id)
    flask.flash("The theme is gone.")
    return flask.redirect(flask.url_for("admin.themes"), 303)


def _uploaded(name: str) -> Image | None:
    file = flask.request.files.get(name)
    content = file.stream.read(MAX_BYTES + 1) if file and file.filename else b""
    return read_image(content, name) if content else None


def _page(filled: Filled, one: Theme | None, uses: frozenset[Use]) -> str:
    with current_hub().reading() as uow:
        return flask.render_template(
            "admin/theme.html",
            filled=filled,
            labels=LABELS,
            one=one,
            uses={(use.scope, use.subject) for use in uses},
            brands=brand_names(uow),
            audiences=audience_names(uow),
            max_kib=MAX_BYTES // 1024,
        )
