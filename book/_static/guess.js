// A guess (pages/questions.py). Its options become buttons; the one that is pressed gets its
// answer, opens what comes out, and is remembered on this device.
"use strict";

{
  const element = (tag, ...children) => {
    const made = document.createElement(tag);
    made.append(...children);
    return made;
  };
  // A browser may be told to remember nothing.
  const remembered = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  const remember = (name, choice) => {
    try {
      localStorage.setItem(name, choice);
    } catch {}
  };

  for (const guess of document.querySelectorAll(".guess")) {
    const [options, answers] = guess.querySelectorAll("ol");
    const result = guess.nextElementSibling?.closest("details.guessed");
    const question = options.previousElementSibling;
    const buttons = [...options.children].map((option) => {
      const button = element("button", ...option.firstElementChild.childNodes);
      button.type = "button";
      option.replaceChildren(button);
      return button;
    });
    const field = element("fieldset", element("legend", ...question.childNodes));
    question.replaceWith(field);
    field.append(options);
    const said = element("div", answers);
    said.setAttribute("aria-live", "polite");
    guess.querySelector("details").replaceWith(said);

    const choose = (choice) => {
      buttons.forEach((button, place) => button.setAttribute("aria-pressed", place === choice));
      [...answers.children].forEach((answer, place) => (answer.hidden = place !== choice));
      if (result && buttons[choice]) result.open = true;
    };
    buttons.forEach((button, place) =>
      button.addEventListener("click", () => {
        choose(place);
        remember(guess.id, place);
      })
    );
    choose(Number(remembered(guess.id) ?? -1));
  }
}
