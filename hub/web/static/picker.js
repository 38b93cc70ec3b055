// A field that is looked up while typing: the names come from the address in data-pick.
for (const field of document.querySelectorAll("[data-pick]")) {
  const list = field.list;
  let waiting;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const address = new URL(field.dataset.pick, location.href);
      address.searchParams.set("q", field.value);
      const answer = await fetch(address);
      if (!answer.ok) return;
      const names = await answer.json();
      list.replaceChildren(...names.map((name) => new Option("", name)));
    }, 150);
  });
}

// One tick for all.
for (const box of document.querySelectorAll("[data-ticks]")) {
  const all = () => document.querySelectorAll(`input[name="${box.dataset.ticks}"]`);
  box.closest("[hidden]")?.removeAttribute("hidden");
  box.addEventListener("change", () => all().forEach((each) => { each.checked = box.checked; }));
}
