// Clicks and deliveries as they happen, without the page being loaded anew.
//
// An element with data-live names campaigns, and is followed as long as it is in the page. Clicks
// are put into the list that data-live-list names, and the elements of data-live-refresh, which
// have ids, hear "live", upon which htmx fetches them anew: soon, and no oftener than once in so
// many milliseconds as that says, or in a second.

const MOST_ROWS = 30;
const PAUSE_MS = 1000;
// What comes in one batch is one refresh.
const GATHERED_MS = 150;
const streams = new Map();
const waiting = new Set();
const refreshedAt = new Map();

const clock = new Intl.DateTimeFormat(document.body.dataset.locale, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
  timeZone: document.body.dataset.zone,
});

const countries = new Intl.DisplayNames(document.body.dataset.locale, { type: "region" });

function say(state) {
  for (const place of document.querySelectorAll("[data-live-state]")) {
    place.dataset.liveState = state;
    place.textContent = place.dataset[state];
  }
}

// Only ever as text: agents, places and referrers are what strangers made of them.
function fill(row, name, text) {
  const place = row.querySelector(`[data-of="${name}"]`);
  if (place) place.textContent = text ?? "";
}

function addClick(click) {
  const list = document.querySelector("[data-live-list]");
  const form = document.querySelector("template[data-live-row]");
  if (!list || !form) return;
  const row = form.content.firstElementChild.cloneNode(true);
  fill(row, "mobile", click.mobile === "erased" ? list.dataset.erased : click.mobile);
  fill(row, "time", clock.format(new Date(click.occurred_at)));
  fill(row, "agent", [click.browser, click.os].filter(Boolean).join(" · "));
  fill(row, "place", [click.city, click.region, click.country && countries.of(click.country)].filter(Boolean).join(", "));
  row.classList.add("is-new");
  list.prepend(row);
  while (list.children.length > MOST_ROWS) list.lastElementChild.remove();
  document.querySelector("[data-live-empty]")?.setAttribute("hidden", "");
}

function refresh() {
  for (const { id, dataset } of document.querySelectorAll("[data-live-refresh]")) {
    if (waiting.has(id)) continue;
    waiting.add(id);
    const due = (refreshedAt.get(id) ?? -Infinity) + (Number(dataset.liveRefresh) || PAUSE_MS);
    setTimeout(() => {
      waiting.delete(id);
      refreshedAt.set(id, performance.now());
      document.getElementById(id)?.dispatchEvent(new CustomEvent("live"));
    }, Math.max(GATHERED_MS, due - performance.now()));
  }
}

function follow(campaign) {
  const stream = new EventSource(`/console/campaigns/${campaign}/events`);
  stream.addEventListener("open", () => say("open"));
  stream.addEventListener("error", () => say("away"));
  stream.addEventListener("click.recorded", (event) => {
    addClick(JSON.parse(event.data));
    refresh();
  });
  for (const kind of ["message.submitted", "message.delivered", "message.failed", "reset"]) {
    stream.addEventListener(kind, refresh);
  }
  return stream;
}

function followWhatIsThere() {
  const wanted = new Set();
  for (const place of document.querySelectorAll("[data-live]")) {
    for (const campaign of place.dataset.live.split(" ").filter(Boolean)) wanted.add(campaign);
  }
  for (const [campaign, stream] of streams) {
    if (!wanted.has(campaign)) {
      stream.close();
      streams.delete(campaign);
    }
  }
  for (const campaign of wanted) {
    if (!streams.has(campaign)) streams.set(campaign, follow(campaign));
  }
}

followWhatIsThere();
document.addEventListener("htmx:afterSettle", followWhatIsThere);
