// The address of a list follows its filters: forms with data-follow write each change into it, so
// that a reload, a bookmark or a link that is shared says what the page shows.
(() => {
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (!form || !form.matches("form[data-follow]")) return;
    const said = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) said.append(name, value);
    const query = said.toString();
    history.replaceState(null, "", query ? `${form.action}?${query}` : form.action);
  });
})();
