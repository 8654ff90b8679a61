// [data-opens="id"] opens the <dialog> of that id, modal or, with class "side", beside the page.
// It stands on a link that leads to a page with the same content, so it works without script too.

let opener = null;

function show(dialog, from) {
  opener = from;
  if (dialog.classList.contains("side")) dialog.show();
  else dialog.showModal();
  (dialog.querySelector("[autofocus]") ?? dialog.querySelector("h2"))?.focus();
}

document.addEventListener("click", (event) => {
  const from = event.target.closest("[data-opens]");
  const dialog = from && document.getElementById(from.dataset.opens);
  if (dialog && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    if (!dialog.open) show(dialog, from);
  } else if (event.target.closest("[data-closes]")) {
    event.target.closest("dialog")?.close();
  } else if (event.target.matches?.("dialog.box") && isOutside(event)) {
    event.target.close();
  }
});

function isOutside(event) {
  const box = event.target.getBoundingClientRect();
  const { clientX: x, clientY: y } = event;
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}

// The browser closes only modal dialogs by Escape.
document.addEventListener("keydown", (event) => {
  const side = document.querySelector("dialog.side[open]");
  if (event.key !== "Escape" || !side || document.querySelector("dialog:modal")) return;
  if (document.activeElement?.closest("details[data-menu][open]")) return;
  side.close();
});

// The event doesn't bubble, but it can be caught on its way down.
document.addEventListener("close", (event) => {
  if (!event.target.matches?.("dialog")) return;
  const isLost = document.activeElement === document.body || event.target.contains(document.activeElement);
  if (isLost && opener?.isConnected) opener.focus();
}, true);
