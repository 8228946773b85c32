// The sliders of the value page: the money follows while one is moved, from what the server worked out for every set of
// assumptions taken as known. Without this program the form does the same by its button.
"use strict";

(() => {
  const form = document.querySelector("form[data-value]");
  const given = document.getElementById("value-rests");
  if (!form || !given) return;
  const parts = JSON.parse(given.textContent);
  const number = new Intl.NumberFormat(document.documentElement.lang || "en", { maximumSignificantDigits: 3 });
  const plain = new Intl.NumberFormat(document.documentElement.lang || "en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const sliders = [...form.querySelectorAll("input[type=range]")];

  const isSet = (slider) => form.querySelector(`input[name=fix][value=${slider.name}]`);
  const amount = (value) => (value < 0 ? "\u2212" : "") + number.format(Math.abs(value));
  const range = (low, high) => form.dataset.range
    .replace("{low}", `${form.dataset.value}\u00a0${amount(low)}`).replace("{high}", amount(high));

  // A part with some assumptions set is what is left of it, times their values.
  function worth(part, set) {
    const own = part.factors.filter((name) => set.has(name));
    const by = own.reduce((product, name) => product * set.get(name), 1);
    const [estimate, low, high] = part.rests[own.join(" ")].map((end) => end * by);
    return { estimate, low: Math.min(low, high), high: Math.max(low, high) };
  }

  // Independent parts: their distances to the ends are added by squares.
  function together(rows) {
    const estimate = rows.reduce((sum, row) => sum + row.estimate, 0);
    const reach = (end) => Math.hypot(...rows.map((row) => row.estimate - row[end]));
    return rows.length > 1 ? { estimate, low: estimate - reach("low"), high: estimate + reach("high") } : rows[0];
  }

  function show(value, ends, row) {
    if (!value || !row) return;
    value.textContent = `${form.dataset.value}\u00a0${amount(row.estimate)}`;
    ends.textContent = range(row.low, row.high);
  }

  function follow() {
    const set = new Map();
    for (const slider of sliders) {
      slider.parentElement.querySelector("output").textContent = plain.format(slider.valueAsNumber);
      if (isSet(slider).checked) set.set(slider.name, slider.valueAsNumber / Number(slider.dataset.scale));
    }
    const rows = parts.map((part) => worth(part, set));
    parts.forEach((part, place) => {
      const at = part.part;
      show(document.querySelector(`[data-part="${at}"]`), document.querySelector(`[data-ends="${at}"]`), rows[place]);
    });
    show(document.querySelector("[data-total]"), document.querySelector("[data-total-ends]"), together(rows));
    const query = new URLSearchParams(new FormData(form));
    for (const slider of sliders) if (!isSet(slider).checked) query.delete(slider.name);
    history.replaceState(null, "", `?${query}`);
  }

  for (const slider of sliders) {
    slider.addEventListener("input", () => { isSet(slider).checked = true; follow(); });
    isSet(slider).addEventListener("change", follow);
  }
  form.querySelector(".actions button").hidden = true;
})();
