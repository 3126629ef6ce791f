// Looks for new messages while somebody can see the phone: a tab behind others neither asks nor
// keeps its session in use.

const PAUSE_MS = 3000;

function look() {
  if (document.visibilityState === "visible") {
    document.querySelector("#phone")?.dispatchEvent(new CustomEvent("look"));
  }
}

setInterval(look, PAUSE_MS);
document.addEventListener("visibilitychange", look);
