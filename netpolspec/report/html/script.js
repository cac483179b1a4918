"use strict";
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const one = (selector) => document.querySelector(selector);
  document.documentElement.classList.add("js");
  const cards = all(".sc"), sections = all("main section"), buttons = all("[data-f]");
  const search = one("#q"), shown = one("#shown"), none = one("#none"), texts = new Map();
  const text = (card) => {
    if (!texts.has(card)) texts.set(card, card.textContent.toLowerCase().replace(/\s+/g, " "));
    return texts.get(card);
  };
  const pressed = () => buttons.filter((b) => b.getAttribute("aria-pressed") === "true").map((b) => b.dataset.f);

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean), kinds = pressed();
    let count = 0;
    for (const card of cards) {
      const fits = (!kinds.length || kinds.some((kind) => card.classList.contains(kind)))
        && (!words.length || words.every((word) => text(card).includes(word)));
      card.hidden = !fits;
      count += fits;
    }
    for (const section of sections) section.hidden = !section.querySelector(".sc:not([hidden])");
    shown.textContent = count === cards.length ? count + " scenarios" : count + " of " + cards.length + " scenarios";
    none.style.display = count || !cards.length ? "none" : "block";
  }

  let later;
  search.addEventListener("input", () => { clearTimeout(later); later = setTimeout(filter, 60); });
  for (const button of buttons) button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true");
    filter();
  });
  one("#open").addEventListener("click", (event) => {
    const wanted = event.target.dataset.opens !== "no";
    for (const card of cards) if (!card.hidden) card.open = wanted;
    event.target.dataset.opens = wanted ? "no" : "yes";
    event.target.textContent = wanted ? "Close all" : "Open all";
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest(".copy");
    if (!button) return;
    const code = button.parentElement.querySelector("code");
    const done = () => { button.textContent = "Copied"; setTimeout(() => { button.textContent = "Copy"; }, 1500); };
    const select = () => getSelection().selectAllChildren(code);
    if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(done, select); else select();
  });

  function reveal() {
    const id = decodeURIComponent(location.hash.slice(1)), target = id && document.getElementById(id);
    if (!target) return;
    const card = target.closest(".sc");
    if (card) { card.hidden = false; card.closest("section").hidden = false; card.open = true; }
    target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);

  function step(by) {
    const visible = cards.filter((card) => !card.hidden);
    const at = visible.indexOf(document.activeElement && document.activeElement.closest(".sc"));
    const next = visible[at < 0 ? (by > 0 ? 0 : visible.length - 1) : Math.min(visible.length - 1, Math.max(0, at + by))];
    if (next) next.querySelector("summary").focus();
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === search) {
      if (event.key === "Escape") { search.value = ""; filter(); search.blur(); }
      return;
    }
    if (event.key === "/") { event.preventDefault(); search.focus(); search.select(); }
    else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
  });
  addEventListener("beforeprint", () => { for (const card of cards) card.open = true; });
  filter();
  reveal();
})();
