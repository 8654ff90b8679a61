// [data-tabs] holds a row of links to its parts. Without script they lead down the page; with it
// they become tabs: arrows move, one part shows, and the address keeps which.

function upgrade(root) {
  const row = root.querySelector(".tabs");
  const tabs = [...row.children];
  const panels = tabs.map((tab) => document.getElementById(tab.hash.slice(1)));
  row.setAttribute("role", "tablist");
  tabs.forEach((tab, at) => {
    tab.id ||= `${panels[at].id}-tab`;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panels[at].id);
    panels[at].setAttribute("role", "tabpanel");
    panels[at].setAttribute("aria-labelledby", tab.id);
    panels[at].tabIndex = 0;
  });

  function choose(at, isAsked) {
    tabs.forEach((tab, index) => {
      tab.setAttribute("aria-selected", String(index === at));
      tab.tabIndex = index === at ? 0 : -1;
      panels[index].hidden = index !== at;
    });
    if (!isAsked) return;
    tabs[at].focus();
    history.replaceState(history.state, "", tabs[at].hash);
  }

  row.addEventListener("click", (event) => {
    const at = tabs.indexOf(event.target.closest("a"));
    if (at < 0 || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    choose(at, true);
  });
  row.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose((to + tabs.length) % tabs.length, true);
  });
  const named = tabs.findIndex((tab) => tab.hash === location.hash);
  choose(Math.max(0, named), false);
  root.dataset.ready = "";
}

const look = (within) => within.querySelectorAll("[data-tabs]:not([data-ready])").forEach(upgrade);
look(document);
document.addEventListener("htmx:load", (event) => look(event.target.parentElement ?? document));
