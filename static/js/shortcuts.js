// Single keys for those who like them: listed by "?", never heard while somebody types or an input method composes, and
// switched off by a tick box in the list (WCAG 2.1.4). Whatever they do can be done by links and buttons.
(() => {
  const own = document.currentScript.dataset;
  const STORE = "shortcuts";
  const SEQUENCE_MS = 1500;
  let began = 0;

  const isOff = () => {
    try { return localStorage.getItem(STORE) === "off"; } catch { return false; }
  };
  const switchTo = (on) => {
    try { localStorage.setItem(STORE, on ? "on" : "off"); } catch { /* private window: for this page only */ }
  };

  const isTyping = (event) =>
    event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey ||
    event.target.closest?.("input:not([type=checkbox],[type=radio],[type=submit],[type=button]),textarea,select,[contenteditable]");

  const cards = () => [...document.querySelectorAll("main .job-card")].filter((card) => card.checkVisibility?.() ?? true);
  const titleOf = (card) => card.querySelector(".job-card__title a[href]");
  const current = () => document.activeElement?.closest?.(".job-card");

  function step(by) {
    const all = cards();
    const at = all.indexOf(current());
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
    const title = next && titleOf(next);
    if (!title) return false;
    title.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  function press(key, endings) {
    const place = current() || (cards().length ? null : document.querySelector("main"));
    const forms = endings.map((end) => `form[action$="/${end}"] button`).join(",");
    const button = place?.querySelector(`[data-shortcut="${key}"],${forms}`);
    button?.click();
    return Boolean(button);
  }

  function search() {
    const box = document.querySelector("main input[type=search]");
    if (box) { box.focus(); box.select(); return true; }
    const jobs = document.querySelector('[data-goto="j"]');
    jobs?.click();
    return Boolean(jobs);
  }

  function go(key) {
    const link = /^[a-z]$/.test(key) && document.querySelector(`[data-goto="${key}"]`);
    if (!link) return false;
    link.click();
    return true;
  }

  async function help() {
    const shown = document.querySelector("dialog.sheet");
    if (shown) { shown.showModal(); return; }
    const answer = await fetch(own.help).catch(() => null);
    if (!answer?.ok) { location.href = own.help; return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const list = page.querySelector("[data-sheet]");
    if (!list || document.querySelector("dialog.sheet")) return;
    const dialog = document.createElement("dialog");
    dialog.className = "sheet";
    dialog.append(document.adoptNode(list));
    dialog.setAttribute("aria-labelledby", list.querySelector("h2").id);
    document.body.append(dialog);
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    attach(dialog);
    dialog.showModal();
  }

  // The tick box stands in the list and on its own page; both hide it while no script runs.
  function attach(place) {
    for (const part of place.querySelectorAll("[data-shortcut-switch]")) {
      const box = part.querySelector("input");
      part.hidden = false;
      box.checked = !isOff();
      box.addEventListener("change", () => {
        switchTo(box.checked);
        part.querySelector("[role=status]").textContent = box.checked ? part.dataset.on : part.dataset.off;
      });
    }
    for (const words of place.querySelectorAll("[data-without-script]")) words.hidden = true;
    for (const button of place.querySelectorAll("dialog [data-close]")) {
      button.hidden = false;
      button.addEventListener("click", () => button.closest("dialog").close());
    }
  }

  const actions = {
    "/": search,
    "?": () => { help(); return true; },
    j: () => step(1),
    k: () => step(-1),
    o: () => { const link = current() && titleOf(current()); link?.click(); return Boolean(link); },
    s: () => press("s", ["save", "unsave"]),
    h: () => press("h", ["hide"]),
    g: () => { began = performance.now(); return true; },
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.repeat || isTyping(event) || isOff() || document.querySelector("dialog[open]")) return;
    const isSecond = began && performance.now() - began < SEQUENCE_MS;
    began = 0;
    const done = isSecond ? go(event.key) : Object.hasOwn(actions, event.key) && actions[event.key]();
    if (done) event.preventDefault();
  });

  attach(document);
  if (!isOff()) document.querySelector("main input[type=search]")?.setAttribute("aria-keyshortcuts", "/");
})();
