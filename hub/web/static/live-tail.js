// Keeps the first page of a list of statements true while it is looked at: takes the rows of the same question every few
// seconds, adds what is new on top, and lets what has changed change. Paused by its button, by focus in the list, and while
// the page is not seen. Without it, a reload does the same.

const EVERY = 3000;
const MOST = 100;

const live = document.getElementById("live");
const list = document.getElementById("statements");
const button = document.getElementById("live-switch");
let isOn = true;
let timer = 0;

function waitForNext() {
  clearTimeout(timer);
  if (isOn && !document.hidden) timer = setTimeout(takeRows, EVERY);
}

async function takeRows() {
  try {
    const answer = await fetch(live.dataset.url, { headers: { Accept: "text/html" } });
    if (answer.ok && !answer.redirected) merge(await answer.text());
  } catch {
    // No network for a moment; the next turn asks again.
  }
  waitForNext();
}

function merge(html) {
  const fresh = [...new DOMParser().parseFromString(`<ul>${html}</ul>`, "text/html").querySelectorAll("li[data-id]")];
  let news = 0;
  for (const row of fresh.reverse()) {
    const known = list.querySelector(`li[data-id="${CSS.escape(row.dataset.id)}"]`);
    if (!known) {
      const place = [...list.children].find((each) => Number(each.dataset.position) < Number(row.dataset.position));
      if (!place && list.children.length >= MOST) continue;
      list.insertBefore(document.adoptNode(row), place ?? null);
      row.classList.add("is-new");
      news += 1;
    } else if (known.innerHTML !== row.innerHTML && !known.contains(document.activeElement)) {
      known.replaceWith(document.adoptNode(row));
    }
  }
  while (list.children.length > MOST) list.lastElementChild.remove();
  if (!news) return;
  list.hidden = false;
  document.getElementById("no-statements")?.remove();
  const told = document.getElementById("live-news");
  told.textContent = news === 1 ? told.dataset.one : told.dataset.many.replace("{number}", news);
}

if (live) {
  live.hidden = false;
  button.addEventListener("click", () => {
    isOn = !isOn;
    button.setAttribute("aria-pressed", String(isOn));
    document.getElementById("live-word").textContent = isOn ? button.dataset.live : button.dataset.paused;
    if (isOn) takeRows();
    else clearTimeout(timer);
  });
  document.addEventListener("visibilitychange", waitForNext);
  waitForNext();
}
