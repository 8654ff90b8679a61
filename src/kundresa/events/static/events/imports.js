// Sends a chosen or dropped file with its progress, and says what changed to those who listen.
// Without it, the forms of the page do the same by their buttons.

document.documentElement.classList.add("has-script");

for (const form of document.querySelectorAll("form[data-upload]")) carryUpload(form);
document.body.addEventListener("htmx:afterSwap", sayWhatChanged);
document.body.addEventListener("htmx:sendError", keepGoing);
holdPlan();
keepTyping();

function carryUpload(form) {
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector(".drop");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  form.elements.zone.value = zone;
  input.addEventListener("change", () => input.files.length && send(form, input.files[0], zone));
  form.addEventListener("submit", (event) => {
    if (!input.files.length) return;
    event.preventDefault();
    send(form, input.files[0], zone);
  });
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) {
    drop.addEventListener(name, () => drop.classList.remove("over"));
  }
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) send(form, event.dataTransfer.files[0], zone);
  });
}

function send(form, file, zone) {
  if (file.size > Number(form.dataset.most) * 1e6) return tell(form, form.dataset.tooLarge);
  const request = new XMLHttpRequest();
  const query = new URLSearchParams({ name: file.name, zone });
  const cancel = form.querySelector(".cancel");
  const stop = () => request.abort();
  tell(form, "");
  show(form, true, `${form.dataset.sending}: ${file.name}`);
  cancel.addEventListener("click", stop, { once: true });
  request.upload.addEventListener("progress", (event) => {
    const bar = form.querySelector("progress");
    if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
  });
  request.upload.addEventListener("load", () => say(form, form.dataset.looking));
  request.addEventListener("load", () => take(form, request));
  request.addEventListener("error", () => tell(form, form.dataset.lost));
  request.addEventListener("abort", () => tell(form, ""));
  request.addEventListener("loadend", () => cancel.removeEventListener("click", stop));
  request.open("PUT", `${form.dataset.upload}?${query}`);
  request.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.send(file);
}

function take(form, request) {
  let answer = {};
  try { answer = JSON.parse(request.responseText); } catch { /* a page of the server, told below */ }
  if (answer.address) location.assign(answer.address);
  else tell(form, answer.message || form.dataset.lost);
}

function tell(form, message) {
  const error = form.querySelector(".error");
  const input = form.querySelector("input[type=file]");
  error.textContent = message;
  error.hidden = !message;
  if (message) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  show(form, false, "");
  form.querySelector("progress").value = 0;
  input.value = "";
  if (message) input.focus();
}

function show(form, isSending, words) {
  form.querySelector(".sending").hidden = !isSending;
  form.querySelector(".drop").hidden = isSending;
  say(form, words);
}

function say(form, words) {
  form.querySelector(".sending-said").textContent = words;
}

function sayWhatChanged() {
  const here = document.querySelector("[data-said-here]");
  const told = document.querySelector("[data-said]");
  // Every tenth percent is enough to listen to.
  const words = told ? told.dataset.said.replace(/\d(?= %$)/, "0") : "";
  if (here && here.textContent !== words) here.textContent = words;
}

function keepGoing(event) {
  // The machine may be busy or starting anew; a form keeps what was typed, a poll tries again.
  event.target.classList.add("unanswered");
}

function holdPlan() {
  // Enter in a field shows what comes of it; only the button imports.
  const form = document.querySelector("form.plan");
  if (!form) return;
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    event.target.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

function keepTyping() {
  // What was typed while an answer was on its way goes on into the new fields, and is asked anew.
  const form = document.querySelector("form.plan");
  if (!form) return;
  let sent = new Map();
  let typed = [];
  form.addEventListener("htmx:beforeRequest", () => { sent = new Map(new FormData(form)); });
  form.addEventListener("htmx:beforeSwap", () => {
    typed = [...new FormData(form)].filter(([name, value]) => sent.get(name) !== value);
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    const fields = typed.map(([name, value]) => {
      const field = form.elements[name];
      if (field) field.value = value;
      return field;
    }).filter(Boolean);
    typed = [];
    if (fields.length) fields[0].dispatchEvent(new Event("change", { bubbles: true }));
  });
}
