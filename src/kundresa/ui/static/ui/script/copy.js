// A [data-selects] field is chosen whole when it gets the focus; a [data-copies="id"] button copies
// the field of that id and says so. Without script the field is chosen and copied by hand.

const RESTS = 4000;

async function copied(field) {
  field.select();
  // Only a page that came over TLS, or from this machine, has the clipboard.
  if (!navigator.clipboard) return document.execCommand("copy");
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  const field = button && document.getElementById(button.dataset.copies);
  if (!field) return;
  const said = (await copied(field)) ? button.dataset.done : button.dataset.failed;
  button.dataset.was ??= button.textContent;
  button.textContent = said;
  button.closest(".copy").querySelector("[role=status]").textContent = said;
  setTimeout(() => { button.textContent = button.dataset.was; }, RESTS);
});

document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-selects]")) event.target.select();
});
