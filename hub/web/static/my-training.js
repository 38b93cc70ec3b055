// Keeps "My training" true while somebody works in an LMS: asks for a short version text, and takes the new list when it
// differs. Only while the page is seen, and only for some time after a course was started. Without it, a reload does the same.

const STARTED = "hub.started-at";
const FAST_FOR = 3 * 60 * 1000; // asked every second for so long after the start, or after coming back
const SLOW_FOR = 60 * 60 * 1000; // then every ten seconds, until an hour has passed since the start
const FAST = 1000;
const SLOW = 10 * 1000;

const plan = () => document.getElementById("plan");
const doneTitles = (root) => new Map([...root.querySelectorAll("[data-done]")].map((e) => [e.dataset.done, e.dataset.title]));

let lastSeen = Date.now();
let timer = 0;

function startedAt() {
  return Number(localStorage.getItem(STARTED) ?? 0);
}

function waitForNext() {
  clearTimeout(timer);
  const since = Date.now() - startedAt();
  if (document.hidden || since > SLOW_FOR) return;
  const fast = Math.min(since, Date.now() - lastSeen) < FAST_FOR;
  timer = setTimeout(compare, fast ? FAST : SLOW);
}

async function compare() {
  try {
    const answer = await fetch(plan().dataset.versionUrl, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return; // signed out: the next click says so
    const { version } = await answer.json();
    if (version !== plan().dataset.version) await takeNewPlan();
  } catch {
    // No network for a moment; the next turn asks again.
  }
  waitForNext();
}

async function takeNewPlan() {
  const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("plan");
  if (!fresh) return;
  const before = doneTitles(plan());
  const focused = plan().contains(document.activeElement) ? document.activeElement.closest("form")?.action : null;
  plan().replaceWith(document.adoptNode(fresh));
  if (focused) [...plan().querySelectorAll("form")].find((form) => form.action === focused)?.querySelector("button").focus();
  const news = [...doneTitles(plan())].filter(([id]) => !before.has(id));
  for (const [id] of news) plan().querySelector(`[data-done="${CSS.escape(id)}"]`).classList.add("is-new");
  if (news.length) tell(`${plan().dataset.doneWords} ${news.map(([, title]) => title).join(", ")}`);
}

function tell(text) {
  const line = document.getElementById("news");
  line.textContent = text;
  line.classList.add("is-shown");
  setTimeout(() => line.classList.remove("is-shown"), 6000);
}

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-launch]")) localStorage.setItem(STARTED, String(Date.now()));
});

document.addEventListener("visibilitychange", () => {
  lastSeen = Date.now();
  if (!document.hidden && startedAt()) compare();
});

// Coming back from the LMS by the browser's own button may show the page as it was left.
addEventListener("pageshow", (event) => {
  if (event.persisted && startedAt()) compare();
});

waitForNext();
