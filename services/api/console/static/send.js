// The form of a send: files with their progress, columns and plain characters put into the text.

const form = document.querySelector("#send-form");
const message = document.querySelector("#msg");
const drop = document.querySelector("[data-drop]");
const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const KINDS = { csv: "text/csv", txt: "text/plain", xlsx: XLSX };
const REMEMBERED = "txlink-test-number";

document.body.classList.add("has-script");

function changed(field) {
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

form.addEventListener("click", (event) => {
  const column = event.target.closest("[data-insert]");
  const replace = event.target.closest("[data-replace]");
  if (column) {
    message.setRangeText(column.dataset.insert, message.selectionStart, message.selectionEnd, "end");
  } else if (replace) {
    event.preventDefault();
    message.value = form.querySelector("[name=replaced]").value;
  } else {
    return;
  }
  message.focus();
  changed(message);
});

// Many numbers are not counted anew with each key, but where many come or go at once, and when the
// field is left.
const numbers = document.querySelector("#mobile");
let length = numbers.value.length;
let isOwed = false;

function count() {
  isOwed = false;
  numbers.dispatchEvent(new Event("count"));
}

numbers.addEventListener("input", () => {
  const isKey = Math.abs(numbers.value.length - length) <= 1;
  length = numbers.value.length;
  isOwed = isKey && length > Number(numbers.dataset.countedAsTyped);
  if (!isOwed) count();
});
numbers.addEventListener("change", () => {
  if (isOwed) count();
});

// What comes of typing is said when it is another than before, and not whole after each key.
document.addEventListener("htmx:afterSettle", () => {
  for (const status of form.querySelectorAll("[data-says]")) {
    const places = document.querySelectorAll(`#${status.dataset.says} [data-said]`);
    const now = [...places].map((each) => each.textContent.trim()).join(", ");
    if (status.textContent !== now) status.textContent = now;
  }
});

// The number is kept in this tab alone, and for as long as it is open.
const own = document.querySelector("#testMobile");
own.value ||= sessionStorage.getItem(REMEMBERED) ?? "";
own.addEventListener("input", () => sessionStorage.setItem(REMEMBERED, own.value));

const sending = drop.querySelector("[data-sending]");
const bar = sending.querySelector("progress");
const share = sending.querySelector("[data-share]");
const percent = new Intl.NumberFormat(document.body.dataset.locale, { style: "percent" });
let upload = null;

function show(octets, all) {
  bar.value = all ? octets / all : 0;
  share.textContent = percent.format(bar.value);
}

function end(html) {
  upload = null;
  sending.hidden = true;
  if (html === null) return;
  htmx.swap("#upload-state", html, { swapStyle: "outerHTML" });
  document.body.dispatchEvent(new CustomEvent("counted"));
}

function failed() {
  const said = document.createElement("p");
  said.className = "field-wrong";
  said.setAttribute("role", "alert");
  said.textContent = drop.dataset.failed;
  const state = document.querySelector("#upload-state");
  state.replaceChildren(said);
  end(null);
}

function send(file) {
  upload?.abort();
  upload = new XMLHttpRequest();
  const request = upload;
  request.open("POST", `${drop.dataset.drop}?name=${encodeURIComponent(file.name)}`);
  request.setRequestHeader("X-CSRF-Token", form.elements.csrf_token.value);
  request.setRequestHeader("HX-Request", "true");
  request.setRequestHeader("HX-Current-URL", location.href);
  const ending = file.name.split(".").pop().toLowerCase();
  request.setRequestHeader("Content-Type", KINDS[ending] ?? "application/octet-stream");
  request.upload.addEventListener("progress", (event) => show(event.loaded, event.total));
  request.addEventListener("load", () => {
    const elsewhere = request.getResponseHeader("HX-Redirect");
    if (elsewhere) location.assign(elsewhere);
    else if (request.responseText.includes('id="upload-state"')) end(request.responseText);
    else failed();
  });
  request.addEventListener("error", failed);
  request.addEventListener("abort", () => {
    if (upload === request) end(null);
  });
  sending.querySelector("[data-name]").textContent = file.name;
  show(0, file.size);
  sending.hidden = false;
  request.send(file);
}

const chosen = drop.querySelector("input[type=file]");
chosen.addEventListener("change", () => {
  if (chosen.files.length) send(chosen.files[0]);
});
sending.querySelector("[data-stop]").addEventListener("click", () => upload?.abort());

// A file that misses its place would be opened by the browser, and what is typed be gone.
for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
}
form.addEventListener("dragover", (event) => {
  if (!event.dataTransfer.types.includes("Files")) return;
  form.querySelector("[data-shows=upload]").checked = true;
  drop.classList.add("is-over");
});
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) drop.classList.remove("is-over");
});
document.addEventListener("drop", (event) => {
  drop.classList.remove("is-over");
  const [file] = event.dataTransfer.files;
  if (file && form.contains(event.target)) send(file);
});
