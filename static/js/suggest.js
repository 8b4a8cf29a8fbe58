// Names of places and skills while typing: a combobox with a list (WAI-ARIA APG, "list autocomplete with manual
// selection") on every input with data-suggest, which is a kind of name of the profile, or an address that answers with
// names. Enter that ends a conversion of an input method only ends that.
// Without this script the inputs take any text, and the server asks back what it cannot place.
(() => {
  const WAIT_MS = 150;
  const isComposing = (event) => event.isComposing || event.keyCode === 229;

  function attach(input) {
    const list = document.createElement("ul");
    list.id = `${input.id}-suggestions`;
    list.className = "suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.dataset.suggestLabel ?? "…");
    list.hidden = true;
    input.parentElement.classList.add("suggests");
    input.after(list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-expanded", "false");
    let timer = 0;
    let asked = null;
    let active = -1;

    function mark(index) {
      list.children[active]?.setAttribute("aria-selected", "false");
      active = index;
      const option = list.children[active];
      if (option) {
        option.setAttribute("aria-selected", "true");
        option.scrollIntoView({ block: "nearest" });
        input.setAttribute("aria-activedescendant", option.id);
      } else {
        input.removeAttribute("aria-activedescendant");
      }
    }

    function show(isOpen) {
      list.hidden = !isOpen || !list.children.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      if (list.hidden) mark(-1);
    }

    function choose(option) {
      clearTimeout(timer);
      asked = input.value = option.textContent;
      show(false);
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }

    async function ask() {
      const text = input.value.trim();
      if (!text) {
        asked = null;
        list.replaceChildren();
        show(false);
        return;
      }
      if (text === asked) return;
      asked = text;
      const kind = input.dataset.suggest;
      const address = kind.startsWith("/") ? kind : `/me/suggest/${kind}`;
      const answer = await fetch(`${address}?q=${encodeURIComponent(text)}`, {
        headers: { Accept: "application/json" },
      }).catch(() => null);
      if (!answer?.ok || asked !== text) return;
      const names = await answer.json();
      if (asked !== text || document.activeElement !== input) return;
      mark(-1);
      list.replaceChildren(
        ...names.map((name, n) => {
          const option = document.createElement("li");
          option.id = `${list.id}-${n}`;
          option.className = "suggestions__option";
          option.setAttribute("role", "option");
          option.setAttribute("aria-selected", "false");
          option.textContent = name;
          return option;
        }),
      );
      show(names.length > 1 || (names.length === 1 && names[0] !== text));
    }

    input.addEventListener("input", (event) => {
      clearTimeout(timer);
      if (!event.isComposing) timer = setTimeout(ask, WAIT_MS);
    });
    input.addEventListener("compositionend", () => {
      clearTimeout(timer);
      timer = setTimeout(ask, WAIT_MS);
    });
    input.addEventListener("keydown", (event) => {
      if (isComposing(event)) {
        if (event.key === "Enter") event.preventDefault();
        return;
      }
      const count = list.children.length;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (!count) return;
        event.preventDefault();
        const step = event.key === "ArrowDown" ? 1 : -1;
        const next = list.hidden ? (step > 0 ? 0 : count - 1) : active + step;
        show(true);
        mark(next < 0 ? count - 1 : next % count);
      } else if (event.key === "Enter" && !list.hidden && active >= 0) {
        event.preventDefault();
        choose(list.children[active]);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        show(false);
      }
    });
    // pressing must not take the focus away, or the list would close before the click
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) choose(option);
    });
    input.addEventListener("blur", () => show(false));
  }

  document.querySelectorAll("input[data-suggest]").forEach(attach);
})();
