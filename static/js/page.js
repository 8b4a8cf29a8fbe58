// What every page does where scripts run: it fetches htmx only for pages that use it, shows that something is on its
// way, sends a form once, and keeps an offline page at hand. Without this script all pages work as plain links and forms.
(() => {
  const own = document.currentScript.dataset;
  const root = document.documentElement;
  const SHOW_AFTER_MS = 250;
  const PATIENCE_MS = 10000; // a download never replaces the page: let go after this long

  // htmx is a third of a page's weight, and most pages need none of it.
  const verbs = ["get", "post", "put", "delete", "trigger", "boost"];
  const live = verbs.flatMap((verb) => [`[hx-${verb}]`, `[data-hx-${verb}]`]).join(",");
  if (document.querySelector(live)) {
    const script = document.createElement("script");
    script.src = own.htmx;
    document.head.append(script);
  }

  // A thin bar at the top while the next page is fetched, shown only when that takes a moment.
  let show = 0;
  let letGo = 0;
  function loading(isLoading) {
    clearTimeout(show);
    clearTimeout(letGo);
    if (isLoading) {
      show = setTimeout(() => root.setAttribute("data-loading", ""), SHOW_AFTER_MS);
      letGo = setTimeout(release, PATIENCE_MS);
    } else {
      root.removeAttribute("data-loading");
    }
  }

  function release() {
    loading(false);
    for (const form of document.querySelectorAll("form[data-sent]")) {
      form.removeAttribute("data-sent");
      form.removeAttribute("aria-busy");
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    const method = event.submitter?.formMethod || form.method;
    if (method === "post") {
      if (form.hasAttribute("data-sent")) {
        event.preventDefault(); // pressed twice: it is on its way
        return;
      }
      form.setAttribute("data-sent", "");
      form.setAttribute("aria-busy", "true");
    }
    loading(true);
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const isHere = link.pathname === location.pathname && link.search === location.search;
    if (link.origin === location.origin && !link.download && !link.target && !(isHere && link.hash)) loading(true);
  });

  // On phones rows become blocks, and some browsers then no longer tell screen readers that this is a table.
  const roles = { table: "table", "thead,tbody,tfoot": "rowgroup", tr: "row", td: "cell", "th[scope=col]": "columnheader", "th[scope=row]": "rowheader" };
  function nameTables() {
    for (const table of document.querySelectorAll(".table")) {
      table.setAttribute("role", "table");
      for (const [parts, role] of Object.entries(roles)) {
        for (const part of table.querySelectorAll(parts)) part.setAttribute("role", role);
      }
    }
  }
  if (matchMedia("(max-width: 40rem)").matches) {
    nameTables();
    document.addEventListener("htmx:after:swap", nameTables);
  }

  addEventListener("pageshow", release); // also when the page comes back from the browser's memory

  if ("serviceWorker" in navigator && own.worker) {
    addEventListener("load", () => navigator.serviceWorker.register(own.worker).catch(() => {}));
  }
})();
