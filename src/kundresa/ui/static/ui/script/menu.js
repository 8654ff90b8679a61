// A menu is a <details data-menu>: it opens without script. Here it learns to close by Escape, by
// a click elsewhere and when the focus leaves, and to be walked with the arrow keys.

const items = (menu) => [...menu.querySelectorAll(".items :is(a, button, input, select)")];
const open = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details[data-menu]");
  if (!menu) return;
  if (event.key === "Escape" && menu.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.preventDefault();
    return;
  }
  const isField = event.target.matches("input, select, textarea");
  const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
  if (!step || isField) return;
  event.preventDefault();
  menu.open = true;
  const all = items(menu);
  const at = all.indexOf(document.activeElement);
  // From the summary, down leads to the first and up to the last.
  const next = at < 0 && step === -1 ? all.length - 1 : at + step;
  all[Math.max(0, Math.min(all.length - 1, next))]?.focus();
});

document.addEventListener("click", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("focusin", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});

// A region that scrolls would cut a list off at its edge: there it is laid over the page, below its
// button or, where there is no room, above it.
function layOver(menu) {
  const list = menu.querySelector(".items");
  if (!menu.open || !menu.closest(".scroll")) return;
  list.dataset.over = "";
  const from = menu.querySelector("summary").getBoundingClientRect();
  const { offsetHeight: high, offsetWidth: wide } = list;
  const isRoom = from.bottom + 6 + high < innerHeight || from.top < high + 6;
  list.style.inset = "auto";
  list.style.top = `${isRoom ? from.bottom + 6 : from.top - 6 - high}px`;
  list.style.left = `${Math.max(8, Math.min(from.right, innerWidth - 8) - wide)}px`;
}

// Neither event bubbles, but both can be caught on their way down.
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details[data-menu]")) layOver(event.target);
}, true);
document.addEventListener("scroll", () => {
  for (const menu of open()) if (menu.querySelector("[data-over]")) menu.open = false;
}, true);
