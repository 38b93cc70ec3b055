// Shows whom a rule would reach while it is written: sends the form a moment after the last change, and puts what comes back
// beside it. Pages of audiences let their number come the same way. Without it, the plan and a link say the same.

const WAIT = 600;

const form = document.getElementById("rule-form");
const place = document.getElementById("count");
let timer = 0;
let latest = 0;

async function show(url, options) {
  const turn = ++latest;
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" }, ...options });
    if (turn === latest && answer.ok && !answer.redirected) place.innerHTML = await answer.text();
  } catch {
    // No network for a moment; the next change asks again.
  }
  if (turn === latest) place.removeAttribute("aria-busy");
}

function count() {
  clearTimeout(timer);
  timer = setTimeout(() => show(form.dataset.count, { method: "POST", body: new FormData(form) }), WAIT);
}

if (form) {
  form.addEventListener("input", count);
  if (form.elements.title.value) count();
} else if (place?.dataset.url) show(place.dataset.url);
