// What the theme and the widgets leave undone.

// The widget manager asks MathJax 2 to set the formulas of a widget; this is how 3 does it.
if (window.MathJax) {
  window.MathJax.startup = {
    ready() {
      MathJax.startup.defaultReady();
      MathJax.Hub = {
        Queue: (...calls) =>
          calls.forEach(([name, , element]) => {
            if (name === "Typeset") MathJax.typesetPromise([element]);
          }),
      };
    },
  };
}
