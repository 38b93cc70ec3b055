"""What the services of LTI let a system do, in words."""

from hub.lti.vocabulary import (
    GROUPS_SCOPE,
    LINE_ITEM_READ_SCOPE,
    LINE_ITEM_SCOPE,
    NOTICE_SCOPE,
    NRPS_SCOPE,
    RESULT_READ_SCOPE,
    SCORE_SCOPE,
)

SCOPE_WORDS = {
    LINE_ITEM_SCOPE: "Make and change columns of the gradebook",
    LINE_ITEM_READ_SCOPE: "Read columns of the gradebook",
    RESULT_READ_SCOPE: "Read results",
    SCORE_SCOPE: "Send scores",
    NRPS_SCOPE: "Read who takes a course",
    GROUPS_SCOPE: "Read groups",
    NOTICE_SCOPE: "Say of what it wants to be told",
}
