// What the theme leaves undone.

// Set up before MathJax starts; pages without formulas have none.
if (window.MathJax) {
  // A menu on each formula would make each a stop for the Tab key: hundreds on a page.
  // Screen readers find the formulas as MathML all the same.
  window.MathJax.options = { ...window.MathJax.options, enableMenu: false };
  window.MathJax.startup = {
    // Two formulas at a time, from the top, so that the page can be used meanwhile.
    async pageReady() {
      const formulas = [...document.querySelectorAll(".math")];
      for (let start = 0; start < formulas.length; start += 2) {
        await MathJax.typesetPromise(formulas.slice(start, start + 2));
        await new Promise((resume) => setTimeout(resume));
      }
    },
    ready() {
      MathJax.startup.defaultReady();
      MathJax.startup.promise.then(() => {
        // The name of a row or column is read with each cell, so it must be plain text.
        for (const formula of document.querySelectorAll("th math")) {
          formula.setAttribute("aria-label", formula.textContent);
        }
        reachScrolled();
      });
    },
  };
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
window.addEventListener("load", reachScrolled, { once: true });
window.addEventListener("resize", reachScrolled);
document.addEventListener("toggle", reachScrolled, true);

// A page from a disc may not fetch others to show how they begin.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
