// Names of places and skills while typing: fills the datalist of inputs with data-suggest, which is
// a kind of name of the profile, or an address that answers with names.
// Without this script the inputs take any text, and the server asks back what it cannot place.
(() => {
  const WAIT_MS = 150;

  function attach(input) {
    const list = document.createElement("datalist");
    list.id = `${input.id}-suggestions`;
    input.after(list);
    input.setAttribute("list", list.id);
    let timer = 0;
    let asked = "";

    async function ask() {
      const text = input.value.trim();
      if (!text || text === asked) return;
      asked = text;
      const kind = input.dataset.suggest;
      const address = kind.startsWith("/") ? kind : `/me/suggest/${kind}`;
      const answer = await fetch(`${address}?q=${encodeURIComponent(text)}`, {
        headers: { Accept: "application/json" },
      });
      if (!answer.ok || asked !== text) return;
      const names = await answer.json();
      list.replaceChildren(
        ...names.map((name) => {
          const option = document.createElement("option");
          option.value = name;
          return option;
        }),
      );
    }

    input.addEventListener("input", (event) => {
      if (event.isComposing) return;
      clearTimeout(timer);
      timer = setTimeout(ask, WAIT_MS);
    });
    input.addEventListener("compositionend", ask);
  }

  document.querySelectorAll("input[data-suggest]").forEach(attach);
})();
