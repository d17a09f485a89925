// Live figures: every <figure class="live" id="fig-live-NAME"> of a page gives its picture's
// place to the figure of NAME.js, when the reader is within a screen of it. Nothing is loaded on
// a page without one, and from nowhere else.
"use strict";

{
  const folder = new URL(".", document.currentScript.src);
  const load = (name) => {
    const script = document.createElement("script");
    script.src = new URL(`${name}.js`, folder);
    script.async = false; // in this order
    document.head.append(script);
  };
  const waiting = ["network", "stage"];
  const figures = new Set(document.querySelectorAll("figure.live"));
  const begin = (figure) => {
    near.unobserve(figure);
    if (figures.delete(figure)) [...waiting.splice(0), figure.id.slice("fig-live-".length)].forEach(load);
  };
  const near = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) if (isIntersecting) begin(target);
  }, { rootMargin: "100% 0px" });
  for (const figure of figures) near.observe(figure);
  // The Tab key goes from control to control, over a figure that has none yet.
  addEventListener("keydown", ({ key }) => key === "Tab" && [...figures].forEach(begin));
}
