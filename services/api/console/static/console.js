// What every page does besides what its forms and links do by themselves.

// The token of the first set-up comes behind the # of the address, which no server sees.
const token = document.querySelector("[data-token-of-address]");
if (token && location.hash.length > 1) {
  token.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
}

// Preferences are kept as soon as they are chosen; the button is for browsers without script.
for (const form of document.querySelectorAll("[data-send-on-change]")) {
  form.classList.add("is-scripted");
  form.addEventListener("change", () => form.requestSubmit());
}

// Whoever is told that something is wrong stands where it is, or where the page wants them.
const wrong =
  document.querySelector("main [aria-invalid=true]") ?? document.querySelector("main [role=alert]");
if (wrong && !document.querySelector("main [autofocus]")) {
  if (wrong.matches("[role=alert]")) wrong.tabIndex = -1;
  wrong.focus();
}

// A form is sent once: a second press would send a campaign twice, or lose a one-time code.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[hx-get], [hx-post]")) return;
  if (form.dataset.isSent) {
    event.preventDefault();
    return;
  }
  form.dataset.isSent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-is-sent]")) delete form.dataset.isSent;
});
