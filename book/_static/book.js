// What the theme leaves undone.

// MathJax starts when the page is there; pages without formulas have none.
if (window.MathJax) {
  const source = new URL("mathjax/startup.js", document.currentScript.src);
  const idle = () => new Promise((resume) =>
    window.requestIdleCallback ? requestIdleCallback(resume, { timeout: 500 }) : setTimeout(resume));
  let allSet;
  Object.assign(window.MathJax, {
    loader: { load: ["input/tex", "output/chtml", "a11y/assistive-mml"] },
    options: {
      ...window.MathJax.options,
      // One typeface has one height of its letters: to measure it at each formula would lay the
      // page out each time.
      renderActions: {
        metrics: [110, (all) => [...all.math].forEach((one) => one.setMetrics(18, 8.75, 1e6, 1e6, 1.1))],
      },
    },
    startup: {
      promise: new Promise((resolve) => (allSet = resolve)),
      // One formula at a time, from the top, so that the page can be used meanwhile.
      async pageReady() {
        for (const formula of document.querySelectorAll(".math")) {
          await MathJax.typesetPromise([formula]);
          await idle();
        }
        // The name of a row or column is read with each cell, so it must be plain text.
        for (const formula of document.querySelectorAll("th math")) {
          formula.setAttribute("aria-label", formula.textContent);
        }
        reachScrolled();
        allSet();
      },
    },
  });
  window.addEventListener("load", async () => {
    await idle();
    document.head.append(Object.assign(document.createElement("script"), { src: source }));
  });
}

// What is wider than its box can be scrolled by keyboard, too, once it can have the focus.
// Everything is measured before anything is changed, so that the page is laid out only twice.
function reachScrolled(event) {
  const part = event?.type === "toggle" ? event.target : document; // what was closed had no width
  const mark = (box, scrolls) => {
    box.classList.toggle("scrolls", scrolls); // and its edge says so
    if (scrolls) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  };
  const formulas = [...part.querySelectorAll("span.math mjx-container")];
  for (const formula of formulas) formula.classList.remove("wide");
  const wide = formulas.map((formula) => {
    const place = formula.closest("p, li, td, dd, div");
    return formula.getBoundingClientRect().width > place.clientWidth;
  });
  formulas.forEach((formula, k) => {
    formula.classList.toggle("wide", wide[k]);
    mark(formula, wide[k]);
  });
  const kinds = "div.math, mjx-container[display], .cell_output pre, .cell_output .text_html, .highlight pre, .pst-scrollable-table-container";
  const boxes = [...part.querySelectorAll(kinds)];
  const scroll = boxes.map((box) => box.scrollWidth > box.clientWidth);
  boxes.forEach((box, k) => mark(box, scroll[k]));
}
window.addEventListener("load", () => window.MathJax || reachScrolled());
window.addEventListener("resize", reachScrolled);
document.addEventListener("toggle", reachScrolled, true);

// A page from a disc may not fetch others to show how they begin.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
