"""The words of 1EdTech that go over the wire: claims, roles, scopes and media types."""

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS_ENDPOINT_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"

RESOURCE_LINK_REQUEST = "LtiResourceLinkRequest"
VERSION = "1.3.0"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
COURSE_OFFERING = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"

_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
LINE_ITEM_SCOPE = _SCOPE + "lineitem"
LINE_ITEM_READ_SCOPE = _SCOPE + "lineitem.readonly"
RESULT_READ_SCOPE = _SCOPE + "result.readonly"
SCORE_SCOPE = _SCOPE + "score"
AGS_SCOPES = (LINE_ITEM_SCOPE, LINE_ITEM_READ_SCOPE, RESULT_READ_SCOPE, SCORE_SCOPE)
"""All scopes of Assignment and Grade Services 2.0."""

LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"

JWT_BEARER_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SIGNING_ALGORITHM = "RS256"
"""The one algorithm that every LTI platform and tool knows (1EdTech Security Framework 1.0, section 5.1.3)."""
