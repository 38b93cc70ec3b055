"""``hub connect saml-client``: systems that sign people in with the hub and know only SAML."""

import click


@click.command("saml-client")
@click.argument("slug")
@click.option("--name", required=True, help="What people read.")
@click.option(
    "--partner",
    help="The partner it belongs to, as partner_id of the network files; left out if several share it.",
)
@click.option("--metadata", required=True, help="The system's metadata: an https address, or a file.")
@click.option("--entity-id", default="", help="Which system is meant, if the metadata describes several.")
@click.option("--anonymous", is_flag=True, help="Tell it neither names nor e-mail addresses.")
@click.option("--encrypt", "encrypts", is_flag=True, help="Encrypt assertions for it.")
@click.option("--opened-from-hub", "hub_initiated", is_flag=True, help="Let people open it from My training.")
def saml_client(
    slug: str,
    name: str,
    partner: str | None,
    metadata: str,
    entity_id: str,
    anonymous: bool,
    encrypts: bool,
    hub_initiated: bool,
) -> None:
    """Let people sign in at SLUG with the hub (SAML 2.0), and print what it must know of the hub."""
    from pathlib import Path

    from hub.cli.opening import opened_hub
    from hub.network.importing.roster_keys import find_id
    from hub.sso.saml_provider.connect import connect_system
    from hub.sso.saml_provider.settings import DEFAULTS
    from hub.sso.saml_provider.views import hub_values

    is_address = "://" in metadata
    if not is_address and not Path(metadata).is_file():
        raise click.UsageError(f"There is no file {metadata}.")
    with opened_hub() as hub:
        with hub.reading() as uow:
            partner_id = find_id(uow, "partner", partner) if partner else None
        connect_system(
            hub,
            slug,
            name,
            partner_id,
            pasted=b"" if is_address else Path(metadata).read_bytes(),
            entity_id=entity_id,
            metadata_url=metadata if is_address else "",
            attribute_names={} if anonymous else DEFAULTS["attribute_names"],
            encrypts=encrypts,
            hub_initiated=hub_initiated,
        )
        values = hub_values(hub.settings)
    click.echo(f"Connected {name}. Its administrator enters this about the hub:\n")
    for label, value in values.values():
        click.echo(f"  {label:<34}{value}")
