"""Processes that are killed between "score accepted" and "credit shown": no credit is lost, and none comes twice."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from hub.errors import OutsideFailed
from hub.testing.demo.hub_process import READY_SECONDS, HubProcess
from tests.journeys.learners import Credits, Learners, Score
from tests.journeys.play import Play, until
from tests.journeys.processes import kill, web_processes, worker_processes

LEARNERS = 5
SENDERS = 3
KINDS = ("web", "worker", "web and worker", "everything")


@dataclass
class Sending:
    """Scores on their way, several at a time, each tried once."""

    scores: list[Score]
    accepted: list[Score] = field(default_factory=list)

    def send(self, score: Score) -> None:
        if score.send():
            self.accepted.append(score)

    def left(self) -> list[Score]:
        return [score for score in self.scores if score not in self.accepted]


@pytest.mark.requirement("I1")
def test_scores_survive_kills_at_random_moments(play: Play, learners: Learners) -> None:
    crash_again_and_again(play, learners, rounds=3 if play.is_sqlite else 2)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.requirement("I1")
def test_scores_survive_fifty_kills_at_random_moments(play: Play, learners: Learners) -> None:
    crash_again_and_again(play, learners, rounds=50)


def crash_again_and_again(play: Play, learners: Learners, rounds: int) -> None:
    seed = random.getrandbits(32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    caught = 0
    for number in range(rounds):
        # Begun afresh now and then, or the worker would be started again later and later, as one that fails by itself.
        if number % 2 == 0:
            play.process.stop()
            play.process.start()
        caught += crash(play, learners, dice)
    assert caught, "whenever something was killed, everything had been credited long before"


def crash(play: Play, learners: Learners, dice: random.Random) -> int:
    """One crash and what follows; how many statements waited to be recognized a moment before."""
    credits, sending = Credits(play), Sending(learners.scores(LEARNERS))
    enough, pause = dice.randint(1, len(sending.scores) // 2), dice.uniform(0, 0.1)
    what = dice.choice(KINDS)
    with ThreadPoolExecutor(SENDERS) as pool:
        each = [pool.submit(sending.send, score) for score in sending.scores]
        until(lambda: len(sending.accepted) >= enough, f"{enough} scores accepted")
        waiting = wait_for_unrecognized(play)
        time.sleep(pause)  # up to the time a worker needs to see them and to credit them
        print(
            f"killing {what} after {len(sending.accepted)} scores, {pause:.3f} s after {waiting} of them waited"
        )
        kill_some(play.process, what)
        bring_back(play.process)
        for one in each:
            one.result()
    until(lambda: not credits.missing(sending.accepted), "every accepted score is credited", READY_SECONDS)
    credits.assert_once(sending.accepted)
    for score in sending.left():  # the LMSs send what the hub did not take again, as it was
        until(score.send, "the score is taken when it is sent again")
    assert all(score.send() for score in sending.scores), "what is repeated is taken, and changes nothing"
    until(lambda: not credits.missing(sending.scores), "every score is credited")
    play.wait_until_quiet()
    credits.assert_once(sending.scores)
    return waiting


def wait_for_unrecognized(play: Play) -> int:
    """How many statements wait for a worker, as soon as there are any; they wait for milliseconds only."""
    end = time.monotonic() + 2
    while not (waiting := play.unrecognized()) and time.monotonic() < end:
        continue
    return waiting


def kill_some(hub_run: HubProcess, what: str) -> None:
    pids = [hub_run.pid] if what == "everything" else []
    if what != "worker":
        pids += web_processes(hub_run.pid)
    if what != "web":
        pids += worker_processes(hub_run.pid)
    assert pids, f"there is no process to kill for {what}"
    kill(pids)


def bring_back(hub_run: HubProcess) -> None:
    """Wait until the hub has recovered by itself; start it again where it cannot, as an operator would."""
    while True:
        if not hub_run.is_running:
            hub_run.stop()
            hub_run.start()
        try:
            hub_run.wait_until_ready()
        except OutsideFailed:
            if hub_run.is_running:
                raise
        else:
            break
    until(lambda: bool(worker_processes(hub_run.pid)), "a worker runs again")
