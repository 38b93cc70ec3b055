"""Who there is: partners, brands, locations, field dimensions, people, appointments, and how systems know people."""

from datetime import datetime

import sqlalchemy as sa

import hub.network.roster.tables  # noqa: F401  (so that whoever knows these knows those)
from hub.store.folded import folded
from hub.store.types import Id, Json, Time, id_column, metadata, reference, validity

partner = sa.Table("partner", metadata, id_column(), sa.Column("name", sa.Text, nullable=False))
sa.Index("ix_partner_name", folded(partner.c.name), partner.c.id)

partner_relationship = sa.Table(
    "partner_relationship",
    metadata,
    reference("partner_id", "partner"),
    sa.Column(
        "kind", sa.String(16), nullable=False, comment="make, sell, service, distribute, supply or use"
    ),
    *validity(),
    sa.PrimaryKeyConstraint("partner_id", "kind", "valid_from"),
    sa.Index("ix_partner_relationship_kind_partner_id", "kind", "partner_id"),
)

partner_link = sa.Table(
    "partner_link",
    metadata,
    reference("upstream_id", "partner"),
    reference("downstream_id", "partner", index=True),
    sa.Column("kind", sa.String(16), nullable=False, comment="distributor or supplier"),
    *validity(),
    sa.PrimaryKeyConstraint("upstream_id", "downstream_id", "kind", "valid_from"),
)


def _closed_at() -> sa.Column[datetime]:
    return sa.Column("closed_at", Time(), comment="nothing new is said with it since")


brand = sa.Table("brand", metadata, id_column(), sa.Column("name", sa.Text, nullable=False), _closed_at())

dimension = sa.Table(
    "dimension",
    metadata,
    sa.Column(
        "key", sa.String(40), primary_key=True, comment="such as sales, service, parts; general is built in"
    ),
    sa.Column("name", sa.Text, nullable=False),
    _closed_at(),
)

