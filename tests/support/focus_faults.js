// What is wrong with how focus shows, where it is; null if it is nowhere.
() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return null;
  // A switch shows itself beside the field that its keys are of.
  const isUnseen = getComputedStyle(focused).opacity === "0";
  const shown = isUnseen ? focused.nextElementSibling : focused;
  const style = getComputedStyle(shown);
  const box = shown.getBoundingClientRect();
  const width = parseFloat(style.outlineWidth);
  const around = width + parseFloat(style.outlineOffset);
  const faults = [];
  const ownsIt = focused.matches("input[type=date], input[type=datetime-local]");
  if (!ownsIt && (style.outlineStyle === "none" || width < 2)) faults.push("has no outline");
  for (let each = shown.parentElement; each !== document.body; each = each.parentElement) {
    if (getComputedStyle(each).overflow === "visible") continue;
    // What is partly beyond the edge of a wide table is scrolled to.
    if (each.scrollWidth > each.clientWidth + 1) continue;
    const edge = each.getBoundingClientRect();
    const isCut =
      box.left - around < edge.left - 1 ||
      box.right + around > edge.right + 1 ||
      (box.top - around < edge.top - 1 && box.bottom > edge.bottom);
    if (isCut) faults.push(`has its outline cut by .${each.className}`);
  }
  if (box.bottom < 1 || box.top > innerHeight - 1) faults.push("is out of view");
  if (box.left - around < 0 || box.right + around > innerWidth) faults.push("is beyond the edge");
  const [x, y] = [box.left + box.width / 2, box.top + Math.min(box.height, innerHeight) / 2];
  const above = document.elementFromPoint(x, y);
  if (above && ![shown, focused.parentElement].some((one) => one.contains(above) || above.contains(one))) {
    faults.push(`is hidden by .${above.className}`);
  }
  const place = [...document.querySelectorAll("*")].indexOf(focused);
  return { place, faults: faults.map((fault) => `${focused.outerHTML.slice(0, 120)} ${fault}`) };
}
