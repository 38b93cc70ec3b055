"""The whole story over HTTP, step by step, each with what was seen. A step that does not hold ends the check."""

import re
import time

import requests

from hub.testing.demo.browser import Browser
from hub.testing.demo.story import (
    COVE_NAME,
    LENA,
    LOCAL_PASSWORD,
    MIKA,
    NADIA,
    OLU,
    OMAR,
    PASSWORD,
    SAM,
    SARA,
    TOMAS,
    WEST_TEACHER,
)
from hub.testing.demo.walk import Walk, path_of


class Journey(Walk):
    """The story, played once against a stage."""

    def play(self) -> None:
        """Play every step; StepFailed names the first that does not hold."""
        for step in (
            self.learner_signs_in,
            self.plan_shows_every_goal_once_with_its_reason,
            self.north_is_launched_and_its_score_credits_both_goals,
            self.south_is_launched_and_reports_by_xapi,
            self.each_manager_sees_the_own_dimension_only,
            self.plugin_changes_one_audience,
            self.statements_of_unknown_actors_wait,
            self.repeats_change_nothing,
            self.course_of_north_inside_west_brings_its_score_there,
            self.other_partners_sign_in_in_their_own_way,
            self.wrong_things_are_refused,
            self.operator_sees_what_happened,
        ):
            with self.step(step.__name__):
                step()

    def learner_signs_in(self) -> None:
        """Work e-mail, the employer's sign-in, and back."""
        browser = Browser(self.stage.hub_url)
        page = browser.get("/")
        self.see("/sign-in" in page.url, f"Somebody unknown is asked for a work e-mail at {path_of(page)}.")
        login = browser.submit(page.form("/sign-in"), email=LENA.email)
        self.see(
            login.url.startswith(self.stage.riverside_url),
            f"{LENA.email} leads to {login.url.split('?')[0]}.",
        )
        page = browser.submit(login.form("/login"), username=LENA.email, password=PASSWORD)
        self.see(
            page.status == 200 and path_of(page) == "/my-training",
            f"{LENA.name} is back, at {path_of(page)}.",
        )
        self.see(LENA.given_name in page.text, "The page greets by name; nobody made an account by hand.")
        self.browsers[LENA.id] = browser

    def plan_shows_every_goal_once_with_its_reason(self) -> None:
        """All appointments, one list, reasons, one next step."""
        page = self.browsers[LENA.id].get("/my-training")
        titles = (
            "Brake systems",
            "High-voltage awareness",
            "Selling electric cars",
            "Talking with customers",
            "Data protection at work",
        )
        for title in titles:
            self.see(title in page.text, f"The plan has {title}.")
        since = f"{self.stage.story.learner_since.day} {self.stage.story.learner_since:%B %Y}"
        reason = re.search(
            rf"Service Technician of [^.]*? at Riverside Motors, rule brake-safety, since {since}", page.text
        )
        self.see(reason is not None, f"Why: {reason and reason.group(0)}.")
        reason = re.search(
            r"Salesperson of \w+ at Hillside Cars, rule safety-promise, since \d+ \w+ \d{4}", page.text
        )
        self.see(reason is not None, f"And also: {reason and reason.group(0)}.")
        launches = {form.action for form in page.forms if "/launch/" in form.action}
        self.see(
            len(launches) == 5,
            f"{len(launches)} courses can be started, each from this page: two clicks in all.",
        )

    def north_is_launched_and_its_score_credits_both_goals(self) -> None:
        """A real LTI 1.3 launch, a score through AGS, two credits."""
        browser = self.browsers[LENA.id]
        course = self.launch(LENA, "Brake systems")
        self.see(course.url.startswith(self.stage.north_url), f"LMS North accepts the launch: {course.url}.")
        self.see(
            LENA.name in course.text and "Brake systems" in course.text,
            "It shows the learner and the course.",
        )
        before = time.monotonic()
        answer = browser.post_json(f"{course.url}/finish", score_given="92", score_maximum="100").json()
        self.see(
            answer["status"] in (200, 201, 204), f"The hub takes its score through AGS ({answer['status']})."
        )
        self.north_score = (f"{course.url}/finish", answer["timestamp"])
        page = self.wait_for_credit(LENA, "Brake systems")
        took = time.monotonic() - before
        self.see(True, f"The plan shows the credit {took:.1f} s after the score was sent.")
        why = self.why(browser, page, "Brake systems")
        for dimension in ("Service", "Sales"):
            self.see(f"For {dimension} Credited" in why.text, f"The goal of {dimension} is credited.")
        evidence = re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f-]{21}", why.text)
        self.see(len(set(evidence)) == 1, f"Both with the same evidence: statement {evidence[0]}.")

    def south_is_launched_and_reports_by_xapi(self) -> None:
        """LTI in, xAPI back, the learner named in South's own way."""
        browser = self.browsers[LENA.id]
        course = self.launch(LENA, "Selling electric cars")
        self.see(course.url.startswith(self.stage.south_url), f"LMS South accepts the launch: {course.url}.")
        answer = browser.post_json(f"{course.url}/complete", verb="passed", score="0.85").json()
        self.see(answer["status"] in (200, 204), f"The hub takes its statement ({answer['status']}).")
        self.south_statement = (f"{course.url}/complete", answer["statement_id"])
        self.wait_for_credit(LENA, "Selling electric cars")
        self.see(True, f"South calls the learner {LENA.south_id}; the roster's identity says who that is.")

    def each_manager_sees_the_own_dimension_only(self) -> None:
        """Two bosses, two field trees, one person."""
        service = self.sign_in(SARA).get(f"/team?q={LENA.family_name}")
        sales = self.sign_in(SAM).get(f"/team?q={LENA.family_name}")
        for manager, page, sees, hidden in (
            (SARA, service, "High-voltage awareness", "Selling electric cars"),
            (SAM, sales, "Selling electric cars", "High-voltage awareness"),
        ):
            self.see(
                LENA.name in page.text and sees in page.text, f"{manager.name} sees {sees} of {LENA.name}."
            )
            self.see(hidden not in page.text, f"{manager.name} sees nothing of {hidden}.")
            self.see(
                "Brake systems Why? Reached" in page.text, f"{manager.name} sees Brake systems, reached."
            )
        other = self.browsers[SAM.id].get("/team?dimension=service")
        self.see(
            other.status == 403, f"{SAM.name} is refused the team of the other dimension ({other.status})."
        )

    def plugin_changes_one_audience(self) -> None:
        """A path for the first 90 days, in one audience, ending by itself."""
        page = self.sign_in(NADIA).get("/my-training")
        self.see(
            "Welcome to Riverside" in page.text,
            f"{NADIA.name}, on day 23, has the path Welcome to Riverside.",
        )
        day = re.search(r"Day \d+ of 90", page.text)
        self.see(
            day is not None and "first 90 days" in page.text,
            f"With its reason and end shown: {day and day[0]}.",
        )
        page = self.sign_in(OLU).get("/my-training")
        self.see(
            f"Hello, {OLU.given_name}" in page.text and "Welcome to Riverside" not in page.text,
            f"For {OLU.name}, on day 91, it is gone by itself.",
        )
        self.see("Brake systems" in page.text, "What the rules give stays.")
        page = self.browsers[LENA.id].get("/my-training")
        self.see("Welcome to Riverside" not in page.text, f"{LENA.name}, past these days, notices nothing.")

    def statements_of_unknown_actors_wait(self) -> None:
        """Nothing accepted is lost."""
        activity = f"{self.stage.south_url}/courses/high-voltage"
        answer = requests.post(
            f"{self.stage.south_url}/statements",
            data={"user_id": OLU.south_id, "activity": activity, "verb": "completed"},
            timeout=15,
        ).json()
        self.see(
            answer["status"] in (200, 204),
            f"A statement of {OLU.south_id}, whom nobody has named, is accepted.",
        )
        operator = self.sign_in(OMAR)
        page = self.until(
            lambda: operator.get("/admin/statements?show=waiting"), lambda p: OLU.south_id in p.text
        )
        told = f"{OLU.south_id} completed High-voltage awareness LMS South"
        self.see(
            told in page.text and f"|{OLU.south_id} Waiting" in page.text,
            "It waits, visible to the operator, until an identity names its actor.",
        )

    def repeats_change_nothing(self) -> None:
        """The same score and the same statement again."""
        browser, operator = self.browsers[LENA.id], self.sign_in(OMAR)
        before = self.statements(operator), self.credits(operator)
        finish, timestamp = self.north_score
        complete, statement_id = self.south_statement
        for _ in range(2):
            score = {"score_given": "92", "score_maximum": "100", "timestamp": timestamp}
            answer = browser.post_json(finish, **score).json()
            self.see(answer["status"] == 200, "The same score again is answered 200.")
            statement = {"verb": "passed", "score": "0.85", "statement_id": statement_id}
            answer = browser.post_json(complete, **statement).json()
            self.see(answer["status"] == 204, "The same statement again is answered 204.")
        statements, credits = self.statements(operator), self.credits(operator)
        self.see(bool(statements) and statements == before[0], "No statement was added to the record.")
        self.see(
            len(credits) == 3 and credits == before[1],
            f"So the ledger has the same {len(credits)} credits for {LENA.name} as before.",
        )

    def course_of_north_inside_west_brings_its_score_there(self) -> None:
        """LMS West launches the hub, the hub launches LMS North, and the score goes all the way back."""
        west, title = self.stage.west_url, "Data protection at work"
        teacher = Browser(self.stage.hub_url)
        page = teacher.get(f"{west}/pick/{WEST_TEACHER}")
        found = re.search(rf'value="([^"]+)"[^>]*>\s*<span class="name">{title}', page.html)
        self.see(
            found is not None,
            f"Whoever runs the course in LMS West picks among the hub's, at {path_of(page)}.",
        )
        page = teacher.submit(page.form("/lti/tool/pick"), target=found[1] if found else "", do="send")
        self.see(page.url == f"{west}/" and title in page.text, f"{title} stands in LMS West now.")
        learner = Browser(self.stage.hub_url)
        course = learner.get(f"{west}/open/{LENA.west_id}/placed-1")
        self.see(
            course.url.startswith(self.stage.north_url) and LENA.name in course.text,
            f"{LENA.name} opens it there and is in LMS North, without a sign-in: {course.url}.",
        )
        answer = learner.post_json(f"{course.url}/finish", score_given="44", score_maximum="50").json()
        self.see(answer["status"] == 200, "Its score of 44 out of 50 is taken by the hub.")
        grades = self.until(lambda: requests.get(f"{west}/gradebook", timeout=15).json(), bool)
        told = [(grade["user_id"], grade["points"], grade["maximum"]) for grade in grades]
        self.see(told == [(LENA.west_id, 88, 100)], f"The gradebook of LMS West says: {told}.")
        page = learner.get("/my-training")
        self.see(LENA.given_name in page.text, "Whom LMS West names is signed in at the hub as well.")

    def other_partners_sign_in_in_their_own_way(self) -> None:
        """By SAML, and with an account of the hub where the partner has no sign-in."""
        browser = Browser(self.stage.hub_url)
        login = browser.submit(browser.get("/sign-in").form("/sign-in"), email=MIKA.email)
        self.see(
            login.url.startswith(self.stage.lakeside_url), f"{MIKA.email} leads to {login.url.split('?')[0]}."
        )
        page = browser.submit(login.form("/login"), username=MIKA.email, password=PASSWORD)
        self.see(
            page.status == 200 and MIKA.given_name in page.text and "/my-training" in page.url,
            f"{MIKA.name} is signed in by SAML, at {path_of(page)}.",
        )
        browser = Browser(self.stage.hub_url)
        form = browser.get("/sign-in/local").form("/sign-in/local")
        page = browser.submit(form, email=TOMAS.email, password=LOCAL_PASSWORD)
        self.see(path_of(page) == "/my-training", f"{TOMAS.name} is signed in with an account of the hub.")
        page = browser.get("/partner")
        self.see(
            TOMAS.name in page.text and LENA.name not in page.text,
            f"Who looks after the people of {COVE_NAME} sees them and nobody else.",
        )

    def wrong_things_are_refused(self) -> None:
        """Each with its status, and words that say what happened."""
        stranger = Browser(self.stage.hub_url)
        login = stranger.submit(stranger.get("/sign-in").form("/sign-in"), email=LENA.email)
        page = stranger.submit(login.form("/login"), username=LENA.email, password="wrong")
        self.see(
            page.status == 401 and "/sso/" not in page.url,
            "A wrong password stays at the employer's sign-in.",
        )
        self.see("/sign-in" in stranger.get("/my-training").url, "And there is no session at the hub.")
        finish, _ = self.north_score
        answer = (
            self.browsers[LENA.id]
            .post_json(finish, score_given="1", score_maximum="1", user_id="nobody")
            .json()
        )
        self.see(
            answer["status"] == 404 and "Nobody with this userId" in answer["answer"],
            "A score for a stranger is refused with 404.",
        )
        answer_http = requests.post(
            f"{self.stage.hub_url}/xapi/statements",
            json={"actor": 1},
            headers={"X-Experience-API-Version": "1.0.3"},
            auth=("nobody", "wrong"),
            timeout=15,
        )
        self.see(
            answer_http.status_code == 401 and answer_http.json()["code"] == "wrong_credentials",
            "A statement with a wrong credential is refused with 401.",
        )
        page = self.browsers[LENA.id].get("/admin")
        self.see(page.status == 403, "The admin pages are refused to a learner with 403.")

    def operator_sees_what_happened(self) -> None:
        """Sign-ins, launches, statements, credits, deliveries, plugins with their timings."""
        browser = self.sign_in(OMAR)
        page = browser.get("/admin")
        self.see("Latest activity" in page.text, "The operator opens the overview.")
        for path, words in (
            ("sign-ins", f"Signed in {LENA.name} Riverside Auto Group"),
            ("launches", f"Opened a course: Brake systems {LENA.name} LMS North"),
            ("statements", f"{LENA.name} passed Selling electric cars .*LMS South .*Completed"),
            ("credits", f"Brake systems Service {LENA.name} completed"),
            ("deliveries?state=delivered", "Credit granted → webhooks Delivered"),
        ):
            self.see_at(browser, f"/admin/{path}", words)
        self.see_at(
            browser, "/admin/plugins", r"first_90_days .*on for \d+ audiences? .*\d+ calls in 24 hours"
        )
        self.see_at(browser, "/admin/plugins/first_90_days", r"plan_panels show, subject \d+ 0 [\d.]+ [mµ]?s")
        notices = self.until(self.notices, lambda found: len(found) >= 3)
        self.see(
            len(notices) >= 3, f"The employer's system received {len(notices)} signed notices of credit."
        )
