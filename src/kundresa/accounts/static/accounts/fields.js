// A password can be shown; the browser's time zone goes into a field that waits for it. Without
// script the password stays hidden, and the member has the time zone of the installation.

for (const field of document.querySelectorAll("input[data-shows]")) {
  const around = document.createElement("span");
  around.className = "shown-field";
  field.before(around);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "bare slim";
  button.textContent = field.dataset.shows;
  button.setAttribute("aria-controls", field.id);
  around.append(field, button);
  button.addEventListener("click", () => {
    const hidden = field.type === "password";
    field.type = hidden ? "text" : "password";
    button.textContent = hidden ? field.dataset.hides : field.dataset.shows;
  });
  // What is shown would be kept by the browser among the words that were typed.
  field.form?.addEventListener("submit", () => { field.type = "password"; });
}

for (const field of document.querySelectorAll("input[data-time-zone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}
