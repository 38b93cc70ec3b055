"""``hub connect saml`` and ``hub sso rotate-saml-key``: identity providers that speak SAML."""

from typing import IO

import click


@click.command()
@click.argument("slug")
@click.option("--name", required=True, help="What people read on the sign-in page.")
@click.option(
    "--partner",
    help="The partner it belongs to, as partner_id of the network files; left out if several share it.",
)
@click.option("--metadata", required=True, help="The provider's metadata: an https address, or a file.")
@click.option("--entity-id", default="", help="Which provider is meant, if the metadata describes several.")
@click.option("--signer", type=click.File("r"), help="Certificate (PEM) that must have signed the metadata.")
@click.option(
    "--signed",
    type=click.Choice(["assertion", "response"]),
    default="assertion",
    show_default=True,
    help="What must be signed: each assertion, or at least the response around it.",
)
@click.option(
    "--name-id",
    type=click.Choice(["persistent", "unspecified", "emailAddress"]),
    default="persistent",
    show_default=True,
    help="The format of the NameID.",
)
@click.option(
    "--subject-attribute", default="", help="Attribute that says who somebody is, instead of the NameID."
)
@click.option(
    "--required-acr", default="", help="AuthnContextClassRef that people must have; others are refused."
)
@click.option("--idp-initiated", is_flag=True, help="Let people in whom the hub did not send.")
@click.option(
    "--domain", "domains", multiple=True, help="Mail domain of the people who sign in there. Repeatable."
)
def saml(
    slug: str,
    name: str,
    partner: str | None,
    metadata: str,
    entity_id: str,
    signer: IO[str] | None,
    signed: str,
    name_id: str,
    subject_attribute: str,
    required_acr: str,
    idp_initiated: bool,
    domains: tuple[str, ...],
) -> None:
    """Connect an identity provider (SAML 2.0) under the name SLUG, and print what it must know of the hub."""
    from pathlib import Path

    from hub.cli.opening import opened_hub
    from hub.network.importing.roster_keys import find_id
    from hub.sso.saml.connect import NAME_ID_FORMATS, connect_saml_provider
    from hub.sso.saml.providers import Choices
    from hub.sso.saml.views import hub_values

    is_address = "://" in metadata
    if not is_address and not Path(metadata).is_file():
        raise click.UsageError(f"There is no file {metadata}.")
    choices = Choices(
        metadata_url=metadata if is_address else "",
        signer=signer.read() if signer else "",
        signed_part="response" if signed == "response" else "assertion",
        idp_initiated=idp_initiated,
        name_id_format=next(uri for uri in NAME_ID_FORMATS if uri.endswith(f":{name_id}")),
        subject_attribute=subject_attribute,
        required_acr=required_acr,
    )
    with opened_hub() as hub:
        with hub.reading() as uow:
            partner_id = find_id(uow, "partner", partner) if partner else None
        connect_saml_provider(
            hub,
            slug,
            name,
            partner_id,
            choices,
            uploaded=b"" if is_address else Path(metadata).read_bytes(),
            entity_id=entity_id,
            domains=domains,
        )
        values = hub_values(hub.settings.public_url, slug)
    click.echo(f"Connected {name}. Its administrator enters this about the hub:\n")
    for label, value in values.items():
        click.echo(f"  {label:<34}{value}")


@click.command("rotate-saml-key")
@click.option("--use", is_flag=True, help="Sign with the key that was published before.")
@click.option(
    "--to-systems",
    is_flag=True,
    help="The key towards systems that sign people in here, not towards providers.",
)
def rotate_saml_key(use: bool, to_systems: bool) -> None:
    """Publish a new key for SAML; with --use, days later, sign with it. The one before still opens for a month."""
    from hub.cli.opening import opened_hub
    from hub.sso.saml.sp_keys import publish_new_key, use_new_key

    with opened_hub() as hub, hub.unit_of_work() as uow:
        key_id = (use_new_key if use else publish_new_key)(uow, role="idp" if to_systems else "sp")
    if use:
        click.echo(f"{key_id} signs from now on.")
    else:
        command = f"{_USE} --to-systems" if to_systems else _USE
        click.echo(f"{key_id} is published. Once the others have read the hub's metadata again: {command}")


_USE = "hub sso rotate-saml-key --use"
