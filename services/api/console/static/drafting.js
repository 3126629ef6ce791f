// What is being written is kept in the browser's tab until it is sent, so that neither a session
// that ends nor a reload loses it. It is offered to nobody but whoever wrote it.

const KEPT = "txlink-draft";
// What belongs to the page and not to what is written in it.
const OF_PAGE = new Set(["csrf_token", "once", "onceTest", "first", "count", "replaced", "file"]);

const form = document.querySelector("[data-draft-of]");
const offer = document.querySelector("[data-draft-offer]");

function forget() {
  sessionStorage.removeItem(KEPT);
}

function keep() {
  const fields = [...new FormData(form)].filter(([name]) => !OF_PAGE.has(name));
  const written = Object.fromEntries(fields);
  if (!written.msg.trim() && !written.mobile.trim() && !written.upload) {
    // Whoever has emptied the form wants nothing of it; whoever has not begun may still.
    if (!offer || offer.hidden) forget();
    return;
  }
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ of: form.dataset.draftOf, fields }));
  } catch {
    // More than a tab may keep.
    forget();
  }
}

function show(fields) {
  for (const [name, value] of fields) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    offer.append(field);
  }
  offer.querySelector("[data-draft-text]").textContent = Object.fromEntries(fields).msg;
  offer.querySelector("[data-draft-drop]").addEventListener("click", () => {
    forget();
    offer.remove();
  });
  offer.hidden = false;
}

if (document.querySelector("[data-sent]")) {
  forget();
  // Coming back to this page later is not sending.
  history.replaceState(null, "", location.pathname);
} else {
  const kept = JSON.parse(sessionStorage.getItem(KEPT));
  if (kept?.of !== form.dataset.draftOf) forget();
  else if (offer) show(kept.fields);
  addEventListener("pagehide", keep);
  // A phone may end a page that is out of sight without a word.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keep();
  });
}
