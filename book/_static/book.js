// What the theme and the widgets leave undone.

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
      // The widget manager calls MathJax 2; this is how 3 does it.
      MathJax.Hub = {
        Queue: (...calls) =>
          calls.forEach(([name, , element]) => {
            if (name === "Typeset") MathJax.typesetPromise([element]);
          }),
      };
    },
  };
}

// What is wider than its box can be scrolled by keyboard, too, once it can have the focus.
// Everything is measured before anything is changed, so that the page is laid out only twice.
function reachScrolled() {
  const mark = (box, scrolls) => {
    box.classList.toggle("scrolls", scrolls); // and its edge says so
    if (scrolls) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  };
  const formulas = [...document.querySelectorAll("span.math mjx-container")];
  for (const formula of formulas) formula.classList.remove("wide");
  const wide = formulas.map((formula) => {
    const place = formula.closest("p, li, td, dd, div");
    return formula.getBoundingClientRect().width > place.clientWidth;
  });
  formulas.forEach((formula, k) => {
    formula.classList.toggle("wide", wide[k]);
    mark(formula, wide[k]);
  });
  const kinds = "div.math, mjx-container[display], .cell_output pre, .highlight pre, .pst-scrollable-table-container";
  const boxes = [...document.querySelectorAll(kinds)];
  const scroll = boxes.map((box) => box.scrollWidth > box.clientWidth);
  boxes.forEach((box, k) => mark(box, scroll[k]));
}
window.addEventListener("load", reachScrolled, { once: true });
window.addEventListener("resize", reachScrolled);

// The controls of widgets get the names that stand beside them, and say what they show.
function nameWidgets() {
  for (const handle of document.querySelectorAll(".noUi-handle")) {
    const slider = handle.closest(".jupyter-widgets");
    const label = slider.querySelector(".widget-label");
    const readout = slider.querySelector(".widget-readout");
    handle.setAttribute("aria-label", label?.textContent || "slider");
    if (readout) {
      handle.setAttribute("aria-valuetext", readout.textContent);
      readout.contentEditable = false; // it takes what is typed, and does nothing with it
    }
  }
  for (const player of document.querySelectorAll(".widget-play")) {
    const [play, stop] = player.querySelectorAll("button");
    play.ariaLabel = play.title = "Play or pause";
    stop.ariaLabel = stop.title = "Back to the start";
  }
  for (const button of document.querySelectorAll(".widget-toggle-button")) {
    button.ariaPressed = button.classList.contains("mod-active");
  }
  for (const stack of document.querySelectorAll(".frames")) {
    stack.ariaLive = "polite"; // a new picture's description is read
  }
}

// Widgets, and the two megabytes that draw them, are fetched when the reader comes near one.
let widgets;
function loadWidgets() {
  widgets ??= fetchWidgets(); // once, however often it is asked for
  return widgets;
}
async function fetchWidgets() {
  for (const later of document.querySelectorAll("script[type='text/later']")) {
    const script = document.createElement("script");
    for (const { name, value } of later.attributes) {
      if (name !== "type") script.setAttribute(name, value);
    }
    const loaded = new Promise((resolve) => (script.onload = resolve));
    later.replaceWith(script);
    await loaded;
  }
  window.dispatchEvent(new Event("load")); // for which the widget manager waits
}
function watchWidgets() {
  const views = document.querySelectorAll("script[type*='widget-view+json']");
  const near = new IntersectionObserver(
    (entries) => {
      if (entries.some((entry) => entry.isIntersecting)) {
        near.disconnect();
        loadWidgets();
      }
    },
    { rootMargin: "1500px" },
  );
  for (const view of views) {
    near.observe(view.parentElement);
    new MutationObserver(nameWidgets).observe(view.parentElement, {
      childList: true,
      subtree: true,
    });
  }
}
window.addEventListener("load", watchWidgets, { once: true });
