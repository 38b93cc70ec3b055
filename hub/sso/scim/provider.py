"""What the hub is as a SCIM service provider: resource types, schemas, and what it can do (RFC 7643, section 5)."""

from typing import Any, Union

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    BulkRequest,
    BulkResponse,
    ChangePassword,
    EnterpriseUser,
    ETag,
    Filter,
    Group,
    ListResponse,
    Pagination,
    Patch,
    PatchOp,
    Path,
    Resource,
    ResourceType,
    ResponseParameters,
    ScimFilter,
    ScimPolicy,
    ScimProvider,
    SearchRequest,
    ServiceProviderConfig,
    Sort,
    User,
)

from hub.sso.scim.appointments import Appointments

MAX_RESULTS = 500
PAGE = 100
MAX_OPERATIONS = 200
MAX_BULK_BYTES = 1024 * 1024
CURSOR_SECONDS = 24 * 60 * 60

HubUser = User[EnterpriseUser | Appointments]
HubGroup = Group
Model = type[Resource[Any]]

CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=True, max_operations=MAX_OPERATIONS, max_payload_size=MAX_BULK_BYTES),
    filter=Filter(supported=True, max_results=MAX_RESULTS),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=True),
    etag=ETag(supported=True),
    pagination=Pagination(
        cursor=True,
        index=True,
        default_pagination_method=Pagination.DefaultPaginationMethod.index,
        default_page_size=PAGE,
        max_page_size=MAX_RESULTS,
        cursor_timeout=CURSOR_SECONDS,
    ),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="Bearer token",
            description="A token that the hub's operators or the partner's administrators made for this client.",
            primary=True,
        )
    ],
)

POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
"""Lenient where Microsoft Entra needs it: attributes of schemas that the hub does not have, and its ways with PATCH."""

PROVIDER = ScimProvider(
    models=[User, Group, EnterpriseUser, Appointments],
    resource_types=[ResourceType.from_resource(HubUser), ResourceType.from_resource(HubGroup)],
    config=CONFIG,
    policy=POLICY,
)

_EITHER = Union[HubUser, HubGroup]  # noqa: UP007  (to pydantic not the same as HubUser | HubGroup)
KEPT = (
    *(
        made[model]
        for model in (HubUser, HubGroup)
        for made in (SearchRequest, PatchOp, ResponseParameters, ScimFilter, Path)
    ),
    *(made[_EITHER] for made in (SearchRequest, ListResponse, BulkRequest, BulkResponse, ScimFilter, Path)),
)
"""What the library makes of the models for each message. It keeps them only while somebody holds them, and takes a tenth of a
second to make one anew."""
