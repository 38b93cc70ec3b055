"""Identity products as their administrators know them: the steps in each one's own words, and how it names attributes.

Words and no code. What a step tells to copy stands beside it on the page; names in “quotes” are those of the product.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hub.errors import BadInput, Problem

Protocol = Literal["oidc", "saml"]


@dataclass(frozen=True)
class Guide:
    """How one protocol is set up in one product. ``attributes`` are claim names as ``hub.sso.policy.ATTRIBUTES``.

    ``steps`` come first, then the administrator copies what the hub shows; ``after`` leads to what is pasted back here.
    ``issuer_hint`` and ``metadata_hint`` say how that looks.
    """

    steps: tuple[str, ...]
    after: tuple[str, ...]
    attributes: Mapping[str, str]
    hint: str = ""


@dataclass(frozen=True)
class Product:
    """One product. ``provisioning`` are its steps for SCIM 2.0; none where it cannot send its people to the hub."""

    key: str
    name: str
    guides: Mapping[Protocol, Guide]
    provisioning: tuple[str, ...] = ()
    provisioning_note: str = ""
    protocols: tuple[Protocol, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "protocols", tuple(self.guides))


_STANDARD = {"given_name": "given_name", "family_name": "family_name", "email": "email"}
_XMLSOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_WS = {
    "given_name": f"{_XMLSOAP}givenname",
    "family_name": f"{_XMLSOAP}surname",
    "email": f"{_XMLSOAP}emailaddress",
}
_OIDS = {
    "given_name": "urn:oid:2.5.4.42",
    "family_name": "urn:oid:2.5.4.4",
    "email": "urn:oid:0.9.2342.19200300.100.1.3",
}
_PLAIN = {"given_name": "firstName", "family_name": "lastName", "email": "email"}

ENTRA = Product(
    "entra",
    "Microsoft Entra ID",
    {
        "oidc": Guide(
            (
                "Sign in to the Microsoft Entra admin center as an application administrator.",
                "Open “App registrations” and choose “New registration”. Name it “Partner Training Hub”.",
                "Under “Supported account types” choose “Accounts in this organizational directory only”.",
                "Under “Redirect URI” choose “Web” and paste the redirect URI. Then choose “Register”.",
            ),
            (
                "On “Overview”, choose “Endpoints” and copy the “OpenID Connect metadata document”.",
                "Copy the “Application (client) ID” from “Overview”.",
                "Open “Certificates & secrets”, choose “New client secret”, and copy its “Value” (not its “Secret ID”) and the day on which it expires.",
                "Open “Token configuration”, choose “Add optional claim”, “ID”, and tick email, family_name and given_name.",
            ),
            {**_STANDARD, "match": "oid"},
            "https://login.microsoftonline.com/YOUR-TENANT/v2.0",
        ),
        "saml": Guide(
            (
                "Sign in to the Microsoft Entra admin center as an application administrator.",
                "Open “Enterprise applications”, choose “New application”, then “Create your own application”. Name it “Partner Training Hub” and choose the one “you don't find in the gallery”.",
                "Open “Single sign-on” and choose “SAML”.",
                "Edit “Basic SAML Configuration”: paste the entity ID as “Identifier” and the answer address as “Reply URL”.",
            ),
            (
                "Under “SAML Certificates” copy the “App Federation Metadata Url”.",
                "Open “Users and groups” and assign the people who may sign in.",
            ),
            {**_WS, "match": "http://schemas.microsoft.com/identity/claims/objectidentifier"},
            "https://login.microsoftonline.com/YOUR-TENANT/federationmetadata/2007-06/federationmetadata.xml?appid=…",
        ),
    },
    (
        "In the Microsoft Entra admin center open “Enterprise applications” and the application “Partner Training Hub”.",
        "Open “Provisioning”, choose “Get started”, and set the mode to “Automatic”.",
        "Paste the SCIM address as “Tenant URL” and the token as “Secret Token”. Choose “Test Connection”, then “Save”.",
        "Under “Mappings”, “Provision Microsoft Entra ID Users”, let externalId come from objectId: by it the hub knows who signs in.",
        "Under “Users and groups” assign the people who are to be in the hub, then choose “Start provisioning”.",
    ),
)

OKTA = Product(
    "okta",
    "Okta",
    {
        "oidc": Guide(
            (
                "Sign in to the Okta Admin Console and open “Applications”, then “Create App Integration”.",
                "Choose “OIDC - OpenID Connect” and “Web Application”.",
                "Name it “Partner Training Hub”. Leave the grant type “Authorization Code” ticked, and nothing else.",
                "Paste the redirect URI under “Sign-in redirect URIs” and the signed-out address under “Sign-out redirect URIs”.",
                "Under “Assignments” choose who may sign in, then “Save”.",
            ),
            (
                "On the tab “General” copy “Client ID” and “Client secret”.",
                "The issuer is the address of your Okta organization, as it stands on the tab “Sign On” under “OpenID Connect ID Token”.",
            ),
            {**_STANDARD, "match": "sub"},
            "https://YOUR-COMPANY.okta.com",
        ),
        "saml": Guide(
            (
                "Sign in to the Okta Admin Console and open “Applications”, then “Create App Integration”. Choose “SAML 2.0”.",
                "Name it “Partner Training Hub” and go to “Configure SAML”.",
                "Paste the answer address as “Single sign-on URL” and the entity ID as “Audience URI (SP Entity ID)”.",
                "Set “Name ID format” to “Persistent”.",
                "Under “Attribute Statements” add firstName (user.firstName), lastName (user.lastName) and email (user.email).",
                "Under “Assignments” choose who may sign in.",
            ),
            ("On the tab “Sign On” copy the “Metadata URL”.",),
            _PLAIN,
            "https://YOUR-COMPANY.okta.com/app/…/sso/saml/metadata",
        ),
    },
    (
        "In the Okta Admin Console open the application “Partner Training Hub”, tab “General”, and set “Provisioning” to “SCIM”.",
        "On the tab “Provisioning”, “Integration”, paste the SCIM address as “SCIM connector base URL” and enter userName as “Unique identifier field for users”.",
        "Tick “Push New Users” and “Push Profile Updates”, choose “HTTP Header” as authentication mode, and paste the token.",
        "Choose “Test Connector Configuration”, then “Save”.",
        "Under “To App” enable “Create Users”, “Update User Attributes” and “Deactivate Users”.",
    ),
)

GOOGLE = Product(
    "google",
    "Google Workspace",
    {
        "saml": Guide(
            (
                "Sign in to the Google Admin console as a super administrator.",
                "Open “Apps”, “Web and mobile apps”, then “Add app” and “Add custom SAML app”. Name it “Partner Training Hub”.",
                "Choose “Download metadata” and keep the file for the next part of this page. Then “Continue”.",
                "Paste the answer address as “ACS URL” and the entity ID as “Entity ID”. Set “Name ID format” to PERSISTENT and “Name ID” to “Basic Information > Primary email”.",
                "Under “Attributes” map “First name” to firstName, “Last name” to lastName and “Primary email” to email.",
            ),
            (
                "Open “User access” of the application and switch it on for the people who may sign in.",
                "Upload the metadata file that you downloaded.",
            ),
            _PLAIN,
        ),
        "oidc": Guide(
            (
                "Sign in to the Google Cloud console with an account of your organization and create or choose a project.",
                "Open “OAuth consent screen” and choose the user type “Internal”: with “External” every Google account could come.",
                "Open “Credentials”, “Create credentials”, “OAuth client ID”, and choose “Web application”.",
                "Paste the redirect URI under “Authorized redirect URIs”, then choose “Create”.",
            ),
            ("Copy “Client ID” and “Client secret”. The issuer is https://accounts.google.com.",),
            _STANDARD,
            "https://accounts.google.com",
        ),
    },
    provisioning_note="Google Workspace sends its people to listed applications only. People can be added when they first sign in.",
)

ADFS = Product(
    "adfs",
    "AD FS",
    {
        "saml": Guide(
            (
                "On the AD FS server open “AD FS Management”, “Relying Party Trusts”, then “Add Relying Party Trust”.",
                "Choose “Claims aware”, then “Import data about the relying party published online”, and paste the address of the hub's metadata.",
                "Name it “Partner Training Hub” and choose who may sign in.",
                "Edit the “Claim Issuance Policy”: add a rule “Send LDAP Attributes as Claims” with Given-Name to “Given Name”, Surname to “Surname” and E-Mail-Addresses to “E-Mail Address”.",
                "Add a second rule, “Transform an Incoming Claim”, that makes a “Name ID” of format “Persistent Identifier” of an account name that never changes.",
            ),
            ("The metadata is at the address below, with the name of your server.",),
            _WS,
            "https://adfs.YOUR-COMPANY.example/FederationMetadata/2007-06/FederationMetadata.xml",
        ),
        "oidc": Guide(
            (
                "On the AD FS server (2016 or newer) open “AD FS Management”, “Application Groups”, then “Add Application Group”.",
                "Name it “Partner Training Hub” and choose “Server application accessing a web API”.",
                "Paste the redirect URI and choose “Add”. Use the client identifier also as identifier of the web API.",
                "Choose “Generate a shared secret” and copy it.",
                "Permit the scopes openid, profile, email and allatclaims.",
                "On the web API's tab “Issuance Transform Rules” send Given-Name as given_name, Surname as family_name and E-Mail-Addresses as email.",
            ),
            ("Copy the “Client Identifier” and the secret. The issuer is the address below.",),
            _STANDARD,
            "https://adfs.YOUR-COMPANY.example/adfs",
        ),
    },
    provisioning_note="AD FS cannot send its people by itself. People can be added when they first sign in.",
)

KEYCLOAK = Product(
    "keycloak",
    "Keycloak",
    {
        "oidc": Guide(
            (
                "Open the Keycloak admin console, choose your realm, then “Clients” and “Create client”.",
                "Choose “OpenID Connect”. As “Client ID” enter partner-training-hub.",
                "Switch “Client authentication” on. Leave “Standard flow” ticked, and nothing else.",
                "Paste the redirect URI under “Valid redirect URIs” and the signed-out address under “Valid post logout redirect URIs”.",
                "In the client's settings paste the back-channel address as “Backchannel logout URL”.",
            ),
            (
                "On the tab “Credentials” copy the “Client Secret”.",
                "The issuer stands in “Realm settings”, “Endpoints”, “OpenID Endpoint Configuration”; you may paste that address.",
            ),
            {**_STANDARD, "match": "preferred_username"},
            "https://keycloak.YOUR-COMPANY.example/realms/YOUR-REALM",
        ),
        "saml": Guide(
            (
                "Open the Keycloak admin console, choose your realm, then “Clients” and “Import client”.",
                "Import the hub's metadata: download it from the address shown here.",
                "Set “Name ID format” to persistent, and switch “Sign assertions” on.",
                "On the tab “Client scopes”, in the dedicated scope, add mappers “User Property”: firstName as firstName, lastName as lastName, email as email.",
            ),
            (
                "Copy the address of “SAML 2.0 Identity Provider Metadata” from “Realm settings”, “Endpoints”.",
            ),
            _PLAIN,
            "https://keycloak.YOUR-COMPANY.example/realms/YOUR-REALM/protocol/saml/descriptor",
        ),
    },
    provisioning_note="Keycloak sends its people with an extension for SCIM only. People can be added when they first sign in.",
)

SHIBBOLETH = Product(
    "shibboleth",
    "Shibboleth",
    {
        "saml": Guide(
            (
                "Add the hub's metadata to metadata-providers.xml, as a FileBackedHTTPMetadataProvider with the address shown here.",
                "Release attributes to the hub's entity ID in attribute-filter.xml: givenName, sn, mail and eduPersonPrincipalName.",
                "Let saml-nameid.properties make persistent identifiers, and let the relying party have the NameID format urn:oasis:names:tc:SAML:2.0:nameid-format:persistent.",
                "Reload the services, or restart the identity provider.",
            ),
            ("The metadata of your identity provider is at its entity ID, or in metadata/idp-metadata.xml.",),
            {**_OIDS, "match": "urn:oid:1.3.6.1.4.1.5923.1.1.1.6"},
            "https://idp.YOUR-COMPANY.example/idp/shibboleth",
        )
    },
    provisioning_note="Shibboleth cannot send its people. People can be added when they first sign in.",
)

OTHER = Product(
    "other",
    "Another product",
    {
        "oidc": Guide(
            (
                "Register the hub as a confidential client (web application) with the authorization code flow.",
                "Allow exactly the redirect URI shown here, and the scopes openid, profile and email.",
                "If it offers sign-out: enter the signed-out address and the back-channel address too.",
            ),
            ("Copy the issuer, the client id and the client secret.",),
            _STANDARD,
            "https://login.YOUR-COMPANY.example",
        ),
        "saml": Guide(
            (
                "Add the hub as a service provider: import its metadata, or paste entity ID and answer address (HTTP-POST).",
                "Let assertions be signed (RSA with SHA-256), and let the NameID be persistent.",
                "Send given name, family name and e-mail address as attributes.",
            ),
            ("Copy the address of its metadata, or download the file.",),
            _PLAIN,
            "https://idp.YOUR-COMPANY.example/metadata",
        ),
    },
    (
        "Paste the SCIM address as base URL, and the token as bearer token.",
        "Let userName be what people sign in with, and externalId what never changes.",
        "Let people who leave become inactive (active: false) or be deleted: then their sessions in the hub end.",
    ),
)

PRODUCTS: Mapping[str, Product] = {
    product.key: product for product in (ENTRA, OKTA, GOOGLE, ADFS, KEYCLOAK, SHIBBOLETH, OTHER)
}


def find_product(key: str) -> Product:
    """The product with this key; BadInput ``unknown_product``."""
    if key not in PRODUCTS:
        raise BadInput(
            "unknown_product",
            "Choose the product that your people sign in with.",
            "",
            [Problem("choose one of the list", "product")],
        )
    return PRODUCTS[key]


def find_guide(key: str, protocol: str) -> Guide:
    """How this protocol is set up there; BadInput ``unknown_product``, or ``no_such_protocol`` where it cannot do that."""
    product = find_product(key)
    for known, guide in product.guides.items():
        if known == protocol:
            return guide
    raise BadInput(
        "no_such_protocol",
        f"{product.name} is not connected this way.",
        "",
        [Problem(f"{product.name} is not connected this way", "protocol")],
    )
