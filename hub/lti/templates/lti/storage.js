// Platform storage (LTI Client Side postMessages 1.0): what a cookie would hold, kept by the platform's own page.
// Only the platform's login origin is asked, and only its answer to this very message is believed.
(() => {
  const next = document.getElementById("next");
  const { target, origin, key, value } = next.dataset;
  const puts = value !== undefined;
  const id = crypto.randomUUID();
  let done = false;

  const goOn = (answer) => {
    if (done) return;
    done = true;
    if (puts) {
      window.location.replace(next.href);
    } else {
      next.elements.proof.value = answer;
      next.submit();
    }
  };

  const frame = () => {
    const above = window.opener || window.parent;
    if (target === "_parent") return above;
    try {
      return above.frames[target] || above;
    } catch {
      return above; // a page of another origin does not tell its frames' names
    }
  };

  window.addEventListener("message", (event) => {
    const data = event.data;
    if (event.origin !== origin || typeof data !== "object" || data === null || data.message_id !== id) return;
    if (puts && data.subject === "lti.put_data.response") goOn("");
    if (!puts && data.subject === "lti.get_data.response") goOn(typeof data.value === "string" ? data.value : "");
  });

  const message = puts
    ? { subject: "lti.put_data", message_id: id, key, value }
    : { subject: "lti.get_data", message_id: id, key };
  frame().postMessage(message, origin);
  setTimeout(() => goOn(""), 1000); // storage may never answer
})();
