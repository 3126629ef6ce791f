// What is fetched anew is changed in place by idiomorph (hx-swap="morph"), so that focus and places
// that are scrolled to stay. What somebody has opened stays open, too.

window.Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name) => name !== "open";
