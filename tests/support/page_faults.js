// What a page shows wrong to somebody: said in lines that name the kind and the element.
() => {
  const found = new Set();
  const all = [...document.body.querySelectorAll("*")];
  const text = (element) => element.textContent.trim().replace(/\s+/g, " ").slice(0, 60);
  const say = (kind, element, more = "") =>
    found.add(`${kind}: ${element.cloneNode().outerHTML.slice(0, 160)} ${text(element)} ${more}`);

  const hiddenOn = (element) =>
    element.matches(".visually-hidden") || getComputedStyle(element).clipPath !== "none";
  const isSeen = (element) => {
    if (!element.checkVisibility({ visibilityProperty: true })) return false;
    for (let each = element; each; each = each.parentElement) if (hiddenOn(each)) return false;
    return true;
  };
  const scrolls = (element) => {
    const { overflowX, overflowY } = getComputedStyle(element);
    return (
      (/auto|scroll/.test(overflowX) && element.scrollWidth > element.clientWidth + 1) ||
      (/auto|scroll/.test(overflowY) && element.scrollHeight > element.clientHeight + 1)
    );
  };
  const isWithinScroller = (element) => {
    for (let each = element.parentElement; each && each !== document.body; each = each.parentElement) {
      if (scrolls(each)) return true;
    }
    return false;
  };
  const seen = all.filter((each) => isSeen(each) && !(each.closest("svg") && each.tagName !== "svg"));

  // Reflow: nothing is beyond the edge, cut off, or over something else.
  if (document.documentElement.scrollWidth > innerWidth + 1) {
    say("the page scrolls sideways", document.body, `${document.documentElement.scrollWidth} px`);
  }
  for (const each of seen) {
    const { overflowX, overflowY } = getComputedStyle(each);
    const isField = each.matches("input, textarea, select");
    if (!isField && /hidden|clip/.test(overflowX) && each.scrollWidth > each.clientWidth + 2) {
      say("cut at its side", each);
    }
    if (!isField && /hidden|clip/.test(overflowY) && each.scrollHeight > each.clientHeight + 2) {
      say("cut at its foot", each);
    }
    const { left, right, width } = each.getBoundingClientRect();
    if (width && (right > innerWidth + 1 || left < -1) && !isWithinScroller(each)) {
      say("beyond the edge", each);
    }
    if (scrolls(each) && !isField && each !== document.body) {
      const isReached = each.tabIndex >= 0 || each.querySelector("a, button, input, summary");
      const isNamed = each.hasAttribute("role") && each.hasAttribute("aria-label");
      if (!isReached || (each.tabIndex >= 0 && !isNamed)) say("scrolls, but not by keys", each);
    }
  }
  const boxes = seen
    .filter((each) => !isWithinScroller(each))
    .flatMap((element) =>
      [...element.childNodes]
        .filter((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim())
        .flatMap((node) => {
          const range = document.createRange();
          range.selectNodeContents(node);
          return [...range.getClientRects()].map((box) => ({ element, box }));
        }),
    );
  for (const [place, one] of boxes.entries()) {
    for (const other of boxes.slice(place + 1)) {
      if (one.element === other.element) continue;
      const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (across > 3 && down > Math.min(one.box.height, other.box.height) / 2) {
        say("text over text", one.element, `and ${text(other.element)}`);
      }
    }
  }

  // What fields say of themselves is there whole.
  const pen = document.createElement("canvas").getContext("2d");
  for (const each of seen.filter((one) => one.placeholder)) {
    const style = getComputedStyle(each);
    pen.font = style.font;
    const room = each.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    if (pen.measureText(each.placeholder).width > room + 1) say("placeholder is cut", each);
  }

  // Targets that stand alone are large enough; what has a label has its size.
  for (const each of seen.filter((one) => one.matches("a, button, summary, input, select, textarea"))) {
    const { width, height } = each.getBoundingClientRect();
    const isInText = each.closest("p, dd, .exports, label") !== null;
    if (!isInText && Math.min(width, height) < 24) say("small to tap", each, `${width}x${height}`);
  }

  // Names and structure.
  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter((each) =>
    each.checkVisibility(),
  );
  const levels = headings.map((each) => Number(each.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) say("not one first heading", document.body);
  levels.forEach((level, place) => {
    if (level > (levels[place - 1] ?? 0) + 1) say("a level is left out", headings[place]);
  });
  const [first] = document.querySelectorAll("h1");
  if (first && !document.title.includes(first.textContent.trim())) say("title is another", first);
  for (const table of document.querySelectorAll("table")) {
    if (!table.caption) say("no caption", table);
    for (const head of table.querySelectorAll("th:not([scope])")) say("head of nothing", head);
    // As cards they are blocks, which takes their meaning from them.
    const parts = "thead, tbody, tr, th, td";
    if (table.matches(".cards")) {
      for (const part of [table, ...table.querySelectorAll(parts)]) {
        if (!part.hasAttribute("role")) say("loses its role as a card", part);
      }
    }
  }
  const ids = new Set();
  for (const { id } of document.querySelectorAll("[id]")) {
    if (ids.has(id)) found.add(`two of one id: ${id}`);
    ids.add(id);
  }
  for (const name of ["aria-describedby", "aria-labelledby", "aria-controls", "for"]) {
    for (const each of document.querySelectorAll(`[${name}]`)) {
      for (const id of each.getAttribute(name).split(/\s+/)) {
        if (id && !ids.has(id)) say(`${name} of nothing`, each);
      }
    }
  }
  return [...found];
}
