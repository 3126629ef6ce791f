// hx-swap="morph": change what is there into what came, element by element, so that focus, places
// that are scrolled to and opened details stay as they are. Elements with an id are matched by it.

const REMEMBERED = new Set(["open"]);

function copyAttributes(from, to) {
  for (const { name } of [...to.attributes]) {
    if (!from.hasAttribute(name) && !REMEMBERED.has(name)) to.removeAttribute(name);
  }
  for (const { name, value } of from.attributes) {
    if (!REMEMBERED.has(name) && to.getAttribute(name) !== value) to.setAttribute(name, value);
  }
}

function isSameKind(one, other) {
  return (
    one.nodeType === other.nodeType &&
    one.nodeName === other.nodeName &&
    (one.nodeType !== Node.ELEMENT_NODE || one.id === other.id)
  );
}

// What of the old children becomes a new one: the one of its id, wherever it stands, else the next.
function counterpart(wanted, next, parent) {
  if (wanted.id) {
    const kept = parent.ownerDocument.getElementById(wanted.id);
    if (kept && kept.parentNode === parent && isSameKind(kept, wanted)) return kept;
    return null;
  }
  return next && isSameKind(next, wanted) ? next : null;
}

function morphChildren(old, wanted) {
  let next = old.firstChild;
  for (const child of [...wanted.childNodes]) {
    const kept = counterpart(child, next, old);
    if (!kept) {
      old.insertBefore(child, next);
      continue;
    }
    // What stands between has no counterpart; moving what is kept would lose its focus.
    while (next && next !== kept) {
      const gone = next;
      next = next.nextSibling;
      gone.remove();
    }
    next = kept.nextSibling;
    morph(kept, child);
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

function morph(old, wanted) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== wanted.nodeValue) old.nodeValue = wanted.nodeValue;
    return;
  }
  copyAttributes(wanted, old);
  morphChildren(old, wanted);
}

window.htmx.defineExtension("morph", {
  isInlineSwap: (style) => style === "morph",
  handleSwap(style, target, fragment) {
    if (style !== "morph") return false;
    const wanted = fragment.firstElementChild;
    if (!wanted || wanted.id !== target.id) return false;
    morph(target, wanted);
    return [target];
  },
});
