// A fragment that fails says so where it was asked for, keeps what was typed, and can be tried
// again. Nothing is swapped then, so every field stands as its reader left it.

const words = () => document.querySelector("template[data-failure]");
const notes = new WeakMap();
let waiting = 0;

function reason(status) {
  const said = words().dataset;
  if (!status) return said.offline;
  if (status === 401 || status === 403) return said.refused;
  if (status === 404 || status === 410) return said.absent;
  return said.broken;
}

function forget(element) {
  notes.get(element)?.remove();
  notes.delete(element);
}

function place(note, element) {
  const form = element.closest("form");
  const toast = element.closest(".toast");
  if (toast) toast.before(note);
  else if (form) form.append(note);
  // Inside of a table a note would be no row.
  else (element.closest("table, ul, ol") ?? element).after(note);
}

function note(detail, said) {
  if (isLeaving) return;
  const element = detail.elt;
  const asked = detail.requestConfig;
  const form = element.closest("form");
  const text = form ? `${said} ${words().dataset.kept}` : said;
  // A part that asks every second would say the same every second.
  if (notes.get(element)?.querySelector("p").textContent === text) return;
  forget(element);
  const made = words().content.firstElementChild.cloneNode(true);
  made.querySelector("p").textContent = text;
  made.querySelector("[data-again]").addEventListener("click", () => again(element, asked));
  notes.set(element, made);
  place(made, element);
}

function again(element, asked) {
  element.focus?.();
  const event = asked?.triggeringEvent;
  if (element instanceof HTMLFormElement) element.requestSubmit(event?.submitter ?? null);
  else window.htmx.trigger(element, event?.type ?? "click");
}

// What a reader leaves isn't a failure; some browsers say so on the way out.
let isLeaving = false;
addEventListener("beforeunload", () => { isLeaving = true; });
addEventListener("pageshow", () => { isLeaving = false; });

function busy(change) {
  waiting = Math.max(0, waiting + change);
  document.querySelector("[data-waits]")?.classList.toggle("on", waiting > 0);
}

// A refused form may come back as a fragment; a whole page is never put inside of one.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.status < 400 || !/^\s*<(!doctype|html)/i.test(xhr.responseText)) return;
  event.detail.shouldSwap = false;
  event.detail.isError = true;
});
document.addEventListener("htmx:beforeRequest", (event) => {
  busy(1);
  event.detail.elt.setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, successful } = event.detail;
  busy(-1);
  elt.removeAttribute("aria-busy");
  if (successful) forget(elt);
});
document.addEventListener("htmx:responseError", ({ detail }) => note(detail, reason(detail.xhr.status)));
document.addEventListener("htmx:sendError", ({ detail }) => note(detail, reason(0)));
document.addEventListener("htmx:timeout", ({ detail }) => note(detail, words().dataset.slow));
