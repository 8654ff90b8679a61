// Short notes in the corner. None goes by itself: who reads slowly, reads it all the same.
// The server sends one with the header HX-Trigger: {"tell": {"text": "…", "undo": "/address/"}}.

const MOST = 3;

export function tell({ text, undo = "" }) {
  const place = document.querySelector("[data-toasts]");
  const toast = document.querySelector("template[data-toast]").content.firstElementChild.cloneNode(true);
  toast.querySelector("p").textContent = text;
  if (undo) {
    const form = toast.querySelector("form");
    form.action = undo;
    form.hidden = false;
    form.setAttribute("hx-post", undo);
    form.setAttribute("hx-swap", "none");
  }
  place.append(toast);
  if (undo) window.htmx?.process(toast);
  while (place.children.length > MOST) place.firstElementChild.remove();
}

document.addEventListener("tell", (event) => tell(event.detail));
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) event.target.closest(".toast").remove();
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) event.target.closest?.(".toast")?.remove();
});
