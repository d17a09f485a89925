// Live figures: every <figure class="live" id="fig-live-NAME"> of a page gives its picture's
// place to the figure of NAME.js. Nothing is loaded on a page without one, and from nowhere else.
"use strict";

{
  const folder = new URL(".", document.currentScript.src);
  const names = [...document.querySelectorAll("figure.live")].map((f) => f.id.slice("fig-live-".length));
  const load = (name) => {
    const script = document.createElement("script");
    script.src = new URL(`${name}.js`, folder);
    script.async = false; // in this order
    document.head.append(script);
  };
  if (names.length) ["network", "stage", ...new Set(names)].forEach(load);
}
