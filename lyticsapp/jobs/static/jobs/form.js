// The form of a job: advanced options, values that are looked for, what was typed.
import { Choices } from "./choices.js";
import { Combobox } from "./combobox.js";
import { DualList } from "./dual_list.js";
import { keepTyped } from "./kept.js";
import { Outlook } from "./outlook.js";

function advanced(button) {
  const options = document.getElementById(button.getAttribute("aria-controls"));
  const open = () => button.getAttribute("aria-expanded") === "true";
  const show = () => {
    options.hidden = !open();
    button.lastElementChild.textContent = open() ? "Hide Advanced Options" : "Show Advanced Options";
  };
  button.addEventListener("click", () => {
    button.setAttribute("aria-expanded", String(!open()));
    show();
  });
  show();
}

for (const form of document.querySelectorAll("[data-job-form]")) {
  if (form.dataset.keep) keepTyped(form);
  form.querySelectorAll("[data-advanced]").forEach(advanced);
  for (const box of form.querySelectorAll("[data-choices]")) {
    const choices = new Choices(form, box);
    if (box.dataset.choicesMany) new DualList(box, choices);
    else new Combobox(box, choices);
  }
  for (const box of form.querySelectorAll("[data-outlook]")) new Outlook(form, box);
}
