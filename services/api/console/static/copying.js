// Copies what is shown this once, and lets a reload lead away from the page instead of making
// another.

const status = document.querySelector("[data-copy-status]");

for (const button of document.querySelectorAll("[data-copies]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = status.textContent = button.dataset.copied;
    } catch {
      // The browser lets nothing be copied: what is selected can still be, by its own keys.
      getSelection().selectAllChildren(source);
    }
  });
}

const shown = document.querySelector("[data-shown-once]");
if (shown) history.replaceState(null, "", shown.dataset.shownOnce);
