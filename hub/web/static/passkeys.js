// Making and using passkeys. A button with data-passkey (create or get) asks data-options what to ask the browser, and
// sends the answer to data-finish, which says where to go.

const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

async function post(address, token, body) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error([told.title, told.detail].filter(Boolean).join(" "));
  return told;
}

function readable(options) {
  options.challenge = toBytes(options.challenge);
  if (options.user) options.user.id = toBytes(options.user.id);
  for (const known of [...(options.excludeCredentials ?? []), ...(options.allowCredentials ?? [])]) {
    known.id = toBytes(known.id);
  }
  return options;
}

function sendable({ id, rawId, type, response }) {
  const answer = { clientDataJSON: toText(response.clientDataJSON) };
  if (response.attestationObject) {
    answer.attestationObject = toText(response.attestationObject);
    answer.transports = response.getTransports?.() ?? [];
  } else {
    answer.authenticatorData = toText(response.authenticatorData);
    answer.signature = toText(response.signature);
    answer.userHandle = response.userHandle ? toText(response.userHandle) : null;
  }
  return { id, rawId: toText(rawId), type, response: answer, clientExtensionResults: {} };
}

// What browsers call their refusals says nothing to people: the button holds the words for each, in the page's language.
function inWords(error, { known, unused, insecure, failed }) {
  const words = { InvalidStateError: known, NotAllowedError: unused, SecurityError: insecure };
  return words[error.name] ?? (error.message || failed);
}

async function run(button) {
  const token = document.querySelector("input[name=csrf_token]").value;
  const { passkey, options, finish } = button.dataset;
  const asked = readable(await post(options, token, {}));
  const made = await navigator.credentials[passkey]({ publicKey: asked });
  const form = button.closest("form");
  const name = form?.elements.name?.value;
  const { location } = await post(finish, token, { ...sendable(made), name, return_to: button.dataset.returnTo });
  window.location.assign(location);
}

for (const button of document.querySelectorAll("[data-passkey]")) {
  const problem = document.getElementById(button.dataset.problem);
  if (!window.PublicKeyCredential) {
    button.disabled = true;
    problem.textContent = button.dataset.none;
    problem.hidden = false;
    continue;
  }
  button.addEventListener("click", async () => {
    button.disabled = true;
    problem.hidden = true;
    try {
      await run(button);
    } catch (error) {
      problem.textContent = inWords(error, button.dataset);
      problem.hidden = false;
      button.disabled = false;
    }
  });
}