node = sa.Table(
    "node",
    metadata,
    id_column(),
    sa.Column("dimension", sa.String(40), sa.ForeignKey("dimension.key"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    *validity(),
)

node_parent = sa.Table(
    "node_parent",
    metadata,
    reference("node_id", "node"),
    reference("parent_id", "node", index=True),
    *validity(),
    sa.PrimaryKeyConstraint("node_id", "valid_from"),
    comment="A node without a row at some instant is a root then.",
)

node_closure = sa.Table(
    "node_closure",
    metadata,
    reference("ancestor_id", "node"),
    reference("descendant_id", "node", index=True),
    sa.Column("depth", sa.Integer, nullable=False),
    *validity(),
    sa.PrimaryKeyConstraint("ancestor_id", "descendant_id", "valid_from"),
    comment="Which nodes stand above which, for a time; each node stands above itself at depth 0 while it exists.",
)

location = sa.Table(
    "location",
    metadata,
    id_column(),
    reference("partner_id", "partner", index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("city", sa.Text, nullable=False),
    sa.Column("country", sa.String(2), nullable=False),
    sa.Column("time_zone", sa.String(64), nullable=False),
    *validity(),
)

sa.Index("ix_location_name", folded(location.c.name), location.c.id)
sa.Index("ix_location_partner_id_name", location.c.partner_id, folded(location.c.name), location.c.id)

location_brand = sa.Table(
    "location_brand",
    metadata,
    reference("location_id", "location"),
    reference("brand_id", "brand", index=True),
    sa.Column("activity", sa.String(16), nullable=False, comment="sell, service, parts, make or use"),
    *validity(),
    sa.PrimaryKeyConstraint("location_id", "brand_id", "activity", "valid_from"),
)

location_node = sa.Table(
    "location_node",
    metadata,
    reference("location_id", "location"),
    reference("node_id", "node", index=True),
    sa.Column("dimension", sa.String(40), sa.ForeignKey("dimension.key"), nullable=False),
    *validity(),
    sa.PrimaryKeyConstraint("location_id", "dimension", "valid_from"),
    comment="PostgreSQL refuses two at once in one dimension (ex_location_node_once); see migration 0029.",
)

position = sa.Table(
    "position",
    metadata,
    id_column(),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("family", sa.String(40), nullable=False),
    _closed_at(),
)

position_superior = sa.Table(
    "position_superior",
    metadata,
    reference("position_id", "position"),
    reference("superior_id", "position", index=True),
    sa.Column("dimension", sa.String(40), sa.ForeignKey("dimension.key"), nullable=False),
    *validity(),
    sa.PrimaryKeyConstraint("position_id", "superior_id", "dimension", "valid_from"),
    comment="Who holds the one manages those in the other at the same location, in one dimension.",
)

person = sa.Table(
    "person",
    metadata,
    id_column(),
    reference("partner_id", "partner"),
    sa.Column("locale", sa.String(16), nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Index("ix_person_partner_id_id", "partner_id", "id"),
)

person_switched_off = sa.Table(
    "person_switched_off",
    metadata,
    sa.Column("person_id", Id(), sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("reason", sa.String(40), nullable=False, comment="who did it, as a code such as scim"),
    comment="Whoever is switched off, so that a client that reports in again undoes only what clients did.",
)

person_detail = sa.Table(
    "person_detail",
    metadata,
    sa.Column("person_id", Id(), sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("given_name", sa.Text, nullable=False),
    sa.Column("family_name", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    comment="Personal data lives here alone; erasure deletes the row.",
)
for _name, *_rest in (("given_name", "family_name"), ("family_name", "given_name"), ("email",)):
    sa.Index(
        f"ix_person_detail_{_name}",
        *(folded(person_detail.c[_each]) for _each in (_name, *_rest)),
        person_detail.c.person_id,
    )

appointment = sa.Table(
    "appointment",
    metadata,
    id_column(),
    reference("person_id", "person", index=True),
    reference("location_id", "location"),
    reference("position_id", "position", index=True),
    sa.Column("audience_class", sa.String(8), nullable=False, comment="internal or external"),
    *validity(),
    sa.Index("ix_appointment_location_id_person_id", "location_id", "person_id"),
)

appointment_brand = sa.Table(
    "appointment_brand",
    metadata,
    reference("appointment_id", "appointment"),
    reference("brand_id", "brand"),
    sa.PrimaryKeyConstraint("appointment_id", "brand_id"),
    comment="A brand is in force only while the location carries it; see effective_brands.",
)

appointment_source = sa.Table(
    "appointment_source",
    metadata,
    sa.Column("appointment_id", Id(), sa.ForeignKey("appointment.id"), primary_key=True),
    sa.Column("source", sa.String(80), nullable=False, comment="such as scim and its connection"),
    comment="Who made an appointment, where it was not the network files: it alone changes or ends it.",
)

rep_assignment = sa.Table(
    "rep_assignment",
    metadata,
    id_column(),
    reference("person_id", "person", index=True),
    sa.Column("dimension", sa.String(40), sa.ForeignKey("dimension.key"), nullable=False),
    reference("node_id", "node", nullable=True, index=True),
    reference("location_id", "location", nullable=True, index=True),
    reference("upstream_id", "partner", nullable=True, index=True),
    sa.Column("link", sa.String(16), comment="which partner links lead down from upstream_id"),
    sa.Column(
        "service", sa.String(80), nullable=False, server_default="", comment="what is done there, in words"
    ),
    *validity(),
    sa.CheckConstraint(
        "(CASE WHEN node_id IS NULL THEN 0 ELSE 1 END + CASE WHEN location_id IS NULL THEN 0 ELSE 1 END"
        " + CASE WHEN upstream_id IS NULL THEN 0 ELSE 1 END) = 1",
        name="one_scope",
    ),
    comment="What a person looks after: a node and all below it, a location, or what lies downstream of a partner.",
)

manager_relation = sa.Table(
    "manager_relation",
    metadata,
    id_column(),
    reference("manager_id", "person", index=True),
    reference("person_id", "person", nullable=True, index=True),
    reference("appointment_id", "appointment", nullable=True, index=True),
    sa.Column("dimension", sa.String(40), sa.ForeignKey("dimension.key"), nullable=False),
    *validity(),
    sa.CheckConstraint("(person_id IS NULL) <> (appointment_id IS NULL)", name="one_subject"),
    comment="Managers by name, of a person or of one appointment.",
)

attribute_kind = sa.Table(
    "attribute_kind",
    metadata,
    sa.Column("key", sa.String(40), primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("subject", sa.String(16), nullable=False, comment="person, appointment, location or partner"),
    sa.Column("type", sa.String(16), nullable=False, comment="text, number, boolean, date or choice"),
    sa.Column("choices", Json, nullable=False),
    sa.Column("mandatory_for", Json, nullable=False, comment="keys of audiences"),
)

attribute = sa.Table(
    "attribute",
    metadata,
    sa.Column("subject_id", Id(), nullable=False),
    sa.Column("key", sa.String(40), sa.ForeignKey("attribute_kind.key"), nullable=False),
    sa.Column("value", Json, nullable=False),
    *validity(),
    sa.PrimaryKeyConstraint("subject_id", "key", "valid_from"),
    sa.Index("ix_attribute_key_subject_id", "key", "subject_id"),
    comment="Values of people, appointments, locations and partners: whose, the kind says.",
)

connection = sa.Table(
    "connection",
    metadata,
    id_column(),
    sa.Column("slug", sa.String(64), nullable=False, unique=True, comment="stands in addresses and files"),
    reference("partner_id", "partner", nullable=True, index=True),
    sa.Column(
        "kind", sa.String(16), nullable=False, index=True, comment="oidc, saml, local, scim, lms or cmi5"
    ),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    comment="One outside system, owned by a partner or shared. Its credentials hang from it and can be replaced.",
)

identity_link = sa.Table(
    "identity_link",
    metadata,
    reference("connection_id", "connection"),
    sa.Column("form", sa.String(16), nullable=False, comment="sub, account, mbox, mbox_sha1sum or openid"),
    sa.Column("subject", sa.Text, nullable=False),
    reference("person_id", "person", index=True),
    sa.Column("made_by", sa.String(16), nullable=False, comment="roster, launch or sign_in"),
    sa.PrimaryKeyConstraint("connection_id", "form", "subject"),
)

removed_sign_in = sa.Table(
    "removed_sign_in",
    metadata,
    reference("connection_id", "connection"),
    sa.Column("form", sa.String(16), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    reference("person_id", "person", index=True),
    sa.PrimaryKeyConstraint("connection_id", "form", "subject", "person_id"),
    comment="Whose sign-in a subject was until it was taken away: it comes back by proof, never by what it claims.",
)

identity_proof = sa.Table(
    "identity_proof",
    metadata,
    sa.Column("code_hash", sa.String(64), primary_key=True),
    reference("connection_id", "connection"),
    sa.Column("form", sa.String(16), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column(
        "browser_hash",
        sa.String(64),
        nullable=False,
        comment="of the browser's cookie; empty until a browser of its own is known",
    ),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    sa.Column("used_at", Time()),
    comment="Systems that showed who somebody is for them; whoever signs in with the code may say: this is me.",
)
sa.Index("ix_connection_name", folded(connection.c.name), connection.c.slug)
sa.Index("ix_connection_slug", folded(connection.c.slug), connection.c.slug)
sa.Index("ix_connection_of_kind", connection.c.kind, connection.c.slug)
sa.Index("ix_connection_kind_name", connection.c.kind, folded(connection.c.name), connection.c.slug)
sa.Index("ix_connection_kind_slug", connection.c.kind, folded(connection.c.slug), connection.c.slug)

email_domain = sa.Table(
    "email_domain",
    metadata,
    sa.Column("domain", sa.String(255), nullable=False),
    reference("connection_id", "connection", index=True),
    sa.PrimaryKeyConstraint("domain", "connection_id"),
    comment="Where people with such an address sign in. It never says who somebody is.",
)
sa.Index("ix_email_domain_domain", folded(email_domain.c.domain), email_domain.c.connection_id)

role_grant = sa.Table(
    "role_grant",
    metadata,
    reference("person_id", "person"),
    sa.Column("role", sa.String(32), nullable=False, comment="operator"),
    sa.PrimaryKeyConstraint("person_id", "role"),
)

person_merge = sa.Table(
    "person_merge",
    metadata,
    id_column(),
    reference("from_id", "person", index=True),
    reference("to_id", "person", index=True),
    sa.Column("at", Time(), nullable=False),
    reference("actor_id", "person", nullable=True),
    sa.Column("undone_at", Time()),
    sa.Column("body", Json, nullable=False, comment="what was moved; see network.merge"),
    comment="Two records of one human that became one. Holds subjects: erasure deletes the row.",
)

roster_key = sa.Table(
    "roster_key",
    metadata,
    sa.Column("kind", sa.String(24), nullable=False, comment="partner, location, person, ..."),
    sa.Column("external_id", sa.String(200), nullable=False),
    sa.Column("id", Id(), nullable=False),
    sa.Column("content_hash", sa.String(64), nullable=False, comment="of the snapshot last applied"),
    sa.Column(
        "parts", sa.Text, comment="names of the parts it had in the files; see hub.network.importing.parts"
    ),
    sa.PrimaryKeyConstraint("kind", "external_id"),
    comment="What the network files call things, and whether they have changed since the last import.",
)

import_run = sa.Table(
    "import_run",
    metadata,
    id_column(),
    sa.Column("started_at", Time(), nullable=False),
    sa.Column("finished_at", Time()),
    sa.Column("content_hash", sa.String(64), nullable=False, comment="of all files together"),
    sa.Column("counts", Json, nullable=False),
)

setup_link = sa.Table(
    "setup_link",
    metadata,
    id_column(),
    sa.Column("code_hash", sa.String(64), nullable=False, unique=True),
    reference("partner_id", "partner", index=True),
    sa.Column(
        "parts",
        sa.String(64),
        nullable=False,
        comment="what may be connected, apart by spaces: tool, platform, sign_in, provisioning",
    ),
    sa.Column("name", sa.Text, nullable=False, comment="of the LMS, as whoever made the link calls it"),
    sa.Column("created_by", Id(), comment="null at the command line"),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("expires_at", Time(), nullable=False),
    sa.Column("browser_hash", sa.String(64), comment="of the browser that claimed it; no other may use it"),
    sa.Column("claimed_at", Time()),
    sa.Column("finished_at", Time()),
    sa.Column("revoked_at", Time()),
    reference("connection_id", "connection", nullable=True),
    reference("sign_in_id", "connection", nullable=True),
    reference("provisioning_id", "connection", nullable=True),
    sa.Column(
        "product", sa.String(16), nullable=False, comment="that people sign in with; empty for unknown"
    ),
    sa.Column("tried_at", Time(), comment="when a sign-in on trial last went well"),
)

message_preference = sa.Table(
    "message_preference",
    metadata,
    sa.Column("person_id", Id(), sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("language", sa.String(8), comment="chosen by the person; null: what their employer says"),
    sa.Column("digests", sa.Boolean, nullable=False, comment="whether they want mails about their training"),
    sa.Column("unwanted", Json, nullable=False, comment="kinds of news that are left out: see notify.news"),
    sa.Column("quiet_from", sa.Integer, nullable=False, comment="hour of the day where they work"),
    sa.Column("quiet_to", sa.Integer, nullable=False, comment="equal to quiet_from: never quiet"),
    comment="What people chose about messages and language. No row: the hub's defaults.",
)
