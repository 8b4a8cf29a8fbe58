// Buttons that clear a line of fields and take that back; of the empty lines of a group one is shown, and the next when
// it is filled. Without this script all are shown, and a line that is left empty goes away when the form is saved.
for (const row of document.querySelectorAll("[data-row]")) {
  const fields = row.querySelector("[data-row-fields]");
  const clear = row.querySelector("[data-row-clear]");
  const gone = row.querySelector("[data-row-gone]");
  const input = fields.querySelector("input");
  let kept = "";

  const show = () => { clear.hidden = !input.value || fields.hidden; };
  const say = () => { input.dispatchEvent(new Event("change", { bubbles: true })); };

  clear.addEventListener("click", () => {
    kept = input.value;
    input.value = "";
    fields.hidden = true;
    gone.hidden = false;
    gone.querySelector("[data-row-undo]").focus();
    show();
    say();
  });
  row.querySelector("[data-row-undo]").addEventListener("click", () => {
    input.value = kept;
    fields.hidden = false;
    gone.hidden = true;
    input.focus();
    show();
    say();
  });
  input.addEventListener("input", show);
  input.addEventListener("change", show);
  row.querySelector("[data-row-name]").textContent = input.value;
  show();
}

for (const group of document.querySelectorAll("[data-rows]")) {
  const rows = [...group.querySelectorAll("[data-row]")];

  const fold = () => {
    let spare = 0;
    for (const row of rows) {
      const isEmpty = !row.querySelector("input").value && row.querySelector("[data-row-gone]").hidden;
      spare += isEmpty;
      row.hidden = isEmpty && spare > 1 && !row.contains(document.activeElement);
    }
  };

  group.addEventListener("input", fold);
  group.addEventListener("change", fold);
  fold();
}
