// Draws every [data-chart] on the page from the specification beside it. The Vega bundle is loaded only when one is there.
"use strict";

(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  let bundle;

  function isDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : dark.matches;
  }

  function load() {
    bundle ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = document.querySelector("meta[name=headwater-vega]").content;
      script.onload = () => resolve(window.headwaterCharts);
      script.onerror = () => reject(new Error("the chart program could not be loaded"));
      document.head.append(script);
    });
    return bundle;
  }

  // A chart with the parameter "lit" dims what is not chosen; a mark under the pointer chooses what it "lights".
  function followPointer(view, spec) {
    const lit = spec.params?.find((parameter) => parameter.name === "lit");
    if (!lit) return;
    const choose = (value) => view.signal("lit", value).runAsync();
    view.addEventListener("pointerover", (event, item) => { if (item?.datum?.lights) choose(item.datum.lights); });
    view.addEventListener("pointerout", () => choose(lit.value));
  }

  async function draw(figure) {
    const canvas = figure.querySelector(".chart-canvas");
    const { embed, themes } = await load();
    const spec = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
    const old = figure.vega;
    const drawn = await embed(canvas, spec, {
      actions: false, ast: true, defaultStyle: false, renderer: "svg", mode: "vega-lite",
      config: themes[isDark() ? "dark" : "light"], tooltip: { disableDefaultStyle: true, theme: "headwater" },
      loader: { target: "_self" },
    });
    followPointer(drawn.view, spec);
    old?.finalize();
    figure.vega = drawn;
    figure.dataset.drawn = isDark() ? "dark" : "light";
  }

  function drawAll(within) {
    for (const figure of within.querySelectorAll("[data-chart]")) {
      draw(figure).catch((error) => {
        figure.querySelector("details").open = true;
        console.error(error);
      });
    }
  }

  document.addEventListener("DOMContentLoaded", () => drawAll(document));
  document.addEventListener("htmx:afterSwap", (event) => drawAll(event.target.parentElement ?? document));
  dark.addEventListener("change", () => drawAll(document));
  document.documentElement.addEventListener("headwater:theme", () => drawAll(document));
})();
