"""The identifiers that cmi5 defines (cmi5, sections 9 and 13)."""

from typing import Literal, get_args

NAMESPACE = "https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"

LAUNCHED = "http://adlnet.gov/expapi/verbs/launched"
INITIALIZED = "http://adlnet.gov/expapi/verbs/initialized"
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
PASSED = "http://adlnet.gov/expapi/verbs/passed"
FAILED = "http://adlnet.gov/expapi/verbs/failed"
TERMINATED = "http://adlnet.gov/expapi/verbs/terminated"
ABANDONED = "https://w3id.org/xapi/adl/verbs/abandoned"
WAIVED = "https://w3id.org/xapi/adl/verbs/waived"
SATISFIED = "https://w3id.org/xapi/adl/verbs/satisfied"

AU_VERBS = frozenset({INITIALIZED, COMPLETED, PASSED, FAILED, TERMINATED})
"""The verbs with which an AU makes cmi5 defined statements."""
LMS_VERBS = frozenset({LAUNCHED, ABANDONED, WAIVED, SATISFIED})
"""The verbs that are the LMS's alone."""

CMI5_CATEGORY = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
MOVE_ON_CATEGORY = "https://w3id.org/xapi/cmi5/context/categories/moveon"

_CONTEXT = "https://w3id.org/xapi/cmi5/context/extensions/"
SESSION_ID = _CONTEXT + "sessionid"
MASTERY_SCORE = _CONTEXT + "masteryscore"
LAUNCH_MODE = _CONTEXT + "launchmode"
LAUNCH_URL = _CONTEXT + "launchurl"
MOVE_ON = _CONTEXT + "moveon"
LAUNCH_PARAMETERS = _CONTEXT + "launchparameters"
PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress"
REASON = "https://w3id.org/xapi/cmi5/result/extensions/reason"

ACTIVITY_TYPES = {
    "course": "https://w3id.org/xapi/cmi5/activitytype/course",
    "block": "https://w3id.org/xapi/cmi5/activitytype/block",
}
LAUNCH_DATA = "LMS.LaunchData"
"""The state document that tells an AU how it is launched."""
LEARNER_PREFERENCES = "cmi5LearnerPreferences"
"""The agent profile with a learner's languages and audio."""

MoveOn = Literal["NotApplicable", "Passed", "Completed", "CompletedAndPassed", "CompletedOrPassed"]
LaunchMethod = Literal["AnyWindow", "OwnWindow"]
LaunchMode = Literal["Normal", "Browse", "Review"]
MOVE_ON_VALUES: tuple[MoveOn, ...] = get_args(MoveOn)
LAUNCH_METHODS: tuple[LaunchMethod, ...] = get_args(LaunchMethod)
LAUNCH_MODES: tuple[LaunchMode, ...] = get_args(LaunchMode)

WAIVE_REASONS = ("Tested Out", "Equivalent AU", "Equivalent Outside Activity", "Administrative")
"""Why an AU may be waived, in the words of section 9.5.5.2."""
