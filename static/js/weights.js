// Shows a slider beside each weight's number and keeps the two equal; htmx fetches the list anew when either moves.
// Without this script the number inputs and the button do the same.
for (const form of document.querySelectorAll("form[data-weights]")) {
  for (const slider of form.querySelectorAll("input[type=range]")) {
    const number = document.getElementById(slider.dataset.for);
    slider.hidden = false;
    slider.addEventListener("input", () => { number.value = slider.value; });
    number.addEventListener("input", () => { slider.value = number.value; });
  }
  form.addEventListener("input", () => {
    for (const link of document.querySelectorAll(".presets [aria-current]")) link.removeAttribute("aria-current");
  });
  for (const part of form.querySelectorAll("[data-without-script]")) part.hidden = true;
}
